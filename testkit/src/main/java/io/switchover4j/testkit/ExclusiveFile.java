package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;

/** Critical sections across threads and JVMs, named by a lock file. */
final class ExclusiveFile {

    // Closing any channel of a file gives up every lock this process has on it: one thread of this JVM at a time.
    private static final ReentrantLock THREADS = new ReentrantLock();

    private ExclusiveFile() {}

    /** What is done while the file is locked. */
    interface Work<T> {
        T run() throws IOException;
    }

    static <T> T locked(Path file, Work<T> work) throws IOException {
        THREADS.lock();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.lock();
            return work.run();
        } finally {
            THREADS.unlock();
        }
    }
}
