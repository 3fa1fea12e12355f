package io.switchover4j.internal.journal;

import io.switchover4j.spi.JournalRecord;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What stands at a position of the file.
 *
 * @param end where the next frame begins, or would begin
 */
record Frame(long position, long end, byte[] payload) {

    /** How many records a frame may hold, so that a position and a number within the frame fit into a long. */
    static final int MAX_RECORDS = 1 << 12;

    /** A record's place in the file: that of its frame, and its number within. */
    static long place(long position, int number) {
        return position << 12 | number;
    }

    static long positionOf(long place) {
        return place >>> 12;
    }

    static int numberOf(long place) {
        return (int) (place & (MAX_RECORDS - 1));
    }

    /**
     * The records, in order.
     *
     * @throws IllegalArgumentException if the payload does not consist of records
     */
    List<JournalRecord> records() {
        List<JournalRecord> records = new ArrayList<>(1);
        ByteBuffer in = ByteBuffer.wrap(payload);
        while (in.hasRemaining()) {
            int length = in.remaining() < 4 ? -1 : in.getInt();
            if (length < 0 || length > in.remaining()) {
                throw new IllegalArgumentException("record %d ends too early".formatted(records.size()));
            }
            records.add(RecordCodec.decode(in.slice(in.position(), length)));
            in.position(in.position() + length);
        }
        return records;
    }
}
