package io.switchover4j.internal.journal;

import io.switchover4j.spi.JournalException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a directory for one journal at a time: inside this process by an entry of the system properties, which all class
 * loaders share, among processes by a lock on a file, which the operating system gives up however the process ends. The
 * file says in words who holds it.
 *
 * <p>Inside the process the file is not even opened: closing it would give up the lock that somebody else holds (POSIX).
 */
final class DirectoryLock implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DirectoryLock.class);
    private static final String FILE = "switchover4j.lock";
    private static final String PROPERTY = "io.switchover4j.journal.open:";
    private static final int LONGEST_NAME = 1024;

    private final Path directory;
    private final RandomAccessFile file;

    private DirectoryLock(Path directory, RandomAccessFile file) {
        this.directory = directory;
        this.file = file;
    }

    /**
     * @param directory its real path
     * @throws JournalException if another journal, here or in another process, has the directory
     */
    static DirectoryLock acquire(Path directory, Instant now) throws IOException {
        String holder = "process %d, since %s".formatted(ProcessHandle.current().pid(), now);
        String other =
                System.getProperties().putIfAbsent(PROPERTY + directory, holder) instanceof String text ? text : "";
        if (!other.isEmpty()) {
            throw inUse(directory, "a journal that is open in this process (%s)".formatted(other));
        }
        boolean interrupted = Thread.interrupted();
        try {
            return lock(directory, holder);
        } catch (IOException | RuntimeException | Error e) {
            System.getProperties().remove(PROPERTY + directory);
            throw e;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static DirectoryLock lock(Path directory, String holder) throws IOException {
        RandomAccessFile file = new RandomAccessFile(directory.resolve(FILE).toFile(), "rw");
        try {
            FileLock lock = file.getChannel().tryLock();
            if (lock == null) {
                byte[] words = new byte[LONGEST_NAME];
                int length = Math.max(0, file.read(words));
                String other = new String(words, 0, length, StandardCharsets.UTF_8).strip();
                throw inUse(directory, other.isEmpty() ? "a process that has not said who it is" : other);
            }
            file.setLength(0);
            file.write((holder + "\n").getBytes(StandardCharsets.UTF_8));
            return new DirectoryLock(directory, file);
        } catch (IOException | RuntimeException | Error e) {
            try {
                file.close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    private static JournalException inUse(Path directory, String by) {
        return new JournalException(
                "The journal directory '%s' is in use by %s. Nothing was changed. Close that one first, or use another directory; processes that share a journal need one in a database"
                        .formatted(directory, by),
                null);
    }

    /** Gives the directory free. */
    @Override
    public void close() {
        try {
            file.setLength(0);
        } catch (IOException e) {
            log.debug("The lock file in '{}' keeps the name of its last holder", directory, e);
        }
        try {
            file.close();
        } catch (IOException e) {
            log.warn("The lock of the journal directory '{}' stays with this process until it ends", directory, e);
        }
        System.getProperties().remove(PROPERTY + directory);
    }
}
