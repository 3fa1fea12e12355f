package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;

/** A database we know nothing about but the standard: it has no history, and its connections say whether they are read-only. */
final class StandardDialect implements Dialect {

    private static final int VALIDATION_SECONDS = 5;

    @Override
    public ErrorClass classify(SQLException error) {
        return ErrorChain.classify(error, SqlStates::standard);
    }

    /** MySQL's rules are the strictest: there a statement may commit that is harmless elsewhere. */
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
        if (!connection.isValid(VALIDATION_SECONDS)) {
            throw new SQLException("The connection is not valid", "08006");
        }
        return new RoleAnswer(!connection.isReadOnly(), 0, "");
    }
}
