package io.switchover4j.internal.journal;

import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reads a whole journal, from its header to its last whole frame.
 *
 * @param index every record that is there
 * @param end where the last whole frame ends
 * @param cutShort bytes after it, of a write that a crash cut short; 0 if there are none
 */
record Scan(Index index, long end, long cutShort) {

    /**
     * @throws JournalException if the file is no journal, is damaged, or was written in a newer format
     */
    static Scan of(Path file, Disk.Handle handle) throws IOException {
        long length = handle.length();
        byte[] header = new byte[Format.HEADER_LENGTH];
        Format.requireHeader(file, header, handle.read(0, header, Format.HEADER_LENGTH));

        Index index = new Index();
        FrameReader reader = new FrameReader(file, handle, length);
        long position = Format.HEADER_LENGTH;
        while (position < length) {
            FrameReader.Result result = reader.at(position);
            if (result.frame().isEmpty()) {
                requireCutShort(file, reader, position, result);
                return new Scan(index, position, length - position);
            }
            Frame frame = result.frame().orElseThrow();
            List<JournalRecord> records = reader.decode(frame);
            for (int number = 0; number < records.size(); number++) {
                JournalRecord record = records.get(number);
                requireNext(file, index, position, record);
                index.add(record, Frame.place(position, number));
            }
            position = frame.end();
        }
        return new Scan(index, position, 0);
    }

    /** No append keeps a number that is not greater than the one before: what stands there was not written by us. */
    private static void requireNext(Path file, Index index, long position, JournalRecord record) {
        OptionalLong newest = index.newestSequence(record.instanceId(), record.operationId());
        if (newest.isPresent() && record.sequence() <= newest.getAsLong()) {
            throw Damage.found(
                    file,
                    position,
                    "a record of switchover %s of '%s' has the number %d after the number %d"
                            .formatted(
                                    record.operationId(), record.instanceId(), record.sequence(), newest.getAsLong()),
                    "");
        }
    }

    /** Each frame was forced before the next one was begun: only the last can be cut short. */
    private static void requireCutShort(Path file, FrameReader reader, long position, FrameReader.Result result)
            throws IOException {
        Optional<Long> next = reader.nextWhole(position);
        boolean cutShort = switch (result.cause()) {
            case CUT_SHORT -> true;
            case UNCLEAR -> reader.hasUnwrittenSector(position);
            case NONE, DAMAGE -> false;
        };
        if (!cutShort || next.isPresent()) {
            throw Damage.found(
                    file,
                    position,
                    result.problem(),
                    next.map(offset -> "The next whole record is at offset " + offset)
                            .orElse("No whole record follows"));
        }
    }
}
