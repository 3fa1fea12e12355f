package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** SQL Server. The driver makes up SQLStates for errors of the server, so numbers decide. */
final class SqlServerDialect implements Dialect {

    private static final String ASK = "SELECT CONVERT(nvarchar(60), DATABASEPROPERTYEX(DB_NAME(), 'Updateability')),"
            + " CONVERT(nvarchar(256), SERVERPROPERTY('ServerName'))";

    @Override
    public ErrorClass classify(SQLException error) {
        return ErrorChain.classify(error, SqlServerDialect::classifyOne);
    }

    private static ErrorClass classifyOne(SQLException error) {
        switch (error.getErrorCode()) {
            case 64:
            case 233:
            case 596: // the session is in the kill state
            case 6005: // shutdown is in progress
            case 10053:
            case 10054:
            case 40143:
            case 40166:
            case 40197:
            case 40540:
                return ErrorClass.CONNECTION_LOST;
            case 4060:
            case 4221:
            case 10928:
            case 10929:
            case 40020:
            case 40501:
            case 40613:
            case 42108:
            case 42109:
            case 49918:
            case 49919:
            case 49920:
                return ErrorClass.NOT_READY;
            case 976:
            case 978:
            case 979:
            case 982:
            case 983:
            case 3906:
                return ErrorClass.READ_ONLY;
            case 1205: // deadlock victim
            case 3960: // snapshot update conflict
                return ErrorClass.ROLLED_BACK;
            default:
                return SqlStates.standard(error);
        }
    }

    @Override
    public StatementKind kindOf(String sql) {
        return SqlServerStatements.INSTANCE.kindOf(sql);
    }

    @Override
    public int statementEnd(String sql, int from) {
        return SqlServerStatements.INSTANCE.statementEnd(sql, from);
    }

    @Override
    public int nextWord(String sql, int from) {
        return SqlServerStatements.INSTANCE.nextWord(sql, from);
    }

    @Override
    public RoleAnswer askRole(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(ASK)) {
            if (!row.next()) {
                throw new SQLException("The node gave no answer to the question for its role");
            }
            String server = row.getString(2);
            return new RoleAnswer("READ_WRITE".equals(row.getString(1)), 0, server == null ? "" : server);
        }
    }
}
