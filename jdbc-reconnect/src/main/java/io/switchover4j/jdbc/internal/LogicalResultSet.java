package io.switchover4j.jdbc.internal;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * A result set that knows its statement. It is never made again: when the physical connection was replaced, it says so.
 */
final class LogicalResultSet extends ForwardingResultSet {

    private final LogicalConnection connection;

    /** Null for the results of metadata calls. */
    private final @Nullable LogicalStatement statement;

    private final ResultSet physical;
    private final int attachment;

    LogicalResultSet(
            LogicalConnection connection, @Nullable LogicalStatement statement, ResultSet physical, int attachment) {
        this.connection = connection;
        this.statement = statement;
        this.physical = physical;
        this.attachment = attachment;
    }

    boolean isFor(ResultSet other) {
        return physical == other;
    }

    @Override
    ResultSet physical() {
        return physical;
    }

    @Override
    SQLException failed(SQLException e) {
        if (attachment != connection.number()) {
            SQLException replaced = LogicalStatement.replaced();
            replaced.initCause(e);
            return replaced;
        }
        return connection.failed(e, Call.FETCH);
    }

    @Override
    public boolean next() throws SQLException {
        beforeFetch();
        boolean more;
        try {
            more = physical.next();
        } catch (SQLException e) {
            throw failed(e);
        }
        if (!more && statement != null && !statement.isUpdatable()) {
            done(statement);
        }
        return more;
    }

    /** Rows may come from the server: none is asked of a node that is not the primary any more. */
    private void beforeFetch() throws SQLException {
        if (connection.isUnitOpen()
                && attachment == connection.number()
                && (connection.isCut() || connection.isSuperseded())) {
            throw connection.fetchRefused();
        }
    }

    private void done(LogicalStatement of) {
        if (of.isLast(this)) {
            of.finishResult();
        }
    }

    @Override
    public void insertRow() throws SQLException {
        beforeFetch();
        super.insertRow();
    }

    @Override
    public void updateRow() throws SQLException {
        beforeFetch();
        super.updateRow();
    }

    @Override
    public void deleteRow() throws SQLException {
        beforeFetch();
        super.deleteRow();
    }

    @Override
    public void refreshRow() throws SQLException {
        beforeFetch();
        super.refreshRow();
    }

    @Override
    public @Nullable Statement getStatement() throws SQLException {
        return statement;
    }

    @Override
    public void close() throws SQLException {
        if (attachment != connection.number()) {
            return;
        }
        try {
            if (!connection.isSuperseded()) {
                physical.close();
            }
        } catch (SQLException e) {
            if (!connection.isLoss(e)) {
                throw e;
            }
        }
        if (statement != null) {
            done(statement);
            if (statement.closesOnCompletion()) {
                statement.close();
            }
        }
    }

    @Override
    public boolean isClosed() throws SQLException {
        return attachment != connection.number() || physical.isClosed();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return type.isInstance(this) ? type.cast(this) : super.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this) || super.isWrapperFor(type);
    }
}
