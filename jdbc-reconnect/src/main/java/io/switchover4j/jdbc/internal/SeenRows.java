package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What the application has seen of one result: the rows that it stepped over, in order, and whether it saw the end. Rows that
 * the driver fetched and the application did not step over are not part of it.
 */
final class SeenRows {

    private final Recording recording;

    /** The transaction in which it came. */
    private final int transaction;

    private final RowDigest digest = new RowDigest();
    private byte @Nullable [] columns;
    private int rows;
    private boolean end;

    /** Where the query does nothing but draw a number: from which sequence, and of which server. */
    private final @Nullable String sequence;

    private final String server;
    private long drawn;

    /** Where the application reads it; null until it asks for it. */
    @Nullable
    LogicalResultSet result;

    SeenRows(Recording recording) {
        this(recording, null, "");
    }

    private SeenRows(Recording recording, @Nullable String sequence, String server) {
        this.recording = recording;
        this.transaction = recording.transaction();
        this.sequence = sequence;
        this.server = server;
    }

    /** The row of a query that does nothing but draw a number from {@code sequence}, which {@code server} gave. */
    static SeenRows ofDraw(Recording recording, String sequence, String server) {
        return new SeenRows(recording, sequence, server);
    }

    /** {@code physical} was moved on to its next row, or to its end. */
    void stepped(ResultSet physical, boolean more) {
        if (!recording.isOn() || recording.transaction() != transaction) {
            return;
        }
        if (!more) {
            end = true;
            return;
        }
        long before = digest.bytes();
        try {
            if (sequence != null) {
                drawn = physical.getLong(1);
                recording.drew(this, new DrawnNumber(sequence, drawn, server));
            } else if (!read(physical, digest)) {
                recording.off(ReplayOff.CURSOR);
            }
        } catch (SQLException | RuntimeException e) {
            recording.off(ReplayOff.UNREADABLE);
        }
        rows++;
        recording.saw(digest.bytes() - before);
    }

    private boolean read(ResultSet physical, RowDigest into) throws SQLException {
        byte[] known = columns;
        if (known == null) {
            known = recording.dialect.columns(physical);
            columns = known;
        }
        if (known == null) {
            return false;
        }
        recording.dialect.read(physical, known, into);
        return true;
    }

    /** The number that was drawn and read; null if it is none. */
    @Nullable
    DrawnNumber drawn() {
        return sequence == null || rows == 0 ? null : new DrawnNumber(sequence, drawn, server);
    }

    /** Steps {@code fresh} to the same place; returns what is different, null if nothing is. */
    @Nullable
    String compare(ResultSet fresh) throws SQLException {
        if (rows == 0 && !end) {
            return null;
        }
        byte[] fromNow = recording.dialect.columns(fresh);
        if (fromNow == null || rows > 0 && columns != null && columns.length != fromNow.length) {
            return "other columns";
        }
        RowDigest again = new RowDigest();
        for (int row = 0; row < rows; row++) {
            if (!fresh.next()) {
                return "only %d of the %d rows that were read".formatted(row, rows);
            }
            recording.dialect.read(fresh, fromNow, again);
        }
        if (again.hash() != digest.hash()) {
            return "other rows";
        }
        return end && fresh.next() ? "more rows than the %d before".formatted(rows) : null;
    }
}
