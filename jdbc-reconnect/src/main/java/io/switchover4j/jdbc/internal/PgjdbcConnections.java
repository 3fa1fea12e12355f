package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;

/** What only pgjdbc's own connections tell. Thread-safe. */
final class PgjdbcConnections {

    private static final boolean PRESENT = Classes.isPresent("org.postgresql.core.BaseConnection");

    private PgjdbcConnections() {}

    static TransactionStatus transactionStatus(Connection physical) {
        return PRESENT ? Loaded.transactionStatus(physical) : TransactionStatus.UNKNOWN;
    }

    /**
     * What a server from version 14 on reports by itself whenever it changes.
     *
     * @param chosen whether the application chose the default of its session, so that it tells nothing of the server
     */
    static boolean isKnownWritable(Connection physical, boolean chosen) {
        return PRESENT && Loaded.isKnownWritable(physical, chosen);
    }

    static @Nullable Backend backendOf(Connection physical) throws SQLException {
        return PRESENT ? Loaded.backendOf(physical) : null;
    }

    /** The driver's own connection, which is the same however a pool wraps it; null if it is not one of pgjdbc. */
    static @Nullable Connection driverOf(Connection physical) {
        return PRESENT ? Loaded.base(physical) : null;
    }

    /** Loaded only where pgjdbc is present. */
    private static final class Loaded {

        private static @Nullable BaseConnection base(Connection physical) {
            try {
                return physical.isWrapperFor(BaseConnection.class) ? physical.unwrap(BaseConnection.class) : null;
            } catch (SQLException e) {
                return null;
            }
        }

        private static TransactionStatus transactionStatus(Connection physical) {
            BaseConnection base = base(physical);
            if (base == null) {
                return TransactionStatus.UNKNOWN;
            }
            return switch (base.getTransactionState()) {
                case IDLE -> TransactionStatus.IDLE;
                case OPEN -> TransactionStatus.OPEN;
                case FAILED -> TransactionStatus.FAILED;
            };
        }

        private static boolean isKnownWritable(Connection physical, boolean chosen) {
            BaseConnection base = base(physical);
            return base != null
                    && "off".equals(base.getParameterStatus("in_hot_standby"))
                    && (chosen || "off".equals(base.getParameterStatus("default_transaction_read_only")));
        }

        private static @Nullable Backend backendOf(Connection physical) throws SQLException {
            return base(physical) == null ? null : ask(physical);
        }

        private static Backend ask(Connection physical) throws SQLException {
            Backend backend;
            try (Statement statement = physical.createStatement();
                    ResultSet row = statement.executeQuery(PostgresReplay.WHO_AM_I)) {
                row.next();
                backend = new Backend(row.getInt(1), row.getLong(2));
            }
            if (!physical.getAutoCommit()) {
                physical.rollback();
            }
            return backend;
        }
    }
}
