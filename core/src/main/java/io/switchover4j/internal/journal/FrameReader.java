package io.switchover4j.internal.journal;

import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Reads frames of one file, near ones from memory. Not thread-safe. */
final class FrameReader {

    private static final int WINDOW = 1 << 16;
    private static final int SECTOR = 512;

    /** Fewer zeros than these end healthy frames as well. */
    private static final int SMALLEST_SIGN = 9;

    private final Path file;
    private final Disk.Handle handle;
    private final long length;
    private byte[] window = new byte[WINDOW];
    private long windowStart;
    private int windowLength;

    FrameReader(Path file, Disk.Handle handle, long length) {
        this.file = file;
        this.handle = handle;
        this.length = length;
    }

    /** The frame there, or why there is none; a position before the end of the file. */
    Result at(long position) throws IOException {
        if (length - position < Format.FRAME_HEADER_LENGTH) {
            return Result.bad("a frame ends within its header", Cause.CUT_SHORT);
        }
        ByteBuffer header = bytes(position, Format.FRAME_HEADER_LENGTH);
        int size = header.getInt();
        int check = header.getInt();
        int crc = header.getInt();
        if (size != ~check || size < 0 || size > Format.MAX_PAYLOAD) {
            return Result.bad("no frame begins there", Cause.UNCLEAR);
        }
        long end = position + Format.FRAME_HEADER_LENGTH + size;
        if (end > length) {
            return Result.bad("a frame of %d bytes is cut short".formatted(size), Cause.CUT_SHORT);
        }
        byte[] payload = new byte[size];
        bytes(position + Format.FRAME_HEADER_LENGTH, size).get(payload);
        if (crc != Format.crc(payload, 0, size)) {
            return Result.bad(
                    "the checksum of a frame of %d bytes does not match".formatted(size),
                    end == length ? Cause.UNCLEAR : Cause.DAMAGE);
        }
        return new Result(Optional.of(new Frame(position, end, payload)), "", Cause.NONE);
    }

    /**
     * One record.
     *
     * @throws JournalException if it is not whole any more
     */
    JournalRecord record(long place) throws IOException {
        Result result = at(Frame.positionOf(place));
        List<JournalRecord> records = decode(result.frame()
                .orElseThrow(
                        () -> Damage.found(file, Frame.positionOf(place), result.problem(), "It was whole before")));
        return records.get(Frame.numberOf(place));
    }

    /**
     * The records of a frame whose checksum matches.
     *
     * @throws JournalException if they cannot be understood
     */
    List<JournalRecord> decode(Frame frame) {
        try {
            return frame.records();
        } catch (IllegalArgumentException e) {
            throw new JournalException(
                    "The journal '%s' holds at offset %d what this switchover4j does not understand: %s. Nothing was changed. Use the switchover4j that wrote it, or a newer one"
                            .formatted(file, frame.position(), e.getMessage()),
                    e);
        }
    }

    /** Where the next whole frame after a position begins. */
    Optional<Long> nextWhole(long after) throws IOException {
        for (long position = after + 1; position <= length - Format.FRAME_HEADER_LENGTH; position++) {
            if (at(position).frame().isPresent()) {
                return Optional.of(position);
            }
        }
        return Optional.empty();
    }

    /**
     * Whether a sector from the position to the end of the file is all zeros: the mark of a write that the power cut short
     * after the file had grown.
     */
    boolean hasUnwrittenSector(long position) throws IOException {
        long rest = length - position;
        if (rest > Format.MAX_PAYLOAD) {
            return false;
        }
        ByteBuffer bytes = bytes(position, (int) rest);
        int inSector = (int) (position % SECTOR);
        while (bytes.hasRemaining()) {
            int chunk = Math.min(SECTOR - inSector, bytes.remaining());
            boolean zeros = chunk >= SMALLEST_SIGN;
            for (int i = 0; i < chunk; i++) {
                zeros &= bytes.get() == 0;
            }
            if (zeros) {
                return true;
            }
            inSector = 0;
        }
        return false;
    }

    private ByteBuffer bytes(long position, int count) throws IOException {
        if (position < windowStart || position + count > windowStart + windowLength) {
            if (count > window.length) {
                window = new byte[count];
            }
            windowStart = position;
            windowLength = handle.read(position, window, (int) Math.min(window.length, length - position));
            if (windowLength < count) {
                throw new IOException("the file '%s' became shorter while it was read".formatted(file));
            }
        }
        return ByteBuffer.wrap(window, (int) (position - windowStart), count);
    }

    /** Why there is no frame. */
    enum Cause {
        NONE,
        /** The file ends too early: the last write before a crash. */
        CUT_SHORT,
        /** The last write before a crash if a sector of it was never written, else damage. */
        UNCLEAR,
        DAMAGE
    }

    /** @param problem why there is no frame, in words */
    record Result(Optional<Frame> frame, String problem, Cause cause) {

        static Result bad(String problem, Cause cause) {
            return new Result(Optional.empty(), problem, cause);
        }
    }
}
