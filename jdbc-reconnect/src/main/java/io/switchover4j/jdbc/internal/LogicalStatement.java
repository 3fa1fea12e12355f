package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import io.switchover4j.jdbc.UnitNotAppliedException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A statement that is made again, with its settings and its batch, where the physical connection beneath its connection
 * was replaced. Confined to the thread that uses the connection, but for {@link #cancel}.
 */
class LogicalStatement extends ForwardingStatement {

    final LogicalConnection connection;
    final StatementForm form;

    private @Nullable Statement physical;

    /** The attachment of the connection to which {@link #physical} belongs. */
    private int attachment;

    private boolean closed;
    private Call call = Call.OTHER;
    private StatementKind kind = StatementKind.PLAIN;
    private @Nullable StatementSettings settings;

    /** The batch since the last execution, in a form that can be added again. */
    @Nullable
    List<Object> batch;

    private StatementKind batchKind = StatementKind.PLAIN;

    /** The last execution left a result that is not read to its end. */
    private boolean resultOpen;

    /** The server may still hold rows of it. */
    private boolean cursorOpen;

    private @Nullable LogicalResultSet lastResult;

    /** Which generated keys the call in flight asks for; null if it does not. */
    private @Nullable Object keys;

    /** How the last execution was recorded, and in which transaction; null if it was not. */
    private @Nullable RecordedExecution recorded;

    private int recordedIn;

    LogicalStatement(LogicalConnection connection, StatementForm form) {
        this.connection = connection;
        this.form = form;
    }

    // Made anew where needed

    /** Makes the physical statement, without parameters. */
    Statement create(Connection on) throws SQLException {
        return form.create(on);
    }

    /** Brings a statement that was made anew to where its predecessor stood. */
    void restore(Statement made) throws SQLException {
        if (batch != null) {
            for (Object sql : batch) {
                made.addBatch((String) sql);
            }
        }
    }

    /** Makes the physical statement, with its settings. */
    final Statement make(Connection on) throws SQLException {
        Statement made = create(on);
        if (settings != null) {
            settings.applyTo(made);
        }
        return made;
    }

    private void attach(Connection on) throws SQLException {
        Statement made = make(on);
        restore(made);
        physical = made;
        attachment = connection.number();
        lastResult = null;
        resultOpen = false;
        cursorOpen = false;
    }

    /** Its transaction was done again, with {@code made} in its place. */
    final void adopt(Statement made) throws SQLException {
        if (closed) {
            made.close();
            return;
        }
        physical = made;
        attachment = connection.number();
        lastResult = null;
        resultOpen = false;
        cursorOpen = false;
        try {
            restore(made);
        } catch (UnitNotAppliedException e) {
            // A stream that cannot be sent again, of a call that is still to come: that call will say so.
            physical = null;
        }
    }

    /** {@code result} is being read, and goes on in what {@link #adopt} brought. */
    final void goesOn(LogicalResultSet result) {
        lastResult = result;
        resultOpen = true;
        connection.resultOpened();
    }

    /** Makes the physical statement at once if its connection is at hand, so that the driver's errors come early. */
    final void attachEagerly() throws SQLException {
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

    @Override
    Statement physical() throws SQLException {
        return statement();
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

    private Statement made() {
        Statement made = physical;
        if (made == null) {
            throw new IllegalStateException("No physical statement was made");
        }
        return made;
    }

    /** The physical statement that was executed last, whose results are asked for. */
    final Statement executedStatement() throws SQLException {
        checkOpen();
        Statement current = currentStatement();
        if (current == null) {
            throw replaced();
        }
        return current;
    }

    static SQLException replaced() {
        return new SQLException(
                "This result belongs to a physical connection that was replaced since. Execute the statement again.",
                "24000");
    }

    // Execution

    @Override
    Statement begin(String sql, Call next) throws SQLException {
        keys = null;
        return begin(sql, connection.kindOf(sql), next);
    }

    @Override
    Statement begin(String sql, Call next, Object generatedKeys) throws SQLException {
        keys = generatedKeys;
        return begin(sql, connection.kindOf(sql), next);
    }

    @Override
    Statement beginBatch() throws SQLException {
        List<Object> recorded = batch;
        String text = "";
        if (recorded != null && !recorded.isEmpty()) {
            text = String.valueOf(recorded.get(0));
            if (batchKind != StatementKind.PLAIN) {
                text = recorded.stream().map(String::valueOf).collect(Collectors.joining(";\n"));
            }
        }
        return begin(text, batchKind, Call.BATCH);
    }

    final Statement begin(String sql, StatementKind kindOfSql, Call next) throws SQLException {
        checkOpen();
        finishResult();
        call = next;
        kind = kindOfSql;
        Connection on = connection.begin(sql, kindOfSql);
        while (true) {
            try {
                if (!isCurrent()) {
                    attach(on);
                }
                if (next != Call.BATCH && !leavesCursor()) {
                    connection.beginOwnTransaction();
                }
                break;
            } catch (SQLException e) {
                tryAgain(e);
                on = connection.begin(sql, kindOfSql);
            } catch (RuntimeException | Error e) {
                broken();
                throw e;
            }
        }
        connection.handOver(next);
        return made();
    }

    @Override
    Statement again(SQLException e) throws SQLException {
        tryAgain(e);
        return begin(connection.lastStatement(), kind, call);
    }

    private void tryAgain(SQLException e) throws SQLException {
        try {
            connection.again(e);
        } catch (SQLException thrown) {
            if (thrown == e) {
                RecordedExecution failed = record();
                if (failed != null) {
                    failed.failed(e);
                }
            }
            forgetBatchAfter();
            throw thrown;
        }
    }

    /** Records the call that came back, if that is wanted. */
    private @Nullable RecordedExecution record() {
        recorded = null;
        Recording recording = connection.recording();
        if (recording == null) {
            return null;
        }
        if (form.isScrollable()) {
            recording.off(ReplayOff.SCROLLABLE_RESULT);
            return null;
        }
        boolean isBatch = call == Call.BATCH;
        var execution = new RecordedExecution(
                this,
                connection.lastStatement(),
                call,
                keys,
                isBatch ? null : captured(),
                isBatch ? takeBatch() : null);
        if (!execution.isRepeatable()) {
            recording.off(ReplayOff.STREAM);
            return null;
        }
        recording.add(execution, execution.bytes());
        recorded = execution;
        recordedIn = recording.transaction();
        return execution;
    }

    private List<Object> takeBatch() {
        return batch == null ? List.of() : batch;
    }

    /** The parameters of the call that came back; null if it has none. */
    @Nullable
    Parameters captured() {
        return null;
    }

    @Override
    void answered() throws SQLException {
        connection.commitOwnTransaction();
    }

    @Override
    void broken() {
        forgetBatchAfter();
        connection.broken();
    }

    private void forgetBatchAfter() {
        if (call == Call.BATCH) {
            batch = null;
            batchKind = StatementKind.PLAIN;
        }
    }

    @Override
    ResultSet ended(ResultSet result) throws SQLException {
        openResult();
        connection.returned(cursorOpen);
        recordRows();
        return wrap(result);
    }

    private void recordRows() {
        RecordedExecution execution = record();
        Recording recording = connection.recording();
        if (execution != null && recording != null) {
            boolean draws = recording.dialect.draws(connection.lastStatement());
            execution.answeredRows(new SeenRows(recording, draws));
        }
    }

    private void recordCount(long count) {
        RecordedExecution execution = record();
        if (execution != null) {
            execution.answeredCount(Math.max(count, 0));
        }
    }

    private void recordCounts(long[] counts) {
        RecordedExecution execution = record();
        if (execution != null) {
            execution.answeredCounts(counts);
        }
    }

    @Override
    boolean ended(boolean isResultSet) throws SQLException {
        if (isResultSet) {
            openResult();
        }
        connection.returned(cursorOpen);
        if (isResultSet) {
            recordRows();
        } else if (connection.recording() != null) {
            recordCount(made().getUpdateCount());
        }
        return isResultSet;
    }

    @Override
    int ended(int count) throws SQLException {
        connection.returned(false);
        recordCount(count);
        return count;
    }

    @Override
    long ended(long count) throws SQLException {
        connection.returned(false);
        recordCount(count);
        return count;
    }

    @Override
    int[] ended(int[] counts) throws SQLException {
        connection.returned(false);
        if (connection.recording() != null) {
            recordCounts(RecordedExecution.widened(counts));
        }
        forgetBatchAfter();
        return counts;
    }

    @Override
    long[] ended(long[] counts) throws SQLException {
        connection.returned(false);
        if (connection.recording() != null) {
            recordCounts(counts.clone());
        }
        forgetBatchAfter();
        return counts;
    }

    @Override
    SQLException failed(SQLException e) {
        return isCurrent() ? connection.failed(e, Call.OTHER) : e;
    }

    /** Whether a result that comes now may be read from the server part by part, or written back. */
    private boolean leavesCursor() {
        return !connection.inTransaction() && ((settings != null && settings.fetchesInParts()) || form.isUpdatable());
    }

    final boolean isUpdatable() {
        return form.isUpdatable();
    }

    private void openResult() {
        resultOpen = true;
        cursorOpen = leavesCursor();
        connection.resultOpened();
    }

    /** The last result was read to its end or closed, or is closed by the next execution. */
    final void finishResult() {
        if (resultOpen) {
            resultOpen = false;
            connection.resultDone(attachment);
        }
        if (cursorOpen) {
            cursorOpen = false;
            connection.cursorDone(attachment);
        }
    }

    final boolean isOver() {
        return closed;
    }

    final boolean closesOnCompletion() {
        return settings != null && settings.closeOnCompletion;
    }

    // Results

    final boolean isLast(LogicalResultSet result) {
        return lastResult == result;
    }

    final ResultSet wrap(ResultSet result) {
        LogicalResultSet last = lastResult;
        if (last != null && last.isFor(result)) {
            return last;
        }
        last = new LogicalResultSet(connection, this, result, attachment);
        lastResult = last;
        RecordedExecution execution = recorded;
        if (execution != null && execution.seen != null && execution.seen.result == null) {
            last.sees(execution.seen);
        }
        return last;
    }

    @Override
    public @Nullable ResultSet getResultSet() throws SQLException {
        Statement executed = executedStatement();
        try {
            ResultSet result = executed.getResultSet();
            return result == null ? null : wrap(result);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public ResultSet getGeneratedKeys() throws SQLException {
        Statement executed = executedStatement();
        try {
            var generated = new LogicalResultSet(connection, this, executed.getGeneratedKeys(), attachment);
            recordKeys(generated);
            return generated;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private void recordKeys(LogicalResultSet generated) {
        RecordedExecution execution = recorded;
        Recording recording = connection.recording();
        if (execution == null || recording == null || recording.transaction() != recordedIn) {
            return;
        }
        if (execution.seenKeys != null) {
            recording.off(ReplayOff.UNREADABLE);
            return;
        }
        execution.seenKeys = new SeenRows(recording, false);
        generated.sees(execution.seenKeys);
    }

    @Override
    public int getUpdateCount() throws SQLException {
        Statement executed = executedStatement();
        try {
            return executed.getUpdateCount();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public long getLargeUpdateCount() throws SQLException {
        Statement executed = executedStatement();
        try {
            return executed.getLargeUpdateCount();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public boolean getMoreResults() throws SQLException {
        Statement executed = executedStatement();
        resultSkipped();
        try {
            return executed.getMoreResults();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    @Override
    public boolean getMoreResults(int current) throws SQLException {
        Statement executed = executedStatement();
        if (current != Statement.KEEP_CURRENT_RESULT) {
            resultSkipped();
        }
        try {
            return executed.getMoreResults(current);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private void resultSkipped() {
        LogicalResultSet last = lastResult;
        if (last != null) {
            last.skipped();
        }
    }

    // Batch

    @Override
    public void addBatch(String sql) throws SQLException {
        checkOpen();
        Statement current = currentStatement();
        if (current != null) {
            try {
                current.addBatch(sql);
            } catch (SQLException e) {
                throw failed(e);
            }
        }
        recordBatch(sql);
        StatementKind added = connection.kindOf(sql);
        if (added != StatementKind.PLAIN) {
            batchKind = StatementKind.MAY_COMMIT;
        }
    }

    final void recordBatch(Object element) {
        List<Object> recorded = batch;
        if (recorded == null) {
            recorded = new ArrayList<>();
            batch = recorded;
        }
        recorded.add(element);
    }

    @Override
    public void clearBatch() throws SQLException {
        checkOpen();
        batch = null;
        batchKind = StatementKind.PLAIN;
        Statement current = currentStatement();
        if (current != null) {
            try {
                current.clearBatch();
            } catch (SQLException e) {
                throw failed(e);
            }
        }
    }

    // Settings that come along

    @Override
    public void setMaxRows(int rows) throws SQLException {
        set(s -> s.setMaxRows(rows));
        settings().maxRows = rows;
        settings().largeMaxRows = null;
    }

    @Override
    public void setLargeMaxRows(long rows) throws SQLException {
        set(s -> s.setLargeMaxRows(rows));
        settings().largeMaxRows = rows;
        settings().maxRows = null;
    }

    @Override
    public void setMaxFieldSize(int bytes) throws SQLException {
        set(s -> s.setMaxFieldSize(bytes));
        settings().maxFieldSize = bytes;
    }

    @Override
    public void setQueryTimeout(int seconds) throws SQLException {
        set(s -> s.setQueryTimeout(seconds));
        settings().queryTimeoutSeconds = seconds;
    }

    @Override
    public void setFetchSize(int rows) throws SQLException {
        set(s -> s.setFetchSize(rows));
        settings().fetchSize = rows;
    }

    @Override
    public void setFetchDirection(int direction) throws SQLException {
        set(s -> s.setFetchDirection(direction));
        settings().fetchDirection = direction;
    }

    @Override
    public void setEscapeProcessing(boolean enable) throws SQLException {
        set(s -> s.setEscapeProcessing(enable));
        settings().escapeProcessing = enable;
    }

    @Override
    public void setPoolable(boolean poolable) throws SQLException {
        set(s -> s.setPoolable(poolable));
        settings().poolable = poolable;
    }

    @Override
    public void setCursorName(String name) throws SQLException {
        set(s -> s.setCursorName(name));
        settings().cursorName = name;
    }

    @Override
    public void closeOnCompletion() throws SQLException {
        set(Statement::closeOnCompletion);
        settings().closeOnCompletion = true;
    }

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

    // Calls that never wait

    @Override
    public Connection getConnection() throws SQLException {
        checkOpen();
        return connection;
    }

    @Override
    public void close() throws SQLException {
        if (closed) {
            return;
        }
        closed = true;
        batch = null;
        Statement current = currentStatement();
        finishResult();
        if (current == null || connection.isSuperseded()) {
            return;
        }
        try {
            current.close();
        } catch (SQLException e) {
            // A statement of a lost connection is closed; its unit hears of the loss from its next call.
            if (!connection.isLoss(e)) {
                throw e;
            }
        }
    }

    @Override
    public boolean isClosed() throws SQLException {
        if (closed || !connection.isOpen()) {
            return true;
        }
        Statement current = currentStatement();
        return current != null && current.isClosed();
    }

    @Override
    public void cancel() throws SQLException {
        Statement current = physical;
        if (current != null && !closed) {
            current.cancel();
        }
    }

    @Override
    public @Nullable SQLWarning getWarnings() throws SQLException {
        checkOpen();
        Statement current = currentStatement();
        return current == null ? null : current.getWarnings();
    }

    @Override
    public void clearWarnings() throws SQLException {
        checkOpen();
        Statement current = currentStatement();
        if (current != null) {
            current.clearWarnings();
        }
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (!type.isInstance(this)) {
            connection.replayOff(ReplayOff.UNWRAPPED);
        }
        return type.isInstance(this) ? type.cast(this) : super.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this) || super.isWrapperFor(type);
    }

    final void checkOpen() throws SQLException {
        if (closed) {
            throw new SQLException("This statement is closed", "HY010");
        }
        connection.checkOpen();
    }
}
