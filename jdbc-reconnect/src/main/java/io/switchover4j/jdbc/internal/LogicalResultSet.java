package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * A result set that knows its statement. Where its transaction is done again, it goes on at its place; else it is never made
 * again: when the physical connection was replaced, it says so.
 */
final class LogicalResultSet extends ForwardingResultSet {

    private final LogicalConnection connection;

    /** Null for the results of metadata calls. */
    private final @Nullable LogicalStatement statement;

    private ResultSet physical;
    private int attachment;

    /** What the application sees here, if that is recorded. */
    private @Nullable SeenRows seen;

    /** It was closed, or the statement went on to its next result. */
    private boolean closed;

    /** A row is being written: the failure of that is no failure of a query. */
    private boolean writing;

    /** The physical connection was replaced, and the rows in memory stay as they are. */
    private boolean outliving;

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
        if (outliving) {
            return e;
        }
        SQLException outcome = connection.failedAside(e, writing ? Call.UPDATE : Call.FETCH, attachment);
        if (outcome == null) {
            outcome = LogicalStatement.replaced();
            outcome.initCause(e);
        }
        return outcome;
    }

    /** From now on what the application sees here is recorded. */
    void sees(SeenRows rows) {
        seen = rows;
        rows.result = this;
    }

    /** Whether the application can go on to read it. */
    boolean isBeingRead() {
        return !closed && (statement == null || !statement.isOver());
    }

    /** Its transaction was done again, and {@code fresh} stands where it stood. */
    void moveTo(ResultSet fresh, boolean ofStatement) {
        physical = fresh;
        attachment = connection.number();
        if (ofStatement && statement != null) {
            statement.goesOn(this);
        }
    }

    /** The physical connection was replaced, and it stays as it is. */
    void outlive() {
        outliving = true;
    }

    /** The statement went on to its next result. */
    void skipped() {
        closed = true;
    }

    @Override
    void locatorRead() {
        connection.giveAway(ReplayOff.LARGE_OBJECT);
    }

    @Override
    public boolean next() throws SQLException {
        boolean more;
        while (true) {
            ResultSet on = physical;
            if (isLost()) {
                fetchAgain(on, null);
                continue;
            }
            try {
                more = on.next();
                break;
            } catch (SQLException e) {
                fetchAgain(on, e);
            }
        }
        if (seen != null) {
            seen.stepped(physical, more);
        }
        if (!more && statement != null && !statement.isUpdatable()) {
            done(statement);
        }
        return more;
    }

    private void fetchAgain(ResultSet on, @Nullable SQLException e) throws SQLException {
        boolean taken = connection.takeTurn();
        try {
            if (physical != on) {
                // Another thread's call has done the transaction again.
                return;
            }
            if (attachment == connection.number()) {
                connection.fetchAgain(e, seen != null);
            } else if (e != null) {
                throw failed(e);
            }
        } finally {
            connection.giveTurn(taken);
        }
    }

    @Override
    public boolean isBeforeFirst() throws SQLException {
        boolean is = super.isBeforeFirst();
        positionSeen();
        return is;
    }

    @Override
    public boolean isAfterLast() throws SQLException {
        boolean is = super.isAfterLast();
        positionSeen();
        return is;
    }

    @Override
    public boolean isLast() throws SQLException {
        boolean is = super.isLast();
        positionSeen();
        return is;
    }

    /** It tells of rows that were not read, which are not compared. */
    private void positionSeen() {
        if (seen != null) {
            connection.replayOff(ReplayOff.POSITION);
        }
    }

    /** Rows may come from the server: none is asked of a node that is not the primary any more. */
    private void beforeFetch() throws SQLException {
        if (isLost()) {
            throw connection.fetchRefused();
        }
    }

    private boolean isLost() {
        return connection.isUnitOpen()
                && attachment == connection.number()
                && (connection.isCut() || connection.isSuperseded());
    }

    private void done(LogicalStatement of) {
        if (of.isLast(this)) {
            of.finishResult();
        }
    }

    private interface Write {
        void run() throws SQLException;
    }

    private void write(Write row) throws SQLException {
        boolean taken = connection.takeTurn();
        try {
            beforeFetch();
            connection.beforeWrite(attachment);
            writing = true;
            try {
                row.run();
            } finally {
                writing = false;
            }
            connection.wrote(attachment);
        } finally {
            connection.giveTurn(taken);
        }
    }

    @Override
    public void insertRow() throws SQLException {
        write(super::insertRow);
    }

    @Override
    public void updateRow() throws SQLException {
        write(super::updateRow);
    }

    @Override
    public void deleteRow() throws SQLException {
        write(super::deleteRow);
    }

    @Override
    public void refreshRow() throws SQLException {
        boolean taken = connection.takeTurn();
        try {
            beforeFetch();
            super.refreshRow();
        } finally {
            connection.giveTurn(taken);
        }
    }

    @Override
    public @Nullable Statement getStatement() throws SQLException {
        return statement;
    }

    @Override
    public void close() throws SQLException {
        closed = true;
        if (attachment != connection.number() && !outliving) {
            return;
        }
        try {
            if (outliving || !connection.isSuperseded()) {
                physical.close();
            }
        } catch (SQLException e) {
            if (!connection.isLoss(e)) {
                throw e;
            }
        }
        if (statement != null) {
            done(statement);
            if (statement.closesOnCompletion() && statement.isCompleted()) {
                statement.close();
            }
        }
    }

    @Override
    public boolean isClosed() throws SQLException {
        return outliving ? closed : attachment != connection.number() || physical.isClosed();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (!type.isInstance(this)) {
            connection.giveAway(ReplayOff.UNWRAPPED);
        }
        return type.isInstance(this) ? type.cast(this) : super.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this) || super.isWrapperFor(type);
    }
}
