package io.switchover4j.internal.journal;

import io.switchover4j.spi.JournalException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The layout of the file, all numbers big-endian. Header: magic (8), version (4), CRC32C of both (4); that much is the same
 * in every version. Then frames: length of the payload (4), its complement (4), CRC32C of the payload (4), payload. A
 * payload is what was forced at once: one record or more, each behind its length (4).
 *
 * <p>The length has a check of its own, so that a damaged length is told from a frame whose end was never written.
 */
final class Format {

    static final int VERSION = 1;
    static final int HEADER_LENGTH = 16;
    static final int FRAME_HEADER_LENGTH = 12;

    /** Of one record, encoded: far more than any record of a switchover has. */
    static final int MAX_RECORD = 1 << 20;

    /** Of one frame: a full batch and one more record. */
    static final int MAX_PAYLOAD = 4 << 20;

    private static final byte[] MAGIC = "s4j-jrnl".getBytes(StandardCharsets.US_ASCII);

    private Format() {}

    static byte[] header() {
        return header(VERSION);
    }

    static byte[] header(int version) {
        ByteBuffer header = ByteBuffer.allocate(HEADER_LENGTH);
        header.put(MAGIC).putInt(version);
        header.putInt(crc(header.array(), 0, HEADER_LENGTH - 4));
        return header.array();
    }

    /**
     * @throws JournalException if this version cannot read what follows
     */
    static void requireHeader(Path file, byte[] header, int length) {
        if (length < HEADER_LENGTH) {
            throw Damage.found(file, 0, "the header is cut short: %d of %d bytes".formatted(length, HEADER_LENGTH), "");
        }
        if (!Arrays.equals(header, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw Damage.found(file, 0, "it does not begin as a journal of switchover4j does", "");
        }
        ByteBuffer numbers = ByteBuffer.wrap(header, MAGIC.length, 8);
        int version = numbers.getInt();
        if (numbers.getInt() != crc(header, 0, HEADER_LENGTH - 4)) {
            throw Damage.found(file, 0, "the checksum of the header does not match", "");
        }
        if (version != VERSION) {
            throw new JournalException(
                    ("The journal '%s' has the format version %d; this switchover4j knows version %d. Nothing was changed."
                                    + " Use the switchover4j that wrote it, or a newer one, or another directory")
                            .formatted(file, version, VERSION),
                    null);
        }
    }

    static byte[] frame(List<byte[]> records) {
        int length = records.stream().mapToInt(record -> 4 + record.length).sum();
        ByteBuffer frame = ByteBuffer.allocate(FRAME_HEADER_LENGTH + length);
        frame.position(FRAME_HEADER_LENGTH);
        records.forEach(record -> frame.putInt(record.length).put(record));
        frame.putInt(0, length);
        frame.putInt(4, ~length);
        frame.putInt(8, crc(frame.array(), FRAME_HEADER_LENGTH, length));
        return frame.array();
    }

    static int crc(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }
}
