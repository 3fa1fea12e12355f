package io.switchover4j.jdbc.internal;

import java.sql.SQLException;
import org.postgresql.util.PSQLException;

/** What only pgjdbc's own exceptions tell. */
final class PgjdbcErrors {

    private static final boolean PRESENT = Classes.isPresent("org.postgresql.util.PSQLException");

    private PgjdbcErrors() {}

    /** Whether the server sent it, over a connection that was good enough for that. False if nobody can tell. */
    static boolean isOfServer(SQLException error) {
        return PRESENT && Loaded.isOfServer(error);
    }

    /** Loaded only where pgjdbc is present. */
    private static final class Loaded {

        private static boolean isOfServer(SQLException error) {
            return error instanceof PSQLException own && own.getServerErrorMessage() != null;
        }
    }
}
