package io.switchover4j.internal.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The real file system, which remembers what was done to it, and fails what the test names. Confined to one thread. */
final class RecordingDisk implements Disk {

    /** Everything that changes something, for example {@code force switchover4j.journal}. */
    final List<String> done = new ArrayList<>();

    int open;

    private final Set<String> full = new HashSet<>();
    private final Map<String, Integer> failing = new HashMap<>();
    private final Disk disk = new RealDisk();

    /** The next so many calls with this name fail. */
    RecordingDisk fail(String call, int times) {
        failing.put(call, times);
        return this;
    }

    /** Every call with this name finds the disk full. */
    RecordingDisk full(String call) {
        full.add(call);
        return this;
    }

    private void call(String what) throws IOException {
        done.add(what);
        if (full.contains(what)) {
            throw new IOException("No space left on device");
        }
        if (failing.merge(what, -1, Integer::sum) >= 0) {
            throw new IOException("Input/output error");
        }
    }

    @Override
    public Handle open(Path file) throws IOException {
        call("open " + file.getFileName());
        return new RecordingHandle(disk.open(file), file);
    }

    @Override
    public Handle openForReading(Path file) throws IOException {
        return new RecordingHandle(disk.openForReading(file), file);
    }

    @Override
    public boolean exists(Path file) {
        return disk.exists(file);
    }

    @Override
    public Object identity(Path file) throws IOException {
        return disk.identity(file);
    }

    @Override
    public void deleteIfExists(Path file) throws IOException {
        call("delete " + file.getFileName());
        disk.deleteIfExists(file);
    }

    @Override
    public void replace(Path from, Path to) throws IOException {
        call("replace " + to.getFileName());
        disk.replace(from, to);
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        call("force directory");
    }

    private final class RecordingHandle implements Handle {

        private final Handle handle;
        private final Path file;

        RecordingHandle(Handle handle, Path file) {
            this.handle = handle;
            this.file = file;
            open++;
        }

        private void call(String what) throws IOException {
            RecordingDisk.this.call(what + " " + file.getFileName());
        }

        @Override
        public long length() throws IOException {
            return handle.length();
        }

        @Override
        public int read(long position, byte[] target, int length) throws IOException {
            return handle.read(position, target, length);
        }

        @Override
        public void write(long position, byte[] bytes) throws IOException {
            call("write");
            handle.write(position, bytes);
        }

        @Override
        public void force() throws IOException {
            call("force");
        }

        @Override
        public void truncate(long length) throws IOException {
            call("truncate");
            handle.truncate(length);
        }

        @Override
        public void close() throws IOException {
            open--;
            handle.close();
            call("close");
        }
    }
}
