package io.switchover4j.internal.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * The real file system, until a call that the test chooses; a failing write leaves half of it behind. Nothing is forced: what
 * a machine loses cannot be tested here, and tests are quick without.
 */
final class FaultyDisk implements Disk {

    /** The end of the process, as far as the disk can tell. */
    static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    private final Disk disk = new RealDisk();
    private final IntPredicate fails;
    private final boolean crashes;
    private int calls;
    private boolean crashed;

    private FaultyDisk(IntPredicate fails, boolean crashes) {
        this.fails = fails;
        this.crashes = crashes;
    }

    /** Nothing but counts. */
    static FaultyDisk healthy() {
        return new FaultyDisk(call -> false, false);
    }

    /** Fails the calls, counted from 0, that the predicate names. */
    static FaultyDisk failing(IntPredicate calls) {
        return new FaultyDisk(calls, false);
    }

    /** Does nothing from that call on. */
    static FaultyDisk crashingAt(int call) {
        return new FaultyDisk(other -> other == call, true);
    }

    boolean isCrashed() {
        return crashed;
    }

    int calls() {
        return calls;
    }

    private void call() throws IOException {
        if (crashed) {
            throw new Crash();
        }
        if (fails.test(calls++)) {
            if (crashes) {
                crashed = true;
                throw new Crash();
            }
            throw new IOException("Input/output error");
        }
    }

    @Override
    public Handle open(Path file) throws IOException {
        call();
        return new FaultyHandle(disk.open(file));
    }

    @Override
    public Handle openForReading(Path file) throws IOException {
        call();
        return new FaultyHandle(disk.openForReading(file));
    }

    @Override
    public boolean exists(Path file) {
        return disk.exists(file);
    }

    @Override
    public Object identity(Path file) throws IOException {
        call();
        return disk.identity(file);
    }

    @Override
    public void deleteIfExists(Path file) throws IOException {
        call();
        disk.deleteIfExists(file);
    }

    @Override
    public void replace(Path from, Path to) throws IOException {
        call();
        disk.replace(from, to);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        call();
    }

    private final class FaultyHandle implements Handle {

        private final Handle handle;

        private FaultyHandle(Handle handle) {
            this.handle = handle;
        }

        @Override
        public long length() throws IOException {
            call();
            return handle.length();
        }

        @Override
        public int read(long position, byte[] target, int length) throws IOException {
            call();
            return handle.read(position, target, length);
        }

        @Override
        public void write(long position, byte[] bytes) throws IOException {
            boolean aliveBefore = !crashed;
            try {
                call();
            } catch (IOException | Crash e) {
                if (aliveBefore) {
                    handle.write(position, Arrays.copyOf(bytes, bytes.length / 2));
                }
                throw e;
            }
            handle.write(position, bytes);
        }

        @Override
        public void force() throws IOException {
            call();
        }

        @Override
        public void truncate(long length) throws IOException {
            call();
            handle.truncate(length);
        }

        @Override
        public void close() throws IOException {
            handle.close();
        }
    }
}
