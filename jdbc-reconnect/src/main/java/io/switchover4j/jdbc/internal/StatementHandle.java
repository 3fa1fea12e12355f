package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * The tie between a statement that the application holds and the physical one beneath it: made anew, with its settings, where
 * the physical connection was replaced. Confined to the thread that uses the connection, but for {@link #lastPhysical}.
 */
abstract class StatementHandle extends ForwardingStatement {

    final LogicalConnection connection;
    final StatementForm form;

    private @Nullable Statement physical;

    /** The attachment of the connection to which {@link #physical} belongs. */
    private int attachment;

    boolean closed;
    private @Nullable StatementSettings settings;

    StatementHandle(LogicalConnection connection, StatementForm form) {
        this.connection = connection;
        this.form = form;
    }

    // Made anew where needed

    /** Makes the physical statement, without parameters. */
    Statement create(Connection on) throws SQLException {
        return form.create(on);
    }

    /** Brings a statement that was made anew to where its predecessor stood. */
    abstract void restore(Statement made) throws SQLException;

    /** A statement was made anew: what the one before had answered is gone. */
    abstract void forgetAnswers();

    /** Makes the physical statement, with its settings. */
    final Statement make(Connection on) throws SQLException {
        Statement made = create(on);
        if (settings != null) {
            settings.applyTo(made);
        }
        return made;
    }

    final void attach(Connection on) throws SQLException {
        Statement made = make(on);
        restore(made);
        put(made);
    }

    /** {@code made} is the physical statement from now on. */
    final void put(Statement made) {
        physical = made;
        attachment = connection.number();
        forgetAnswers();
    }

    /** Makes the physical statement at once if its connection is at hand, and in no other thread's, so that the driver's errors come early. */
    final void attachEagerly() throws SQLException {
        boolean taken = connection.tryTurn();
        if (!taken && !connection.hasTurn()) {
            return;
        }
        try {
            attachNow();
        } finally {
            connection.giveTurn(taken);
        }
    }

    private void attachNow() throws SQLException {
        Connection on = connection.attachedNow();
        if (on == null) {
            return;
        }
        try {
            attach(on);
        } catch (SQLException e) {
            if (connection.isUnitOpen() || !connection.isLoss(e)) {
                throw connection.failed(e, Call.PREPARE);
            }
            connection.reportTrouble(e);
            connection.discard();
        }
    }

    final boolean isCurrent() {
        return physical != null && attachment == connection.number();
    }

    final @Nullable Statement currentStatement() {
        return attachment == connection.number() ? physical : null;
    }

    /** The same where the driver is the one to say that it is closed, if there is one. */
    final @Nullable Statement currentUnlessClosed() throws SQLException {
        Statement current = currentStatement();
        if (current == null) {
            checkOpen();
        }
        return current;
    }

    @Override
    Statement physical() throws SQLException {
        return statement();
    }

    @Override
    final boolean takeTurn() throws SQLException {
        return connection.takeTurn(settings == null ? 0 : settings.queryTimeout());
    }

    @Override
    final void giveTurn(boolean taken) {
        connection.giveTurn(taken);
    }

    /** The physical statement; waits at the gate if it must be made anew. */
    final Statement statement() throws SQLException {
        checkOpen();
        Statement current = currentStatement();
        if (current != null) {
            return current;
        }
        Connection on = connection.enter();
        try {
            while (true) {
                try {
                    attach(on);
                    return made();
                } catch (SQLException e) {
                    on = connection.enterAgain(e);
                }
            }
        } finally {
            connection.leave();
        }
    }

    final Statement made() {
        Statement made = physical;
        if (made == null) {
            throw new IllegalStateException("No physical statement was made");
        }
        return made;
    }

    /** The attachment to which the physical statement belongs, also where it was replaced since. */
    final int attachment() {
        return attachment;
    }

    final @Nullable Statement lastPhysical() {
        return physical;
    }

    final void lose() {
        physical = null;
    }

    final boolean closesOnCompletion() {
        return settings != null && settings.closeOnCompletion;
    }

    /** Whether results are read from the server part by part. */
    final boolean fetchesInParts() {
        return settings != null && settings.fetchesInParts();
    }

    // Settings that come along

    @Override
    public void setMaxRows(int rows) throws SQLException {
        setForExecution(s -> s.setMaxRows(rows));
        settings().maxRows = rows;
        settings().largeMaxRows = null;
    }

    @Override
    public void setLargeMaxRows(long rows) throws SQLException {
        setForExecution(s -> s.setLargeMaxRows(rows));
        settings().largeMaxRows = rows;
        settings().maxRows = null;
    }

    @Override
    public void setMaxFieldSize(int bytes) throws SQLException {
        setForExecution(s -> s.setMaxFieldSize(bytes));
        settings().maxFieldSize = bytes;
    }

    @Override
    public void setQueryTimeout(int seconds) throws SQLException {
        set(s -> s.setQueryTimeout(seconds));
        settings().queryTimeoutSeconds = seconds;
    }

    @Override
    public void setFetchSize(int rows) throws SQLException {
        setForExecution(s -> s.setFetchSize(rows));
        settings().fetchSize = rows;
    }

    @Override
    public void setFetchDirection(int direction) throws SQLException {
        set(s -> s.setFetchDirection(direction));
        settings().fetchDirection = direction;
    }

    @Override
    public void setEscapeProcessing(boolean enable) throws SQLException {
        setForExecution(s -> s.setEscapeProcessing(enable));
        settings().escapeProcessing = enable;
    }

    @Override
    public void setPoolable(boolean poolable) throws SQLException {
        set(s -> s.setPoolable(poolable));
        settings().poolable = poolable;
    }

    @Override
    public void setCursorName(String name) throws SQLException {
        setForExecution(s -> s.setCursorName(name));
        settings().cursorName = name;
    }

    @Override
    public void closeOnCompletion() throws SQLException {
        set(Statement::closeOnCompletion);
        settings().closeOnCompletion = true;
    }

    /** A replay sets it up as it is last, which is not as it was when it was executed. */
    private void setForExecution(Setting setting) throws SQLException {
        set(setting);
        if (wasRecorded()) {
            connection.replayOff(ReplayOff.STATEMENT);
        }
    }

    /** Whether an execution of it belongs to the open transaction, to be done again if that is lost. */
    abstract boolean wasRecorded();

    private void set(Setting setting) throws SQLException {
        checkOpen();
        Statement current = currentStatement();
        if (current != null) {
            try {
                setting.on(current);
            } catch (SQLException e) {
                throw failed(e);
            }
        }
    }

    private StatementSettings settings() {
        StatementSettings remembered = settings;
        if (remembered == null) {
            remembered = new StatementSettings();
            settings = remembered;
        }
        return remembered;
    }

    @FunctionalInterface
    private interface Setting {
        void on(Statement statement) throws SQLException;
    }

    final void checkOpen() throws SQLException {
        if (closed) {
            throw closedException();
        }
        connection.checkOpen();
    }

    /** In the driver's own words, where it can be asked. */
    final SQLException closedException() {
        Statement current = currentStatement();
        if (current != null) {
            try {
                current.getMaxRows();
            } catch (SQLException e) {
                return e;
            }
        }
        return new SQLException("This statement is closed", "HY010");
    }
}
