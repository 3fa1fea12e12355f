package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import java.sql.SQLException;
import java.sql.SQLWarning;
import org.jspecify.annotations.Nullable;

/** Writes down what one statement executed in a transaction that may be replayed. Confined to the statement's thread. */
final class StatementRecorder {

    private final LogicalStatement statement;
    private final LogicalConnection connection;

    /** How the last execution was recorded, and in which transaction; null if it was not. */
    private @Nullable RecordedExecution recorded;

    private int recordedIn;

    /** The transaction in which it was executed last; -1 before. */
    private int executedIn = -1;

    StatementRecorder(LogicalStatement statement) {
        this.statement = statement;
        this.connection = statement.connection;
    }

    /** Records the call that came back, if that is wanted. */
    private @Nullable RecordedExecution record() {
        recorded = null;
        Recording recording = connection.recording();
        if (recording == null) {
            return null;
        }
        if (statement.form.isScrollable()) {
            recording.off(ReplayOff.SCROLLABLE_RESULT);
            return null;
        }
        RecordedExecution execution = statement.execution();
        ReplayOff off = execution.whyNotRepeatable();
        if (off != null) {
            recording.off(off);
            return null;
        }
        recording.add(execution, execution.bytes());
        recorded = execution;
        recordedIn = recording.transaction();
        executedIn = recordedIn;
        return execution;
    }

    /** Whether an execution of this statement was recorded in the open transaction. */
    boolean wasRecorded() {
        Recording recording = connection.knownRecording();
        return recording != null && recording.isOn() && recording.transaction() == executedIn;
    }

    void failed(SQLException e) {
        RecordedExecution execution = record();
        if (execution != null) {
            execution.failed(e);
        }
    }

    void rows() {
        RecordedExecution execution = record();
        Recording recording = connection.recording();
        if (execution != null && recording != null) {
            String sequence = execution.drawnFrom(recording.dialect);
            if (sequence == null) {
                execution.answeredRows(new SeenRows(recording));
                return;
            }
            DrawnKeys keys = connection.traffic.drawnKeys();
            recording.draws(keys);
            keys.drew(sequence);
            execution.answeredRows(SeenRows.ofDraw(recording, sequence, connection.traffic.primaryServer()));
        }
    }

    void count(long count) {
        RecordedExecution execution = record();
        if (execution != null) {
            execution.answeredCount(Math.max(count, 0));
        }
    }

    void counts(long[] counts) {
        RecordedExecution execution = record();
        if (execution != null) {
            execution.answeredCounts(counts);
        }
    }

    /** The application reads the rows that the last execution gave. */
    void read(LogicalResultSet result) {
        RecordedExecution execution = recorded;
        if (execution == null || execution.seen == null) {
            return;
        }
        if (execution.seen.result == null) {
            result.sees(execution.seen);
            return;
        }
        Recording recording = connection.recording();
        if (recording != null && recording.transaction() == recordedIn) {
            // The same rows once more, in another object of the pool's or the driver's.
            recording.off(ReplayOff.UNREADABLE);
        }
    }

    /** The application has read the warnings of the last execution. */
    void warned(@Nullable SQLWarning first) {
        RecordedExecution execution = recorded;
        Recording recording = connection.recording();
        if (execution != null && recording != null && recording.transaction() == recordedIn) {
            execution.warned(first);
        }
    }

    /** The application reads the keys that the last execution generated. */
    void keys(LogicalResultSet generated) {
        RecordedExecution execution = recorded;
        Recording recording = connection.recording();
        if (execution == null || recording == null || recording.transaction() != recordedIn) {
            return;
        }
        if (execution.seenKeys != null) {
            recording.off(ReplayOff.UNREADABLE);
            return;
        }
        execution.seenKeys = new SeenRows(recording);
        generated.sees(execution.seenKeys);
    }
}
