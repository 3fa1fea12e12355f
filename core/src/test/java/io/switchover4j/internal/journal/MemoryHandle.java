package io.switchover4j.internal.journal;

import java.util.ArrayList;
import java.util.List;

/** A file that is only read, in memory; it remembers what was read. */
final class MemoryHandle implements Disk.Handle {

    /** The positions that were read, in order. */
    final List<Long> reads = new ArrayList<>();

    private final byte[] bytes;

    MemoryHandle(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public long length() {
        return bytes.length;
    }

    @Override
    public int read(long position, byte[] target, int length) {
        reads.add(position);
        int count = (int) Math.min(length, bytes.length - position);
        System.arraycopy(bytes, (int) position, target, 0, count);
        return count;
    }

    @Override
    public void write(long position, byte[] bytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void force() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void truncate(long length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
