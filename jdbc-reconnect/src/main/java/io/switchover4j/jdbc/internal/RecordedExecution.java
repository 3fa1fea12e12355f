package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import java.sql.BatchUpdateException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The execution of a statement or a batch. */
final class RecordedExecution implements Recorded {

    private static final long ROWS = -1;
    private static final long FAILED = -2;
    private static final long COUNTS = -3;

    final LogicalStatement statement;
    private final String sql;
    private final Call call;
    private final @Nullable Object keys;
    private final @Nullable Parameters parameters;
    private final @Nullable List<Object> batch;

    /** An update count, or one of the constants. */
    private long outcome;

    /** The counts of a batch, or what was seen of a failure. */
    private @Nullable Object detail;

    /** The warnings that were read of it; null if they were not. */
    private @Nullable String warnings;

    /** What was seen of its rows, or of the keys that it generated. */
    @Nullable
    SeenRows seen;

    @Nullable
    SeenRows seenKeys;

    RecordedExecution(
            LogicalStatement statement,
            String sql,
            Call call,
            @Nullable Object keys,
            @Nullable Parameters parameters,
            @Nullable List<Object> batch) {
        this.statement = statement;
        this.sql = sql;
        this.call = call;
        this.keys = keys;
        this.parameters = parameters;
        this.batch = batch;
    }

    void answeredCount(long count) {
        outcome = count;
    }

    void answeredRows(SeenRows rows) {
        outcome = ROWS;
        seen = rows;
    }

    void answeredCounts(long[] counts) {
        outcome = COUNTS;
        detail = counts;
    }

    void failed(SQLException e) {
        outcome = FAILED;
        detail = seenOf(e);
    }

    /** The application has read its warnings; that it cleared them afterwards does not take back what they said. */
    void warned(@Nullable SQLWarning first) {
        if (warnings == null || first != null) {
            warnings = seenOf(first);
        }
    }

    /** What an application may act upon. */
    private static String seenOf(@Nullable SQLException first) {
        if (first == null) {
            return "";
        }
        var seen = new StringBuilder();
        for (SQLException e = first; e != null; e = e.getNextException()) {
            seen.append(e.getSQLState()).append(' ').append(e.getMessage()).append('\n');
            if (e instanceof BatchUpdateException batch) {
                seen.append(Arrays.toString(batch.getLargeUpdateCounts()));
            }
        }
        return seen.toString();
    }

    /** The sequence from which it draws a number, if it does nothing else. */
    @Nullable
    String drawnFrom(ReplayDialect dialect) {
        return batch == null ? dialect.drawnFrom(sql, parameters) : null;
    }

    /** About how much memory it holds beyond its own fields. */
    int bytes() {
        int bytes = parameters == null ? sql.length() : parameters.bytes();
        if (batch != null) {
            for (Object element : batch) {
                bytes += element instanceof Parameters row
                        ? row.bytes()
                        : String.valueOf(element).length();
            }
        }
        return bytes;
    }

    /** Why it cannot be done once more; null if it can. */
    @Nullable
    ReplayOff whyNotRepeatable() {
        ReplayOff why = parameters == null ? null : parameters.whyNotRepeatable();
        if (batch != null) {
            for (Object element : batch) {
                if (why == null && element instanceof Parameters row) {
                    why = row.whyNotRepeatable();
                }
            }
        }
        return why;
    }

    @Override
    public void replay(ReplayRun run) throws SQLException {
        Statement physical = run.statementFor(statement);
        boolean rows;
        long count = 0;
        long[] counts = null;
        try {
            if (batch != null) {
                counts = executeBatch(physical);
                rows = false;
            } else {
                rows = execute(physical);
                count = rows ? 0 : Math.max(physical.getUpdateCount(), 0);
            }
        } catch (SQLException e) {
            if (outcome == FAILED && seenOf(e).equals(detail)) {
                compareWarnings(run, physical);
                return;
            }
            if (run.isLost(e)) {
                throw e;
            }
            throw differs(run, outcome == FAILED ? "failed in another way" : "failed", e);
        }
        if (outcome == FAILED) {
            throw differs(run, "did not fail again", null);
        }
        if (outcome == COUNTS ? !Arrays.equals(counts, (long[]) detail) : rows != (outcome == ROWS)) {
            throw differs(run, "gave another kind of answer or other update counts", null);
        }
        if (outcome >= 0 && count != outcome) {
            throw differs(run, "changed %d rows instead of %d".formatted(count, outcome), null);
        }
        if (seen != null) {
            compareRows(run, seen, physical.getResultSet(), true);
        }
        if (seenKeys != null) {
            compareRows(run, seenKeys, physical.getGeneratedKeys(), false);
        }
        compareWarnings(run, physical);
    }

    private void compareWarnings(ReplayRun run, Statement physical) throws SQLException {
        if (warnings != null && !warnings.equals(seenOf(physical.getWarnings()))) {
            throw differs(run, "gave other warnings", null);
        }
    }

    private boolean execute(Statement physical) throws SQLException {
        if (physical instanceof PreparedStatement prepared && parameters != null) {
            parameters.replaceIn(prepared);
            return prepared.execute();
        } else if (keys instanceof Integer constant) {
            return physical.execute(sql, constant);
        } else if (keys instanceof int[] indexes) {
            return physical.execute(sql, indexes);
        } else if (keys instanceof String[] names) {
            return physical.execute(sql, names);
        }
        return physical instanceof PreparedStatement prepared ? prepared.execute() : physical.execute(sql);
    }

    private long[] executeBatch(Statement physical) throws SQLException {
        for (Object element : Objects.requireNonNull(batch)) {
            if (element instanceof Parameters row) {
                row.replaceIn((PreparedStatement) physical);
                ((PreparedStatement) physical).addBatch();
            } else {
                physical.addBatch((String) element);
            }
        }
        return widened(physical.executeBatch());
    }

    static long[] widened(int[] counts) {
        return Arrays.stream(counts).asLongStream().toArray();
    }

    private void compareRows(ReplayRun run, SeenRows before, @Nullable ResultSet fresh, boolean ofStatement)
            throws SQLException {
        if (fresh == null) {
            throw differs(run, "gave no rows", null);
        }
        LogicalResultSet reader = before.result;
        boolean open = reader != null && reader.isBeingRead();
        DrawnNumber held = before.drawn();
        if (held != null) {
            if (!fresh.next()) {
                throw differs(run, "drew nothing", null);
            }
            long again = fresh.getLong(1);
            if (!run.dialect.keepsDrawn(run.drawingAgain(), held, again)) {
                throw differs(run, "drew %d, and %d may be given to others".formatted(again, held.number()), null);
            }
            // The number that the application holds stays valid, and so does the row that it reads it from.
            if (reader != null) {
                run.outlives(reader);
            }
            return;
        }
        String difference = before.compare(fresh);
        if (difference != null) {
            throw differs(run, "gave " + difference, null);
        }
        if (open && reader != null) {
            run.moves(reader, fresh, ofStatement);
        }
    }

    private ReplayDiffersException differs(ReplayRun run, String how, @Nullable SQLException cause) {
        return new ReplayDiffersException(
                "call %d, '%s', %s%s"
                        .formatted(
                                run.position(),
                                SqlText.headline(sql),
                                how,
                                cause == null ? "" : " (" + cause.getSQLState() + ")"),
                cause);
    }

    @Override
    public String toString() {
        return call + " " + SqlText.headline(sql);
    }
}
