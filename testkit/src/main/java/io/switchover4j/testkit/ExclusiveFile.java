package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;

/** A critical section across threads and JVMs, named by a lock file. Use with try-with-resources. */
final class ExclusiveFile implements AutoCloseable {

    // Closing any channel of a file gives up every lock this process has on it: one thread of this JVM at a time.
    private static final ReentrantLock THREADS = new ReentrantLock();

    private final FileChannel channel;

    private ExclusiveFile(FileChannel channel) {
        this.channel = channel;
    }

    static ExclusiveFile lock(Path file) throws IOException {
        THREADS.lock();
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel.lock();
            return new ExclusiveFile(channel);
        } catch (IOException | RuntimeException e) {
            if (channel != null) {
                channel.close();
            }
            THREADS.unlock();
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            THREADS.unlock();
        }
    }
}
