package io.switchover4j.jdbc.internal;

import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What only pgjdbc's own exceptions tell. */
final class PgjdbcErrors {

    private static final boolean PRESENT = Classes.isPresent("org.postgresql.util.PSQLException");

    private PgjdbcErrors() {}

    /** Whether the server sent it, over a connection that was good enough for that. False if nobody can tell. */
    static boolean isOfServer(SQLException error) {
        return PRESENT && Loaded.isOfServer(error);
    }

    /**
     * Whether the server sent it as the error of a statement, in a session that goes on: what ends a session is FATAL. False if
     * nobody can tell, or if it came about because a process of the server was ended.
     */
    static boolean isOfStatement(SQLException error) {
        return PRESENT && Loaded.isOfStatement(error);
    }

    /**
     * The same of an error of a call on an open connection, whatever language the server speaks: behind an error that ended the
     * session the driver chains its own, for it waits for more.
     */
    static boolean leftSessionOpen(SQLException error) {
        return PRESENT && Loaded.leftSessionOpen(error);
    }

    /** Loaded only where pgjdbc is present. */
    private static final class Loaded {

        private static final int MAX_LINKS = 10;

        /** Where PostgreSQL says that it ends a process. */
        private static final Set<String> ENDED = Set.of("ProcessInterrupts", "bgworker_die");

        private static boolean isOfServer(SQLException error) {
            return message(error) != null;
        }

        private static boolean isOfStatement(SQLException error) {
            ServerErrorMessage message = messageOf(error);
            return message != null && "ERROR".equals(message.getSeverity()) && !isOfEndedProcess(message);
        }

        private static boolean leftSessionOpen(SQLException error) {
            ServerErrorMessage message = messageOf(error);
            if (message == null || isFatal(message) || isOfEndedProcess(message)) {
                return false;
            }
            SQLException next = error.getNextException();
            for (int links = 0; next != null && links < MAX_LINKS; links++) {
                if (message(next) == null) {
                    return false;
                }
                next = next.getNextException();
            }
            return next == null;
        }

        /** In the languages that have the word. */
        private static boolean isFatal(ServerErrorMessage message) {
            String severity = String.valueOf(message.getSeverity());
            return severity.startsWith("FATAL") || severity.startsWith("PANIC");
        }

        /** A parallel worker that is ended, as in a shutdown, is an ERROR of the session that it works for, which will end, too. */
        private static boolean isOfEndedProcess(ServerErrorMessage message) {
            return ENDED.contains(String.valueOf(message.getRoutine()));
        }

        /** The error of a batch has that of its statement as its cause. */
        private static @Nullable ServerErrorMessage messageOf(SQLException error) {
            return error instanceof BatchUpdateException && error.getCause() instanceof SQLException cause
                    ? message(cause)
                    : message(error);
        }

        private static @Nullable ServerErrorMessage message(SQLException error) {
            return error instanceof PSQLException own ? own.getServerErrorMessage() : null;
        }
    }
}
