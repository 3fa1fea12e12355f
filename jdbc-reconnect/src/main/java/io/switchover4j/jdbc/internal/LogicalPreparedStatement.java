package io.switchover4j.jdbc.internal;

import java.io.InputStream;
import java.io.Reader;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** A prepared statement that is prepared again, with its parameters, where the physical connection was replaced. */
class LogicalPreparedStatement extends ForwardingPreparedStatement {

    final String sql;

    private @Nullable StatementKind kind;
    private @Nullable Parameters parameters;

    LogicalPreparedStatement(LogicalConnection connection, StatementForm form, String sql) {
        super(connection, form);
        this.sql = sql;
        connection.traffic.prepared(sql);
    }

    @Override
    Statement create(Connection on) throws SQLException {
        return form.prepare(on, sql);
    }

    @Override
    void restore(Statement made) throws SQLException {
        var statement = (PreparedStatement) made;
        if (batch != null) {
            for (Object row : batch) {
                ((Parameters) row).applyTo(statement);
                statement.addBatch();
                clear(statement);
            }
        }
        if (parameters != null) {
            parameters.applyTo(statement);
        }
    }

    @Override
    void clear(Statement used) throws SQLException {
        ((PreparedStatement) used).clearParameters();
    }

    @Override
    PreparedStatement physical() throws SQLException {
        return (PreparedStatement) statement();
    }

    @Override
    @Nullable
    PreparedStatement current() throws SQLException {
        return (PreparedStatement) currentUnlessClosed();
    }

    @Override
    Parameters parameters() {
        Parameters remembered = parameters;
        if (remembered == null) {
            remembered = new Parameters();
            parameters = remembered;
        }
        return remembered;
    }

    @Override
    int spoolLimit() {
        return connection.spoolLimit();
    }

    @Override
    PreparedStatement begin(Call call) throws SQLException {
        if (kind() == StatementKind.SETTING) {
            connection.settingParameters = parameters;
        }
        return (PreparedStatement) begin(sql, kind(), call);
    }

    @Override
    Statement beginBatch() throws SQLException {
        // Each row sets its own: none tells them all.
        connection.settingParameters = null;
        return begin(sql, kind(), Call.BATCH);
    }

    @Override
    @Nullable
    Parameters captured() {
        return parameters == null ? null : parameters.captured();
    }

    private StatementKind kind() {
        StatementKind known = kind;
        if (known == null) {
            known = connection.kindOf(sql);
            kind = known;
        }
        return known;
    }

    @Override
    public void addBatch() throws SQLException {
        checkOpen();
        PreparedStatement current = current();
        if (current != null) {
            try {
                current.addBatch();
            } catch (SQLException e) {
                if (current == current()) {
                    throw failed(e);
                }
            }
        }
        recordBatch(parameters().snapshot());
    }

    @Override
    public void clearParameters() throws SQLException {
        checkOpen();
        if (parameters != null) {
            parameters.clear();
        }
        PreparedStatement current = current();
        if (current != null) {
            try {
                current.clearParameters();
            } catch (SQLException e) {
                throw failed(e);
            }
        }
    }

    // What the driver asks of the server, or sends to it, before anything is executed

    @Override
    public ParameterMetaData getParameterMetaData() throws SQLException {
        return asked(PreparedStatement::getParameterMetaData);
    }

    @Override
    public @Nullable ResultSetMetaData getMetaData() throws SQLException {
        return asked(PreparedStatement::getMetaData);
    }

    @FunctionalInterface
    private interface Question<T extends @Nullable Object> {
        T to(PreparedStatement prepared) throws SQLException;
    }

    private <T extends @Nullable Object> T asked(Question<T> question) throws SQLException {
        checkOpen();
        Connection on = connection.enter();
        try {
            while (true) {
                try {
                    if (!isCurrent()) {
                        attach(on);
                    }
                    T answer = question.to((PreparedStatement) made());
                    connection.keepUnitIfBegun();
                    return answer;
                } catch (SQLException e) {
                    on = connection.enterAgain(e);
                }
            }
        } finally {
            connection.leave();
        }
    }

    @Override
    public void setBlob(int index, InputStream stream) throws SQLException {
        sending(() -> super.setBlob(index, stream));
    }

    @Override
    public void setBlob(int index, InputStream stream, long length) throws SQLException {
        sending(() -> super.setBlob(index, stream, length));
    }

    @Override
    public void setBlob(int index, Blob blob) throws SQLException {
        sending(() -> super.setBlob(index, blob));
    }

    @Override
    public void setClob(int index, Reader reader) throws SQLException {
        sending(() -> super.setClob(index, reader));
    }

    @Override
    public void setClob(int index, Reader reader, long length) throws SQLException {
        sending(() -> super.setClob(index, reader, length));
    }

    @Override
    public void setClob(int index, Clob clob) throws SQLException {
        sending(() -> super.setClob(index, clob));
    }

    /** A driver may write a large object at once, which belongs to the transaction as a statement does. */
    private void sending(Turn.Work setter) throws SQLException {
        checkOpen();
        connection.inTurn(() -> {
            if (connection.inTransaction()) {
                connection.holdUnitOpen();
            }
            setter.run();
            connection.keepUnitIfBegun();
        });
    }
}
