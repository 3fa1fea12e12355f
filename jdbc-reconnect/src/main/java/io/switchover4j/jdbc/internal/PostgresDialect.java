package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** PostgreSQL 14 and newer, and what speaks its protocol. */
final class PostgresDialect implements Dialect {

    /**
     * One round trip, also where the user's default is SERIALIZABLE, at which a standby refuses every SELECT. Every function
     * in it may be called by an ordinary user. A {@code default_transaction_read_only} that comes from the server's own
     * configuration is an operator's soft fence; one of the role or the database is the application's business.
     */
    private static final String ASK = """
            BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;
            SELECT pg_catalog.pg_is_in_recovery(),
                   CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL
                        ELSE pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) END,
                   CASE WHEN pg_catalog.current_setting('default_transaction_read_only') = 'on' THEN
                        (SELECT source FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only') END,
                   pg_catalog.current_setting('port') || '@' || extract(epoch from pg_catalog.pg_postmaster_start_time()),
                   (SELECT system_identifier FROM pg_catalog.pg_control_system());
            COMMIT""";

    /** What is left where a provider has taken the control functions away from ordinary users. */
    private static final String ASK_LITTLE = """
            BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;
            SELECT pg_catalog.pg_is_in_recovery(), NULL, NULL,
                   pg_catalog.current_setting('port') || '@' || extract(epoch from pg_catalog.pg_postmaster_start_time()),
                   NULL;
            COMMIT""";

    @Override
    public ErrorClass classify(SQLException error) {
        return ErrorChain.classify(error, PostgresDialect::classifyOne);
    }

    private static ErrorClass classifyOne(SQLException error) {
        ErrorClass found = ofState(error);
        // The application's own functions may raise any SQLState.
        return found.isLoss() && PgjdbcErrors.isOfStatement(error) ? ErrorClass.APPLICATION : found;
    }

    @Override
    public boolean leftSessionOpen(SQLException error) {
        return PgjdbcErrors.leftSessionOpen(error);
    }

    private static ErrorClass ofState(SQLException error) {
        switch (SqlStates.of(error)) {
            case "57P01": // admin_shutdown
            case "57P02": // crash_shutdown
            case "57P05": // idle_session_timeout
            case "25P03": // idle_in_transaction_session_timeout
            case "25P04": // transaction_timeout
                return ErrorClass.CONNECTION_LOST;
            case "57P03": // cannot_connect_now
            case "53300": // too_many_connections
                return ErrorClass.NOT_READY;
            case "08000":
            case "08001":
            case "08003":
            case "08006":
                // A server says this of connections of its own (dblink, foreign servers), after part of a statement was
                // done.
                return PgjdbcErrors.isOfServer(error) ? ErrorClass.APPLICATION : SqlStates.standard(error);
            case "25006":
                return ErrorClass.READ_ONLY;
            case "0A000":
                String message = error.getMessage();
                return message != null && message.contains("hot standby")
                        ? ErrorClass.READ_ONLY
                        : ErrorClass.APPLICATION;
            default:
                return SqlStates.standard(error);
        }
    }

    @Override
    public StatementKind kindOf(String sql) {
        return PostgresStatements.INSTANCE.kindOf(sql);
    }

    @Override
    public void pins(String sql, Consumer<String> pin) {
        PostgresScripts.pins(sql, pin);
    }

    @Override
    public int statementEnd(String sql, int from) {
        return PostgresStatements.INSTANCE.statementEnd(sql, from);
    }

    @Override
    public TransactionStatus transactionStatus(Connection physical) {
        return PgjdbcConnections.transactionStatus(physical);
    }

    @Override
    public boolean isKnownWritable(Connection physical, @Nullable Session session) {
        Setting chosen = session == null ? null : session.setting("default_transaction_read_only");
        return PgjdbcConnections.isKnownWritable(physical, chosen != null && PostgresSettings.hasValue(chosen));
    }

    @Override
    public void warmUp(Connection standby, String sql) throws SQLException {
        if (PostgresWarmUp.isExplainable(sql)) {
            PostgresWarmUp.explain(standby, sql);
        }
    }

    @Override
    public String schemaStatement(@Nullable String schema) {
        return "SET SESSION search_path TO " + (schema == null ? "DEFAULT" : "'" + schema.replace("'", "''") + "'");
    }

    @Override
    public ReplayDialect replay() {
        return PostgresReplay.INSTANCE;
    }

    @Override
    public int nextWord(String sql, int from) {
        return PostgresStatements.INSTANCE.nextWord(sql, from);
    }

    @Override
    public LedgerDialect ledger() {
        return PostgresLedger.INSTANCE;
    }

    @Override
    public RoleAnswer askRole(Connection connection) throws SQLException {
        try {
            return ask(connection, ASK);
        } catch (SQLException e) {
            // 42501 insufficient_privilege, 42883 undefined_function
            if (!"42501".equals(e.getSQLState()) && !"42883".equals(e.getSQLState())) {
                throw e;
            }
            try (Statement statement = connection.createStatement()) {
                statement.execute("ROLLBACK");
            }
            return ask(connection, ASK_LITTLE);
        }
    }

    private static RoleAnswer ask(Connection connection, String question) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(question);
            statement.getMoreResults();
            try (ResultSet row = statement.getResultSet()) {
                if (row == null || !row.next()) {
                    throw new SQLException("The node gave no answer to the question for its role");
                }
                String walFile = row.getString(2);
                String readOnlySource = row.getString(3);
                boolean fenced = "configuration file".equals(readOnlySource) || "command line".equals(readOnlySource);
                String lineage = row.getString(5);
                return new RoleAnswer(
                        !row.getBoolean(1) && !fenced,
                        walFile == null ? 0 : Long.parseLong(walFile, 0, 8, 16),
                        row.getString(4),
                        lineage == null ? "" : lineage);
            }
        }
    }
}
