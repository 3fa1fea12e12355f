package io.switchover4j.internal.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The journal in a directory that one process uses at a time. Thread-safe: appends that meet are forced together by whoever
 * comes first.
 */
public final class DirectoryJournal implements SwitchoverJournal {

    private final Path directory;
    private final DirectoryLock directoryLock;
    private final JournalFile file;

    private final ReentrantLock queue = new ReentrantLock();

    /** What is collected while an earlier batch is being written. */
    @GuardedBy("queue")
    private Batch collecting = new Batch();

    private DirectoryJournal(Path directory, DirectoryLock lock, JournalFile file) {
        this.directory = directory;
        this.directoryLock = lock;
        this.file = file;
    }

    /**
     * Opens the journal of a directory; makes both where they are missing.
     *
     * @throws JournalException if the directory cannot be used, is in use, or holds a damaged or a newer journal
     */
    public static DirectoryJournal open(JournalSettings settings) {
        return open(settings, new RealDisk());
    }

    static DirectoryJournal open(JournalSettings settings, Disk disk) {
        Path wanted = settings.directory().toAbsolutePath().normalize();
        try {
            Path directory = Directories.prepare(wanted, disk);
            DirectoryLock lock =
                    DirectoryLock.acquire(directory, settings.timeSource().instant());
            try {
                JournalFile file = JournalFile.open(settings, disk, directory);
                file.compactIfWorthwhile();
                return new DirectoryJournal(directory, lock, file);
            } catch (IOException | RuntimeException | Error e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw new JournalException(
                    "The journal directory '%s' cannot be used: %s. Nothing was changed. %s"
                            .formatted(wanted, Directories.words(e), Directories.remedy(e)),
                    e);
        }
    }

    @Override
    public void append(JournalRecord record) {
        byte[] encoded = RecordCodec.encode(record);
        if (encoded.length > Format.MAX_RECORD) {
            throw new JournalException(
                    "%s: it has %d bytes; the journal takes %d at most"
                            .formatted(file.notKept(record), encoded.length, Format.MAX_RECORD),
                    null);
        }
        Batch batch;
        Batch.Entry entry;
        boolean first;
        queue.lock();
        try {
            if (collecting.isFull()) {
                collecting = new Batch();
            }
            batch = collecting;
            first = batch.isEmpty();
            entry = batch.add(record, encoded);
        } finally {
            queue.unlock();
        }
        if (first) {
            file.write(batch, () -> take(batch));
            file.compactIfWorthwhile();
        } else {
            batch.awaitSettled();
        }
        entry.requireKept();
    }

    /** From here on nobody joins the batch. */
    private void take(Batch batch) {
        queue.lock();
        try {
            if (collecting == batch) {
                collecting = new Batch();
            }
        } finally {
            queue.unlock();
        }
    }

    @Override
    public List<JournalRecord> read(String instanceId) {
        return file.read(from -> List.of(from.places(instanceId))).get(0);
    }

    @Override
    public List<List<JournalRecord>> unfinished() {
        return file.read(Index::unfinished);
    }

    @Override
    public boolean isDurable() {
        return true;
    }

    @Override
    public void close() {
        if (file.close()) {
            directoryLock.close();
        }
    }

    @Override
    public String toString() {
        return "journal in '%s'".formatted(directory);
    }

    Path directory() {
        return directory;
    }
}
