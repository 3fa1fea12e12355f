package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** MySQL and MariaDB. Their errors are told apart by number, because many share the SQLState HY000. */
final class MySqlDialect implements Dialect {

    private static final String ASK_MYSQL = "SELECT @@global.read_only, @@global.super_read_only, @@server_uuid";
    private static final String ASK_MARIADB =
            "SELECT @@global.read_only, 0, CONCAT(@@hostname, ':', @@port, '/', @@server_id)";

    private final boolean mariaDb;

    MySqlDialect(boolean mariaDb) {
        this.mariaDb = mariaDb;
    }

    @Override
    public ErrorClass classify(SQLException error) {
        return ErrorChain.classify(error, MySqlDialect::classifyOne);
    }

    private static ErrorClass classifyOne(SQLException error) {
        switch (error.getErrorCode()) {
            case 1053: // ER_SERVER_SHUTDOWN
            case 1152: // ER_ABORTING_CONNECTION
            case 1158: // ER_NET_READ_ERROR
            case 1159: // ER_NET_READ_INTERRUPTED
            case 1160: // ER_NET_ERROR_ON_WRITE
            case 1161: // ER_NET_WRITE_INTERRUPTED
            case 1927: // MariaDB ER_CONNECTION_KILLED
            case 2006: // CR_SERVER_GONE_ERROR
            case 2013: // CR_SERVER_LOST
            case 3169: // ER_SESSION_WAS_KILLED
            case 4031: // ER_CLIENT_INTERACTION_TIMEOUT
                return ErrorClass.CONNECTION_LOST;
            case 1040: // ER_CON_COUNT_ERROR
            case 1042: // ER_BAD_HOST_ERROR
            case 1043: // ER_HANDSHAKE_ERROR
            case 1203: // ER_TOO_MANY_USER_CONNECTIONS
            case 2002: // CR_CONNECTION_ERROR
            case 2003: // CR_CONN_HOST_ERROR
                return ErrorClass.NOT_READY;
            case 1290: // ER_OPTION_PREVENTS_STATEMENT: also said of other options
                String message = error.getMessage();
                return message != null && (message.contains("read-only") || message.contains("read_only"))
                        ? ErrorClass.READ_ONLY
                        : ErrorClass.APPLICATION;
            case 1836: // ER_READ_ONLY_MODE
                return ErrorClass.READ_ONLY;
            case 1205: // ER_LOCK_WAIT_TIMEOUT: Connector/J says 40001, the server rolled back the statement alone
            case 1792: // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: the application asked for it
                return ErrorClass.APPLICATION;
            case 1213: // ER_LOCK_DEADLOCK
            case 3101: // ER_TRANSACTION_ROLLBACK_DURING_COMMIT
                return ErrorClass.ROLLED_BACK;
            default:
                return SqlStates.standard(error);
        }
    }

    @Override
    public StatementKind kindOf(String sql) {
        return MySqlStatements.INSTANCE.kindOf(sql);
    }

    @Override
    public int statementEnd(String sql, int from) {
        return MySqlStatements.INSTANCE.statementEnd(sql, from);
    }

    @Override
    public int nextWord(String sql, int from) {
        return MySqlStatements.INSTANCE.nextWord(sql, from);
    }

    @Override
    public RoleAnswer askRole(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(mariaDb ? ASK_MARIADB : ASK_MYSQL)) {
            if (!row.next()) {
                throw new SQLException("The node gave no answer to the question for its role");
            }
            return new RoleAnswer(isOff(row.getString(1)) && isOff(row.getString(2)), 0, row.getString(3));
        }
    }

    /** A number up to MariaDB 11, a word from 12 on. */
    private static boolean isOff(String value) {
        return value.equals("0") || value.equalsIgnoreCase("OFF");
    }
}
