package io.switchover4j.internal.journal;

import io.switchover4j.spi.JournalException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a directory for one journal at a time: inside this process by an entry of the system properties, which all class
 * loaders share, among processes by a lock on a file, which the operating system gives up however the process ends. The
 * file says in words who holds it.
 *
 * <p>Inside the process the file is not even opened: closing it would give up the lock that somebody else holds (POSIX).
 * Where that is found out only by opening it (the properties were replaced, the directory has two names), it is never closed.
 */
final class DirectoryLock implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DirectoryLock.class);
    private static final String FILE = "switchover4j.lock";
    private static final String PROPERTY = "io.switchover4j.journal.open:";
    private static final int LONGEST_NAME = 1024;

    /**
     * Files on which somebody else in this process turned out to hold the lock, although the system properties do not tell of
     * him: closing one would give up his lock. The next attempt takes it from here, so that there is one per directory.
     */
    private static final Queue<KeptOpen> KEPT_OPEN = new ConcurrentLinkedQueue<>();

    private record KeptOpen(Object identity, RandomAccessFile file) {}

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
        Path path = directory.resolve(FILE);
        RandomAccessFile file = keptOpen(path);
        boolean close = true;
        try {
            FileLock lock = file.getChannel().tryLock();
            if (lock == null) {
                throw inUse(directory, holderIn(file).orElse("a process that has not said who it is"));
            }
            say(directory, file, holder);
            close = false;
            return new DirectoryLock(directory, file);
        } catch (OverlappingFileLockException e) {
            close = false;
            KEPT_OPEN.add(new KeptOpen(identity(path), file));
            throw inUse(
                    directory,
                    "a journal that is open in this process (%s)"
                            .formatted(holderIn(file).orElse("which one is not known")));
        } finally {
            if (close) {
                closeQuietly(directory, file);
            }
        }
    }

    private static RandomAccessFile keptOpen(Path path) throws IOException {
        if (Files.exists(path)) {
            Object identity = identity(path);
            for (KeptOpen kept : KEPT_OPEN) {
                if (kept.identity.equals(identity) && KEPT_OPEN.remove(kept)) {
                    return kept.file;
                }
            }
        }
        return new RandomAccessFile(path.toFile(), "rw");
    }

    /** What stays the same under whatever name the file is opened; its name, where the file system tells nothing else. */
    private static Object identity(Path path) {
        try {
            Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            return key == null ? path : key;
        } catch (IOException e) {
            // The handle must stay open all the same.
            return path;
        }
    }

    /** For people only: a full disk must not keep what was interrupted from being finished. */
    private static void say(Path directory, RandomAccessFile file, String holder) {
        try {
            file.setLength(0);
            file.seek(0);
            file.write((holder + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            log.warn(
                    "The journal directory '{}' is locked, but its lock file does not say by whom: {}",
                    directory,
                    Directories.words(e));
        }
    }

    private static Optional<String> holderIn(RandomAccessFile file) throws IOException {
        file.seek(0);
        byte[] words = new byte[LONGEST_NAME];
        int length = Math.max(0, file.read(words));
        return Optional.of(new String(words, 0, length, StandardCharsets.UTF_8).strip())
                .filter(text -> !text.isEmpty());
    }

    private static void closeQuietly(Path directory, RandomAccessFile file) {
        try {
            file.close();
        } catch (IOException e) {
            log.debug("The lock file in '{}' did not close cleanly; nothing was locked", directory, e);
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
