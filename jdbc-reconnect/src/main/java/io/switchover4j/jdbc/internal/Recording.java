package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the open transaction of a connection did and saw, so that it can be done again. One for each logical connection, used
 * for one transaction after the other; confined to the connection's thread.
 */
final class Recording {

    private static final int MOST_ROWS = 10_000;
    private static final long MOST_ROW_BYTES = 1 << 20;
    private static final int CALL_BYTES = 96;

    final ReplayDialect dialect;
    private final ReplayOptions options;
    private final List<Recorded> calls = new ArrayList<>();
    private int bytes;
    private int rows;
    private long rowBytes;
    private int transaction;

    /** Why the open transaction is not recorded any more. */
    private @Nullable ReplayOff off;

    /** The application switched replay off, until the end of the transaction or of the request. */
    private boolean disabled;

    private boolean inRequest;

    /** The open transaction drew a number from a sequence. */
    private boolean draws;

    private @Nullable DrawnKeys keys;
    private final List<SeenRows> drawnRows = new ArrayList<>(0);

    /** How many times the open transaction was replayed. */
    private int replays;

    Recording(ReplayDialect dialect, ReplayOptions options) {
        this.dialect = dialect;
        this.options = options;
    }

    /** Whether what happens now shall be recorded. */
    boolean isOn() {
        return off == null && !disabled;
    }

    @Nullable
    ReplayOff whyOff() {
        return disabled ? ReplayOff.APPLICATION : off;
    }

    /** Tells one transaction from the next. */
    int transaction() {
        return transaction;
    }

    /** What happened so far; to be left as it is. */
    List<Recorded> calls() {
        return calls;
    }

    void add(Recorded call, int extraBytes) {
        bytes += CALL_BYTES + extraBytes;
        if (bytes > options.limitBytes()) {
            off(ReplayOff.LIMIT);
        } else {
            calls.add(call);
        }
    }

    /** The application stepped over one more row. */
    void saw(long newBytes) {
        rowBytes += newBytes;
        if (++rows > MOST_ROWS || rowBytes > MOST_ROW_BYTES) {
            off(ReplayOff.ROWS);
        }
    }

    /** From here on the open transaction cannot be replayed. */
    void off(ReplayOff reason) {
        if (off == null) {
            off = reason;
            options.counters().switchedOff(reason);
        }
        calls.clear();
        forgetDrawn();
    }

    void draws(DrawnKeys where) {
        draws = true;
        keys = where;
    }

    /** The application has read a number that was drawn. */
    void drew(SeenRows row, DrawnNumber number) {
        DrawnKeys where = keys;
        if (where != null) {
            drawnRows.add(row);
            where.opened(row, number);
        }
    }

    private void forgetDrawn() {
        DrawnKeys where = keys;
        if (where != null) {
            drawnRows.forEach(where::closed);
            drawnRows.clear();
        }
    }

    boolean hasDrawn() {
        return draws;
    }

    void disable() {
        disabled = true;
        calls.clear();
        forgetDrawn();
    }

    int replayedOnceMore() {
        return ++replays;
    }

    /** The transaction is over. */
    void clear() {
        transaction++;
        calls.clear();
        forgetDrawn();
        bytes = 0;
        rows = 0;
        rowBytes = 0;
        replays = 0;
        draws = false;
        off = null;
        disabled &= inRequest;
    }

    void beginRequest() {
        inRequest = true;
    }

    /** Takes back what was asked for within the request, unless a transaction outlives it. */
    void endRequest(boolean transactionOpen) {
        inRequest = false;
        disabled &= transactionOpen;
    }
}
