package io.switchover4j.internal.journal;

import io.switchover4j.spi.JournalRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Writes the records that are worth keeping to a new file. */
final class Compaction {

    private static final int CHUNK = 1 << 16;

    private final Disk.Handle target;
    private final Index index = new Index();
    private final ByteArrayOutputStream chunk = new ByteArrayOutputStream(2 * CHUNK);
    private long end;

    private Compaction(Disk.Handle target) {
        this.target = target;
    }

    /** Copies the records at these places, in this order, to an empty file, and forces it. */
    static Result copy(Path source, Disk.Handle from, long length, long[] places, Disk.Handle target)
            throws IOException {
        FrameReader reader = new FrameReader(source, from, length);
        Compaction compaction = new Compaction(target);
        compaction.put(Format.header());
        for (long place : places) {
            JournalRecord record = reader.record(place);
            compaction.index.add(record, Frame.place(compaction.end, 0));
            compaction.put(Format.frame(List.of(RecordCodec.encode(record))));
        }
        compaction.flush();
        target.force();
        return new Result(compaction.index, compaction.end);
    }

    private void put(byte[] bytes) throws IOException {
        chunk.writeBytes(bytes);
        end += bytes.length;
        if (chunk.size() >= CHUNK) {
            flush();
        }
    }

    private void flush() throws IOException {
        target.write(end - chunk.size(), chunk.toByteArray());
        chunk.reset();
    }

    /** What the new file holds, and its length. */
    record Result(Index index, long end) {}
}
