package io.switchover4j.jdbc.internal;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Looks through an error, the errors chained to it and their causes, for the first one that means something. */
final class ErrorChain {

    private static final int MAX_LINKS = 10;

    private ErrorChain() {}

    static ErrorClass classify(SQLException error, Function<SQLException, ErrorClass> table) {
        ErrorClass own = table.apply(error);
        if (own != ErrorClass.APPLICATION) {
            return error instanceof BatchUpdateException ? sent(own) : own;
        }
        ErrorClass found = inCauses(error, table);
        SQLException next = error.getNextException();
        for (int links = 0; found == ErrorClass.APPLICATION && next != null && links < MAX_LINKS; links++) {
            found = table.apply(next);
            if (found == ErrorClass.APPLICATION) {
                found = inCauses(next, table);
            }
            next = next.getNextException();
        }
        return sent(found);
    }

    private static ErrorClass inCauses(SQLException error, Function<SQLException, ErrorClass> table) {
        @Nullable Throwable cause = error.getCause();
        for (int links = 0; cause != null && links < MAX_LINKS; links++) {
            if (cause instanceof SQLException sqlCause) {
                ErrorClass found = table.apply(sqlCause);
                if (found != ErrorClass.APPLICATION) {
                    return found;
                }
            }
            cause = cause.getCause();
        }
        return ErrorClass.APPLICATION;
    }

    /** Only an error that the call itself ended with proves that nothing was sent; one found beneath it does not. */
    private static ErrorClass sent(ErrorClass found) {
        return found == ErrorClass.REFUSED_CLOSED ? ErrorClass.CONNECTION_LOST : found;
    }
}
