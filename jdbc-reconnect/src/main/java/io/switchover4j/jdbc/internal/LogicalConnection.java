package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayControl;
import io.switchover4j.jdbc.ReplayOff;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The connection that the application holds. It lives on while the physical connection beneath it is replaced between
 * units of work.
 *
 * <p>Threads that share it take turns, call by call; {@link #abort}, {@link #close} and {@link #cutOff} wait for none.
 *
 * <p>What the application set through the methods of {@link Connection} comes along to the next physical connection. On
 * {@link #close} the physical connection goes back to its pool, which resets these properties as it does for its own
 * users. What {@link #unwrap} gives is the physical connection itself: it is not protected, and not to be kept.
 */
final class LogicalConnection extends ForwardingConnection {

    /** The call in flight opened its unit, and closes it. */
    private boolean entered;

    /** The call in flight took its turn, and gives it back. */
    private boolean turnTaken;

    /** The first physical connection said what autocommit is by default. */
    private boolean autoCommitKnown;

    /** The attachment whose physical connection the application took past us; it may work there unseen. */
    private int unwrappedAt = -1;

    private LogicalConnection(Traffic traffic) {
        super(traffic);
    }

    /**
     * Passes the gate and borrows a physical connection from the primary's pool.
     *
     * @throws SQLException 08001 if no primary could be reached in time; the pool's own error if it is exhausted
     */
    static LogicalConnection open(Traffic traffic) throws SQLException {
        var connection = new LogicalConnection(traffic);
        boolean attached = false;
        try {
            connection.attachFirst();
            attached = true;
        } finally {
            if (!attached) {
                connection.makeInvisible();
            }
        }
        return connection;
    }

    @Override
    void restoreSession(Connection borrowed) throws SQLException {
        identify(borrowed);
        if (autoCommitKnown || session != null) {
            restore(borrowed, autoCommit);
        } else {
            autoCommit = borrowed.getAutoCommit();
        }
        autoCommitKnown = true;
    }

    @Override
    void doAgain(Connection on, ReplayDialect dialect, List<Recorded> calls) throws SQLException {
        new ReplayRun(this, on, dialect).run(calls);
    }

    // Units of work

    @Override
    public void commit() throws SQLException {
        boolean taken = takeTurn();
        try {
            commitNow();
        } finally {
            giveTurn(taken);
        }
    }

    private void commitNow() throws SQLException {
        checkOpen();
        SQLException earlier = lost();
        if (earlier != null) {
            forgetLost();
            throw lostBefore(earlier);
        }
        // Drivers refuse it in autocommit, also where SQL text began a transaction: then no mark may commit that.
        if (!isUnitOpen() || autoCommit && hasLedger()) {
            commitOutsideUnit(Connection::commit);
            return;
        }
        commitUnit(Connection::commit);
    }

    @Override
    public void rollback() throws SQLException {
        boolean taken = takeTurn();
        try {
            rollbackNow();
        } finally {
            giveTurn(taken);
        }
    }

    private void rollbackNow() throws SQLException {
        checkOpen();
        if (lost() != null) {
            forgetLost();
            return;
        }
        if (!isUnitOpen()) {
            endOutsideUnit(Connection::rollback);
            return;
        }
        Connection physical = attachedOrNull();
        if (physical == null || isSuperseded()) {
            discard();
            unitOver();
            return;
        }
        traffic.called(this, false);
        try {
            physical.rollback();
        } catch (SQLException e) {
            if (!isLoss(e)) {
                throw e;
            }
            reportTrouble(e);
            discard();
        }
        unitOver();
    }

    /** No statement of ours is open, but the application may have used what it unwrapped. Never waits. */
    private void endOutsideUnit(CommitPath.Step step) throws SQLException {
        Connection physical = attachedNow();
        if (physical == null) {
            return;
        }
        try {
            step.on(physical);
        } catch (SQLException e) {
            settingFailed(e);
        }
    }

    /** The same for what commits: a commit that is lost with work done past us must not look like one that succeeded. */
    private void commitOutsideUnit(CommitPath.Step step) throws SQLException {
        boolean unseenWork = !autoCommit && unwrappedAt == number();
        if (!unseenWork) {
            endOutsideUnit(step);
            return;
        }
        Connection physical = attachedNow();
        if (physical == null) {
            throw unseenLost(null);
        }
        try {
            step.on(physical);
        } catch (SQLException e) {
            throw isLoss(e) ? unseenLost(e) : e;
        }
        if (isSuperseded()) {
            throw unseenLost(null);
        }
    }

    @Override
    public void setAutoCommit(boolean value) throws SQLException {
        boolean taken = takeTurn();
        try {
            checkOpen();
            if (value != autoCommit) {
                changeAutoCommit(value);
            }
        } finally {
            giveTurn(taken);
        }
    }

    private void changeAutoCommit(boolean value) throws SQLException {
        if (value && lost() != null) {
            forgetLost();
        } else if (value && isUnitOpen()) {
            commitUnit(physical -> physical.setAutoCommit(true));
            autoCommit = true;
            return;
        }
        if (value) {
            commitOutsideUnit(physical -> physical.setAutoCommit(true));
            autoCommit = true;
            return;
        }
        Connection physical = attachedNow();
        if (physical != null) {
            try {
                physical.setAutoCommit(false);
            } catch (SQLException e) {
                settingFailed(e);
            }
        }
        autoCommit = false;
        adoptTextTransaction();
        if (unwrappedAt == number()) {
            holdUnitOpen();
            sentSomething();
        }
    }

    @Override
    public boolean getAutoCommit() throws SQLException {
        checkOpen();
        return autoCommit;
    }

    @Override
    public Savepoint setSavepoint() throws SQLException {
        return newSavepoint(null);
    }

    @Override
    public Savepoint setSavepoint(String name) throws SQLException {
        return newSavepoint(name);
    }

    private Savepoint newSavepoint(@Nullable String name) throws SQLException {
        boolean taken = takeTurn();
        try {
            return newSavepointNow(name);
        } finally {
            giveTurn(taken);
        }
    }

    private Savepoint newSavepointNow(@Nullable String name) throws SQLException {
        while (true) {
            Connection physical = begin("SAVEPOINT", StatementKind.PLAIN);
            handOver(Call.UPDATE);
            LogicalSavepoint savepoint;
            try {
                savepoint = LogicalSavepoint.set(physical, name, number(), session);
            } catch (SQLException e) {
                againUnrecorded(e);
                continue;
            }
            returned(false);
            record(savepoint::setAgain);
            return savepoint;
        }
    }

    @Override
    public void rollback(Savepoint savepoint) throws SQLException {
        boolean taken = takeTurn();
        try {
            rollbackNow(savepoint);
        } finally {
            giveTurn(taken);
        }
    }

    private void rollbackNow(Savepoint savepoint) throws SQLException {
        while (true) {
            Connection physical = inSavepoint();
            try {
                physical.rollback(known(savepoint));
                break;
            } catch (SQLException e) {
                againInside(e, Call.ROLLBACK);
            }
        }
        if (changedSession()) {
            rollBackSessionTo(savepoint instanceof LogicalSavepoint ours ? ours.session : null);
        }
        record(run -> run.on.rollback(known(savepoint)));
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) throws SQLException {
        boolean taken = takeTurn();
        try {
            releaseNow(savepoint);
        } finally {
            giveTurn(taken);
        }
    }

    private void releaseNow(Savepoint savepoint) throws SQLException {
        while (true) {
            Connection physical = inSavepoint();
            try {
                physical.releaseSavepoint(known(savepoint));
                break;
            } catch (SQLException e) {
                againInside(e, Call.UPDATE);
            }
        }
        record(run -> run.on.releaseSavepoint(known(savepoint)));
    }

    /** What the driver knows the savepoint by; one that is not ours is left to it to complain about. */
    private Savepoint known(Savepoint savepoint) throws SQLException {
        return savepoint instanceof LogicalSavepoint ours ? ours.physical(number()) : savepoint;
    }

    /** A savepoint lives in an open transaction; where that is lost, going on as if it were not would apply half of it. */
    private Connection inSavepoint() throws SQLException {
        checkOpen();
        SQLException earlier = lost();
        if (earlier != null) {
            throw lostBefore(earlier);
        }
        Connection physical = attachedNow();
        if (physical == null) {
            throw LogicalSavepoint.ended();
        }
        return physical;
    }

    private void record(Recorded call) {
        Recording recording = recording();
        if (recording != null) {
            recording.add(call, 0);
        }
    }

    // Properties that come along

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
        boolean taken = takeTurn();
        try {
            setSchemaNow(schema);
        } finally {
            giveTurn(taken);
        }
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
        boolean taken = takeTurn();
        try {
            set(step);
            remembered.accept(session());
        } finally {
            giveTurn(taken);
        }
    }

    /**
     * Sets it now where a physical connection is at hand; else it comes with the next one. Never waits, but for a lost
     * transaction that is replayed.
     */
    private void set(CommitPath.Step step) throws SQLException {
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
    private void settingFailed(SQLException e) throws SQLException {
        if (isUnitOpen()) {
            throw failed(e, Call.OTHER);
        }
        if (!isLoss(e)) {
            throw e;
        }
        reportTrouble(e);
        discard();
    }

    // Handles

    @Override
    public Statement createStatement() throws SQLException {
        return opened(new LogicalStatement(this, StatementForm.DEFAULT));
    }

    @Override
    public Statement createStatement(int type, int concurrency) throws SQLException {
        return opened(new LogicalStatement(this, StatementForm.of(type, concurrency)));
    }

    @Override
    public Statement createStatement(int type, int concurrency, int holdability) throws SQLException {
        return opened(new LogicalStatement(this, StatementForm.of(type, concurrency, holdability)));
    }

    @Override
    public PreparedStatement prepareStatement(String sql) throws SQLException {
        return opened(new LogicalPreparedStatement(this, StatementForm.DEFAULT, sql));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency) throws SQLException {
        return opened(new LogicalPreparedStatement(this, StatementForm.of(type, concurrency), sql));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability)
            throws SQLException {
        return opened(new LogicalPreparedStatement(this, StatementForm.of(type, concurrency, holdability), sql));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int autoGeneratedKeys) throws SQLException {
        return opened(new LogicalPreparedStatement(this, StatementForm.ofKeys(autoGeneratedKeys), sql));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int[] columnIndexes) throws SQLException {
        return opened(new LogicalPreparedStatement(this, StatementForm.ofKeys(columnIndexes), sql));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, String[] columnNames) throws SQLException {
        return opened(new LogicalPreparedStatement(this, StatementForm.ofKeys(columnNames), sql));
    }

    @Override
    public CallableStatement prepareCall(String sql) throws SQLException {
        return opened(new LogicalCallableStatement(this, StatementForm.DEFAULT, sql));
    }

    @Override
    public CallableStatement prepareCall(String sql, int type, int concurrency) throws SQLException {
        return opened(new LogicalCallableStatement(this, StatementForm.of(type, concurrency), sql));
    }

    @Override
    public CallableStatement prepareCall(String sql, int type, int concurrency, int holdability) throws SQLException {
        return opened(new LogicalCallableStatement(this, StatementForm.of(type, concurrency, holdability), sql));
    }

    private <S extends LogicalStatement> S opened(S statement) throws SQLException {
        checkOpen();
        statement.attachEagerly();
        return statement;
    }

    @Override
    public DatabaseMetaData getMetaData() throws SQLException {
        checkOpen();
        return new LogicalDatabaseMetaData(this);
    }

    // Calls that are no statements

    @Override
    Connection enter() throws SQLException {
        boolean taken = takeTurn();
        turnTaken |= taken;
        boolean done = false;
        try {
            Connection physical = enterUnit();
            done = true;
            return physical;
        } finally {
            if (!done) {
                leaveTurn();
            }
        }
    }

    private void leaveTurn() {
        boolean taken = turnTaken;
        turnTaken = false;
        giveTurn(taken);
    }

    private Connection enterUnit() throws SQLException {
        // Assigned, not added: a call that failed before its end may have left it set.
        entered = !isUnitOpen();
        return beginOther();
    }

    @Override
    Connection enterAgain(SQLException e) throws SQLException {
        againUnrecorded(e);
        return enter();
    }

    @Override
    void leave() {
        if (!hasTurn()) {
            // It failed, and gave it back.
            return;
        }
        if (entered) {
            entered = false;
            retries = null;
            unitOver();
        }
        leaveTurn();
    }

    /** What was called began a transaction at the driver: the unit stays open until its end. */
    void keepUnit() {
        if (inTransaction()) {
            entered = false;
            sentSomething();
            replayOff(ReplayOff.METADATA);
        }
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        checkOpen();
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        if (type == ReplayControl.class) {
            return type.cast(new ConnectionReplayControl(this));
        }
        boolean taken = takeTurn();
        try {
            T unwrapped = super.unwrap(type);
            unwrappedAt = number();
            if (inTransaction()) {
                holdUnitOpen();
                replayOff(ReplayOff.UNWRAPPED);
                sentUnseen();
            }
            return unwrapped;
        } finally {
            giveTurn(taken);
        }
    }

    /** Whatever is done with what was unwrapped belongs to the transaction. */
    private void holdUnitOpen() throws SQLException {
        enterUnit();
        entered = false;
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        checkOpen();
        return type.isInstance(this) || type == ReplayControl.class || super.isWrapperFor(type);
    }

    // Calls that never start or wait for a reconnect

    @Override
    public void close() {
        if (!isOpen()) {
            // abort() of another thread may not touch it.
            clearRecording();
            return;
        }
        boolean taken = tryTurn();
        if (!taken && !hasTurn()) {
            closeFrom();
            makeInvisible();
            return;
        }
        try {
            if (isUnitOpen()) {
                rollBackBeforeClose();
            }
            closeAttachment();
            unitOver();
        } finally {
            closeCommits();
            // Not earlier: a rollback that a frozen node never answers must be found when a newer primary is known.
            makeInvisible();
            giveTurn(taken);
        }
    }

    /** Drivers differ in what close does to an open transaction, and pools roll back only what they know of. */
    private void rollBackBeforeClose() {
        Connection physical = attachedOrNull();
        if (physical == null || isSuperseded() || !hasSent() || !inTransaction()) {
            return;
        }
        if (isTextTransaction()) {
            discard();
            return;
        }
        try {
            physical.rollback();
        } catch (SQLException | RuntimeException e) {
            discard();
        }
    }

    @Override
    public boolean isClosed() {
        return !isOpen();
    }

    @Override
    public boolean isValid(int timeoutSeconds) throws SQLException {
        Connection physical = attachedOrNull();
        if (timeoutSeconds < 0 && physical == null) {
            throw new SQLException("The timeout '%d' is negative".formatted(timeoutSeconds), "22023");
        }
        if (!isOpen()) {
            return false;
        }
        if (physical != null && !isSuperseded() && physical.isValid(timeoutSeconds)) {
            return true;
        }
        boolean taken = tryTurn();
        if (!taken && !hasTurn()) {
            // Another thread's call is on its way from one physical connection to the next, or finds out that it must
            // be.
            return !inTransaction() && canMove();
        }
        try {
            if (physical == null || physical != attachedOrNull() || isSuperseded()) {
                return !isUnitOpen() && canMove();
            }
            if (!isUnitOpen()) {
                discard();
            }
            return false;
        } finally {
            giveTurn(taken);
        }
    }

    private boolean canMove() {
        return !isPinned() && traffic.route().primary != null;
    }

    @Override
    public void abort(Executor executor) {
        if (!isOpen()) {
            return;
        }
        abortFrom(executor);
        makeInvisible();
    }

    @Override
    public @Nullable SQLWarning getWarnings() throws SQLException {
        checkOpen();
        Connection physical = attachedOrNull();
        return physical == null ? null : physical.getWarnings();
    }

    @Override
    public void clearWarnings() throws SQLException {
        checkOpen();
        Connection physical = attachedOrNull();
        if (physical != null) {
            physical.clearWarnings();
        }
    }

    @Override
    public void beginRequest() throws SQLException {
        boolean taken = takeTurn();
        try {
            set(Connection::beginRequest);
            Recording recording = knownRecording();
            if (recording != null) {
                recording.beginRequest();
            }
        } finally {
            giveTurn(taken);
        }
    }

    @Override
    public void endRequest() throws SQLException {
        boolean taken = takeTurn();
        try {
            set(Connection::endRequest);
            Recording recording = knownRecording();
            if (recording != null) {
                recording.endRequest(isUnitOpen() && inTransaction());
            }
        } finally {
            giveTurn(taken);
        }
    }

    void checkOpen() throws SQLException {
        if (!isOpen()) {
            throw closedException();
        }
    }

    @Override
    public String toString() {
        return "LogicalConnection@%x (%s)".formatted(System.identityHashCode(this), isOpen() ? nodeName() : "closed");
    }
}
