package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.NodeControl;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * What a server keeps about itself in {@code global/pg_control}; readable also when the server does not run. Immutable.
 *
 * @param systemIdentifier the same for all copies of one database cluster
 * @param version the version of the file's layout
 * @param state what the server was doing when it wrote the file
 * @param checkpoint where the last checkpoint record begins
 * @param timeline the timeline of that record
 */
record PgControl(long systemIdentifier, int version, State state, Lsn checkpoint, int timeline) {

    static final String FILE = "global/pg_control";

    /** The layout up to the checkpoint's timeline has been the same since version 9.5; only what follows has changed. */
    private static final int FIXED_PART = 56;

    private static final int LONGEST = 512;

    /** In the order of {@code DBState}. */
    enum State {
        STARTING_UP,
        SHUT_DOWN,
        SHUT_DOWN_IN_RECOVERY,
        SHUTTING_DOWN,
        IN_CRASH_RECOVERY,
        IN_ARCHIVE_RECOVERY,
        IN_PRODUCTION
    }

    /** Whether the server was stopped as a primary, with everything written out. */
    boolean isShutDown() {
        return state == State.SHUT_DOWN;
    }

    /** Whether the server runs as a standby, or was stopped as one. */
    boolean isStandby() {
        return state == State.IN_ARCHIVE_RECOVERY || state == State.SHUT_DOWN_IN_RECOVERY;
    }

    static PgControl read(NodeControl control) {
        byte[] bytes;
        try {
            bytes = control.read(FILE);
        } catch (IOException e) {
            throw new BackendException(
                    "File '%s' of node '%s' could not be read: %s".formatted(FILE, control.nodeId(), e), e);
        }
        try {
            return parse(bytes);
        } catch (IllegalArgumentException e) {
            throw new BackendException("File '%s' of node '%s' could not be understood: %s"
                    .formatted(FILE, control.nodeId(), e.getMessage()));
        }
    }

    /**
     * @throws IllegalArgumentException if the bytes are no whole control file; also when they were read in the middle of a
     *     write: read again
     */
    static PgControl parse(byte[] bytes) {
        if (bytes.length < FIXED_PART) {
            throw new IllegalArgumentException("it has %d bytes only".formatted(bytes.length));
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (Integer.compareUnsigned(buffer.getInt(8), 0xFFFF) > 0) {
            buffer.order(ByteOrder.BIG_ENDIAN);
        }
        if (!hasChecksum(buffer)) {
            throw new IllegalArgumentException("its checksum does not match");
        }
        int state = buffer.getInt(16);
        if (state < 0 || state >= State.values().length) {
            throw new IllegalArgumentException("its state is %d".formatted(state));
        }
        return new PgControl(
                buffer.getLong(0),
                buffer.getInt(8),
                State.values()[state],
                new Lsn(buffer.getLong(32)),
                buffer.getInt(48));
    }

    /** The checksum is the last field, so its place depends on the version: it is looked for instead. */
    private static boolean hasChecksum(ByteBuffer buffer) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.array(), 0, FIXED_PART);
        for (int at = FIXED_PART; at + 4 <= Math.min(buffer.limit(), LONGEST); at += 4) {
            if ((int) crc.getValue() == buffer.getInt(at)) {
                return true;
            }
            crc.update(buffer.array(), at, 4);
        }
        return false;
    }
}
