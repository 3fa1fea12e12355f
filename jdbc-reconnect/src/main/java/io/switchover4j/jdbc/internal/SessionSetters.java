package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the application sets on its connection through the methods of {@link Connection}: it comes along to the next physical one. */
abstract class SessionSetters extends OtherCalls {

    SessionSetters(Traffic traffic) {
        super(traffic);
    }

    @Override
    public void setReadOnly(boolean readOnly) throws SQLException {
        set(physical -> physical.setReadOnly(readOnly), known -> known.readOnly = readOnly);
    }

    @Override
    public void setTransactionIsolation(int level) throws SQLException {
        set(physical -> physical.setTransactionIsolation(level), known -> known.setIsolation(level));
    }

    @Override
    public void setCatalog(String catalog) throws SQLException {
        set(physical -> physical.setCatalog(catalog), known -> known.catalog = catalog);
    }

    @Override
    public void setSchema(String schema) throws SQLException {
        inTurn(() -> setSchemaNow(schema));
    }

    private void setSchemaNow(String schema) throws SQLException {
        checkOpen();
        String sql = traffic.dialect().schemaStatement(schema);
        boolean pins = sql != null && kindOf(sql) == StatementKind.SESSION;
        if (sql != null && inTransaction()) {
            // It may be the first statement of the transaction, whose rollback takes it back.
            begin(sql, StatementKind.PLAIN);
            handOver(Call.OTHER);
            executed();
        } else if (pins) {
            // What is pinned to a connection needs one.
            enter();
        }
        try {
            set(physical -> physical.setSchema(schema));
            session().setSchema(schema);
            if (sql != null && pins) {
                pin(sql, null);
                nothingPinnedYet();
            }
        } finally {
            if (pins && !inTransaction()) {
                leave();
            }
        }
    }

    @Override
    public void setHoldability(int holdability) throws SQLException {
        set(physical -> physical.setHoldability(holdability), known -> known.holdability = holdability);
    }

    @Override
    public void setTypeMap(Map<String, Class<?>> map) throws SQLException {
        set(physical -> physical.setTypeMap(map), known -> known.typeMap = map);
    }

    @Override
    public void setNetworkTimeout(Executor executor, int milliseconds) throws SQLException {
        set(physical -> physical.setNetworkTimeout(executor, milliseconds), known -> {
            known.networkTimeoutExecutor = executor;
            known.networkTimeoutMillis = milliseconds;
        });
    }

    @Override
    public void setClientInfo(String name, @Nullable String value) throws SQLClientInfoException {
        try {
            set(physical -> physical.setClientInfo(name, value), known -> known.setClientInfo(name, value));
        } catch (SQLException e) {
            throw clientInfoFailed(e);
        }
    }

    @Override
    public void setClientInfo(Properties properties) throws SQLClientInfoException {
        try {
            set(physical -> physical.setClientInfo(properties), known -> {
                for (String name : properties.stringPropertyNames()) {
                    known.setClientInfo(name, properties.getProperty(name));
                }
            });
        } catch (SQLException e) {
            throw clientInfoFailed(e);
        }
    }

    private static SQLClientInfoException clientInfoFailed(SQLException e) {
        return e instanceof SQLClientInfoException info
                ? info
                : new SQLClientInfoException(e.getMessage(), e.getSQLState(), e.getErrorCode(), Map.of(), e);
    }

    private void set(CommitPath.Step step, Consumer<Session> remembered) throws SQLException {
        inTurn(() -> {
            set(step);
            remembered.accept(session());
        });
    }

    /**
     * Sets it now where a physical connection is at hand; else it comes with the next one. Never waits, but for a lost
     * transaction that is replayed.
     */
    final void set(CommitPath.Step step) throws SQLException {
        checkOpen();
        boolean inside = isUnitOpen() && inTransaction();
        while (true) {
            Connection physical = attachedNow();
            if (physical == null) {
                break;
            }
            try {
                step.on(physical);
                break;
            } catch (SQLException e) {
                if (!inside) {
                    settingFailed(e);
                    break;
                }
                againInside(e, Call.OTHER);
            }
        }
        if (inside) {
            if (transactionStatus() != TransactionStatus.IDLE) {
                sessionChanges();
            }
            record(run -> step.on(run.on));
        }
    }

    /** Returns if the setting is not lost with the connection. */
    final void settingFailed(SQLException e) throws SQLException {
        if (isUnitOpen()) {
            throw failed(e, Call.OTHER);
        }
        if (!isLoss(e)) {
            throw e;
        }
        reportTrouble(e);
        discard();
    }
}
