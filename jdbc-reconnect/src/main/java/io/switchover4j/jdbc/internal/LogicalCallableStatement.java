package io.switchover4j.jdbc.internal;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A call of a procedure that is prepared again, with its parameters, where the physical connection was replaced. */
final class LogicalCallableStatement extends ForwardingCallableStatement {

    /** Parameters by name and OUT parameters, as the last call that set each. */
    private final Map<Object, NamedParameter> named = new LinkedHashMap<>();

    LogicalCallableStatement(LogicalConnection connection, StatementForm form, String sql) {
        super(connection, form, sql);
    }

    @Override
    Statement create(Connection on) throws SQLException {
        return form.prepareCall(on, sql);
    }

    @Override
    void restore(Statement made) throws SQLException {
        restoreNamed(made);
        super.restore(made);
    }

    @Override
    void clear(Statement used) throws SQLException {
        super.clear(used);
        restoreNamed(used);
    }

    private void restoreNamed(Statement made) throws SQLException {
        for (NamedParameter parameter : named.values()) {
            parameter.applyTo((CallableStatement) made);
        }
    }

    @Override
    CallableStatement physical() throws SQLException {
        return (CallableStatement) statement();
    }

    @Override
    @Nullable
    CallableStatement current() throws SQLException {
        return (CallableStatement) currentUnlessClosed();
    }

    @Override
    CallableStatement executed() throws SQLException {
        return (CallableStatement) executedStatement();
    }

    @Override
    void remember(Object parameter, boolean once, NamedParameter setting) throws SQLException {
        checkOpen();
        CallableStatement current = current();
        if (current != null) {
            try {
                setting.applyTo(current);
            } catch (SQLException e) {
                throw failed(e);
            }
        }
        if (!once) {
            named.put(parameter, setting);
        } else if (current != null) {
            named.put(parameter, gone(parameter));
        } else {
            named.put(parameter, statement -> {
                named.put(parameter, gone(parameter));
                setting.applyTo(statement);
            });
        }
    }

    private static NamedParameter gone(Object parameter) {
        return statement -> {
            throw Parameters.gone(parameter);
        };
    }

    @Override
    public void clearParameters() throws SQLException {
        named.keySet().removeIf(String.class::isInstance);
        super.clearParameters();
    }
}
