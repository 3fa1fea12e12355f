package io.switchover4j.jdbc.internal;

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
class LogicalStatement extends StatementHandle {

    private Call call = Call.OTHER;
    private StatementKind kind = StatementKind.PLAIN;

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

    private final StatementRecorder recorder = new StatementRecorder(this);

    /** What was executed last, if its connection was lost after its commit: its answer is in memory. */
    private @Nullable Statement answer;

    /** The call in flight, or the last one, is a write of autocommit in a transaction of ours. */
    private boolean inOwnTransaction;

    /** How many rows at a time the physical statement fetches when it does not fetch all, as the call in flight does; else 0. */
    private int fetchSize;

    /** The call in flight was answered, but its commit failed. */
    private boolean answerVoid;

    LogicalStatement(LogicalConnection connection, StatementForm form) {
        super(connection, form);
    }

    @Override
    final boolean wasRecorded() {
        return recorder.wasRecorded();
    }

    @Override
    void restore(Statement made) throws SQLException {
        if (batch != null) {
            for (Object sql : batch) {
                made.addBatch((String) sql);
            }
        }
    }

    /** What {@code used} was given before must not fill what is not set any more. */
    void clear(Statement used) throws SQLException {}

    /** Its transaction was done again, with {@code made} in its place. */
    final void adopt(Statement made) throws SQLException {
        if (closed) {
            made.close();
            return;
        }
        put(made);
        try {
            clear(made);
            restore(made);
        } catch (UnitNotAppliedException e) {
            // A stream that cannot be sent again, of a call that is still to come: that call will say so.
            lose();
        }
    }

    @Override
    final void forgetAnswers() {
        lastResult = null;
        resultOpen = false;
        cursorOpen = false;
    }

    /** {@code result} is being read, and goes on in what {@link #adopt} brought. */
    final void goesOn(LogicalResultSet result) {
        lastResult = result;
        resultOpen = true;
        connection.resultOpened();
    }

    /** The physical statement that was executed last, whose results are asked for. */
    final Statement executedStatement() throws SQLException {
        checkOpen();
        Statement current = answer == null ? currentStatement() : answer;
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
        answer = null;
        answerVoid = false;
        inOwnTransaction = false;
        fetchSize = 0;
        call = next;
        kind = kindOfSql;
        Connection on = connection.begin(sql, kindOfSql);
        while (true) {
            try {
                if (closed) {
                    throw closedException();
                }
                if (!isCurrent()) {
                    attach(on);
                }
                // What can be written back needs its own way of reading.
                // A result that can be written back lives in a transaction of its reader's.
                if (next != Call.BATCH && !form.isUpdatable()) {
                    inOwnTransaction = connection.beginOwnTransaction();
                    if (inOwnTransaction) {
                        readAtOnce();
                    }
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

    /** In autocommit, which this looks like, no rows are left to the server; in a transaction they end with it. */
    private void readAtOnce() throws SQLException {
        Statement executing = made();
        int rows = executing.getFetchSize();
        if (rows != 0) {
            executing.setFetchSize(0);
            fetchSize = rows;
        }
    }

    /** The execution is over: the statement says again what it was told. */
    private void readAsBefore() throws SQLException {
        int rows = fetchSize;
        if (rows != 0) {
            fetchSize = 0;
            Statement executed = currentStatement();
            if (executed != null && !executed.isClosed()) {
                executed.setFetchSize(rows);
            }
        }
    }

    @Override
    Statement again(SQLException e) throws SQLException {
        tryAgain(e);
        return begin(connection.lastStatement(), kind, call);
    }

    private void tryAgain(SQLException e) throws SQLException {
        readAsBefore();
        try {
            connection.again(e);
        } catch (SQLException thrown) {
            if (thrown == e) {
                recorder.failed(e);
            }
            if (answerVoid || thrown != e) {
                dropAnswer(thrown);
            }
            forgetBatchAfter();
            throw thrown;
        }
    }

    /** The call that came back, as far as the replay needs it. */
    final RecordedExecution execution() {
        boolean isBatch = call == Call.BATCH;
        List<Object> sent = batch == null ? List.of() : batch;
        return new RecordedExecution(
                this, connection.lastStatement(), call, keys, isBatch ? null : captured(), isBatch ? sent : null);
    }

    /** The parameters of the call that came back; null if it has none. */
    @Nullable
    Parameters captured() {
        return null;
    }

    @Override
    void answered() throws SQLException {
        answerVoid = true;
        readAsBefore();
        if (connection.commitOwnTransaction()) {
            answer = lastPhysical();
        }
        answerVoid = false;
    }

    /** Counts, rows and keys of what was rolled back are none: in autocommit there would not have been any. */
    private void dropAnswer(SQLException refusal) {
        Connection on = connection.attachedOrNull();
        Statement answered = currentStatement();
        if (on == null || answered == null) {
            return;
        }
        try {
            answered.close();
            adopt(make(on));
        } catch (SQLException e) {
            lose();
            refusal.addSuppressed(e);
        }
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
        recorder.rows();
        return wrap(result);
    }

    @Override
    boolean ended(boolean isResultSet) throws SQLException {
        if (isResultSet) {
            openResult();
        }
        connection.returned(cursorOpen);
        if (isResultSet) {
            recorder.rows();
        } else if (connection.recording() != null) {
            recorder.count(made().getUpdateCount());
        }
        return isResultSet;
    }

    @Override
    int ended(int count) throws SQLException {
        connection.returned(false);
        recorder.count(count);
        return count;
    }

    @Override
    long ended(long count) throws SQLException {
        connection.returned(false);
        recorder.count(count);
        return count;
    }

    @Override
    int[] ended(int[] counts) throws SQLException {
        connection.returned(false);
        if (connection.recording() != null) {
            recorder.counts(RecordedExecution.widened(counts));
        }
        forgetBatchAfter();
        return counts;
    }

    @Override
    long[] ended(long[] counts) throws SQLException {
        connection.returned(false);
        if (connection.recording() != null) {
            recorder.counts(counts.clone());
        }
        forgetBatchAfter();
        return counts;
    }

    @Override
    SQLException failed(SQLException e) {
        SQLException outcome = connection.failedAside(e, Call.OTHER, attachment());
        return outcome == null ? e : outcome;
    }

    /** Whether a result that comes now may be read from the server part by part, or written back. */
    private boolean leavesCursor() {
        return !connection.inTransaction() && (fetchesInParts() || form.isUpdatable());
    }

    final boolean isUpdatable() {
        return form.isUpdatable();
    }

    private void openResult() {
        if (answer != null || closed) {
            return;
        }
        resultOpen = true;
        cursorOpen = !inOwnTransaction && leavesCursor();
        connection.resultOpened();
    }

    /** The last result was read to its end or closed, or is closed by the next execution. */
    final void finishResult() {
        if (resultOpen) {
            resultOpen = false;
            connection.resultDone(attachment());
        }
        if (cursorOpen) {
            cursorOpen = false;
            connection.cursorDone(attachment());
        }
    }

    final boolean isOver() {
        return closed;
    }

    /** Whether the driver closed it with the last of its results. */
    final boolean isCompleted() throws SQLException {
        Statement executed = answer == null ? currentStatement() : answer;
        return executed == null || executed.isClosed();
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
        last = new LogicalResultSet(connection, this, result, attachment());
        lastResult = last;
        if (answer != null) {
            last.outlive();
        }
        recorder.read(last);
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
            var generated = new LogicalResultSet(connection, this, executed.getGeneratedKeys(), attachment());
            if (answer != null) {
                generated.outlive();
            }
            recorder.keys(generated);
            return generated;
        } catch (SQLException e) {
            throw failed(e);
        }
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
                if (current == currentStatement()) {
                    throw failed(e);
                }
            }
        }
        recordBatch(sql);
        StatementKind added = connection.traffic.dialect().kindOf(sql);
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
        Statement current = lastPhysical();
        if (current != null && !closed) {
            current.cancel();
        }
    }

    @Override
    public @Nullable SQLWarning getWarnings() throws SQLException {
        checkOpen();
        Statement current = answer == null ? currentStatement() : answer;
        SQLWarning first = current == null ? null : current.getWarnings();
        if (current != null) {
            recorder.warned(first);
        }
        return first;
    }

    @Override
    public void clearWarnings() throws SQLException {
        checkOpen();
        Statement current = answer == null ? currentStatement() : answer;
        if (current != null) {
            current.clearWarnings();
        }
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        checkOpen();
        boolean taken = connection.takeTurn();
        try {
            connection.giveAwayAll();
            return super.unwrap(type);
        } finally {
            connection.giveTurn(taken);
        }
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this) || super.isWrapperFor(type);
    }
}
