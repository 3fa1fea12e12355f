package io.switchover4j.internal.journal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one file of a journal: batches of records are appended and forced, a failed append is repaired before the next one, and
 * what nobody needs any more is left out by a compaction. Thread-safe: reads take positions under a lock and then read from a
 * handle of their own, which a compaction does not disturb.
 *
 * <p>Of the two locks {@code state} is held for moments, {@code writing} for as long as the disk takes. They are taken in the
 * order writing, state.
 */
final class JournalFile {

    static final String NAME = "switchover4j.journal";
    static final String NEW_NAME = "switchover4j.journal.new";

    private static final Logger log = LoggerFactory.getLogger(JournalFile.class);
    private static final String PUT_BACK = "Nothing was written. Put it back, and the next append goes on";
    private static final long NONE = Long.MIN_VALUE;

    /** The part of the compaction limit by which a file may grow until it is looked at again, if a switchover was in the way. */
    private static final int PAUSING_STEP = 16;

    private final JournalSettings settings;
    private final Disk disk;
    private final Path directory;
    private final Path file;

    private final ReentrantLock writing = new ReentrantLock();
    private final ReentrantLock state = new ReentrantLock();

    @GuardedBy("state")
    private Index index;

    @GuardedBy("state")
    private long end;

    @GuardedBy("state")
    private boolean closed;

    @GuardedBy("writing")
    private Disk.Handle handle;

    /** Of the file that is open. */
    @GuardedBy("writing")
    private Object identity;

    /** Why the file may not end with a whole record. */
    @GuardedBy("writing")
    private @Nullable Throwable unrepaired;

    /** Whether the file's name may not be on the medium. */
    @GuardedBy("writing")
    private boolean nameUnforced;

    @GuardedBy("writing")
    private long compactAbove;

    private JournalFile(
            JournalSettings settings, Disk disk, Path directory, Disk.Handle handle, Object identity, Scan scan) {
        this.settings = settings;
        this.disk = disk;
        this.directory = directory;
        this.file = directory.resolve(NAME);
        this.handle = handle;
        this.identity = identity;
        this.index = scan.index();
        this.end = scan.end();
        this.compactAbove = settings.compactAbove();
    }

    /**
     * Opens the file of a directory, which nobody else may use meanwhile; makes it where it is missing, and removes what a
     * process that died has left half-done.
     *
     * @throws JournalException if the file is damaged, or newer than this version
     */
    static JournalFile open(JournalSettings settings, Disk disk, Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        disk.deleteIfExists(directory.resolve(NEW_NAME));
        if (disk.exists(file)) {
            Directories.requireOneName(file);
        } else {
            create(disk, directory);
        }
        Disk.Handle handle = disk.open(file);
        try {
            Object identity = disk.identity(file);
            Scan scan = Scan.of(file, handle);
            if (scan.cutShort() > 0) {
                log.warn(
                        "The journal '{}' ended in a record that was cut short: {} bytes at offset {} are removed. A process or a machine died while it wrote; the record had not been acknowledged",
                        file,
                        scan.cutShort(),
                        scan.end());
                handle.truncate(scan.end());
            }
            // The process before may have died between a write, or a rename, and its force.
            handle.force();
            disk.forceDirectory(directory);
            log.info("The journal '{}' is open: {}", file, scan.index().describe());
            return new JournalFile(settings, disk, directory, handle, identity, scan);
        } catch (IOException | RuntimeException | Error e) {
            closeQuietly(handle, e);
            throw e;
        }
    }

    /** Under another name first: a journal without a whole header is never seen. */
    private static void create(Disk disk, Path directory) throws IOException {
        Path fresh = directory.resolve(NEW_NAME);
        try (Disk.Handle handle = disk.open(fresh)) {
            handle.write(0, Format.header());
            handle.force();
        }
        disk.replace(fresh, directory.resolve(NAME));
    }

    /**
     * Writes and forces a batch, after those before it; whether an entry was kept is known of each afterwards, and the batch is
     * settled.
     *
     * @param onTurn called once those before it are written: until then others may join the batch
     */
    void write(Batch batch, Runnable onTurn) {
        writing.lock();
        try {
            onTurn.run();
            write(batch);
        } finally {
            batch.settle();
            writing.unlock();
        }
    }

    @GuardedBy("writing")
    private void write(Batch batch) {
        if (isClosed()) {
            batch.entries().forEach(entry -> entry.fail(notKept(entry.record()) + ": it is closed", null));
            return;
        }
        try {
            repair();
        } catch (IOException | RuntimeException | Error e) {
            batch.entries()
                    .forEach(entry -> entry.fail(
                            "%s: after an earlier failure the file still cannot be repaired: %s. Nothing was written; the next append tries again"
                                    .formatted(notKept(entry.record()), words(e)),
                            e));
            return;
        }
        Optional<String> displaced = displaced();
        if (displaced.isPresent()) {
            batch.entries()
                    .forEach(entry -> entry.fail("%s: %s".formatted(notKept(entry.record()), displaced.get()), null));
            return;
        }
        refuseKnownNumbers(batch.entries());
        List<Batch.Entry> entries =
                batch.entries().stream().filter(entry -> !entry.isRefused()).toList();
        if (!entries.isEmpty()) {
            write(entries);
        }
    }

    @GuardedBy("writing")
    private void write(List<Batch.Entry> entries) {
        long position = end();
        byte[] frame = Format.frame(entries.stream().map(Batch.Entry::encoded).toList());
        try {
            handle.write(position, frame);
            handle.force();
        } catch (IOException | RuntimeException | Error e) {
            unrepaired = e;
            String repaired = tryRepair(e);
            entries.forEach(entry ->
                    entry.fail("%s: %s. %s".formatted(notKept(entry.record()), words(e), repaired), e));
            return;
        }
        state.lock();
        try {
            for (int number = 0; number < entries.size(); number++) {
                index.add(entries.get(number).record(), Frame.place(position, number));
                entries.get(number).keep();
            }
            end = position + frame.length;
        } finally {
            state.unlock();
        }
    }

    /** Why the file that is open cannot be found under its name: what is written there would be lost unseen. */
    @GuardedBy("writing")
    private Optional<String> displaced() {
        try {
            return disk.identity(file).equals(identity)
                    ? Optional.empty()
                    : Optional.of("the file was replaced while it was open: another file has its name. " + PUT_BACK);
        } catch (NoSuchFileException e) {
            return Optional.of("the file was removed while it was open. " + PUT_BACK);
        } catch (IOException | RuntimeException | Error e) {
            return Optional.of("the file cannot be found: %s. Nothing was written; the next append tries again"
                    .formatted(words(e)));
        }
    }

    private void refuseKnownNumbers(List<Batch.Entry> entries) {
        state.lock();
        try {
            Map<OperationKey, Long> newest = new HashMap<>();
            for (Batch.Entry entry : entries) {
                JournalRecord record = entry.record();
                OperationKey key = new OperationKey(record.instanceId(), record.operationId());
                long known = newest.computeIfAbsent(
                        key,
                        same -> index.newestSequence(same.instanceId(), same.operationId())
                                .orElse(NONE));
                if (record.sequence() <= known) {
                    entry.fail(
                            "%s: it has the number %d, and the switchover has the record %d already. Somebody else works on it"
                                    .formatted(notKept(record), record.sequence(), known),
                            null);
                } else {
                    newest.put(key, record.sequence());
                }
            }
        } finally {
            state.unlock();
        }
    }

    @GuardedBy("writing")
    private String tryRepair(Throwable failure) {
        try {
            repair();
            return "The file ends with the last whole record, at offset %d; the next append tries anew"
                    .formatted(end());
        } catch (IOException | RuntimeException | Error e) {
            failure.addSuppressed(e);
            return "The file could not be repaired: %s; the next append tries that first, and so does the next opening"
                    .formatted(words(e));
        }
    }

    /** Removes what a failed write may have left, and makes up for a force that failed. */
    @GuardedBy("writing")
    private void repair() throws IOException {
        if (unrepaired != null) {
            handle.truncate(end());
            handle.force();
            unrepaired = null;
        }
        if (nameUnforced) {
            disk.forceDirectory(directory);
            nameUnforced = false;
        }
    }

    /** The records at places that are chosen while nothing moves them; a compaction meanwhile does not disturb the reading. */
    List<List<JournalRecord>> read(Selection selection) {
        List<long[]> places;
        Disk.Handle from;
        long length;
        try {
            state.lock();
            try {
                if (closed) {
                    throw new JournalException(
                            "The journal '%s' is closed; open it again to read it".formatted(file), null);
                }
                places = selection.of(index);
                length = end;
                from = disk.openForReading(file);
            } finally {
                state.unlock();
            }
            try (from) {
                FrameReader reader = new FrameReader(file, from, length);
                List<List<JournalRecord>> read = new ArrayList<>(places.size());
                for (long[] some : places) {
                    List<JournalRecord> records = new ArrayList<>(some.length);
                    for (long place : some) {
                        records.add(reader.record(place));
                    }
                    read.add(List.copyOf(records));
                }
                return List.copyOf(read);
            }
        } catch (IOException e) {
            throw new JournalException("The journal '%s' cannot be read: %s".formatted(file, words(e)), e);
        }
    }

    /** Does nothing while a switchover pauses its traffic. A failure costs nothing but disk space. */
    void compactIfWorthwhile() {
        writing.lock();
        try {
            if (end() > compactAbove
                    && unrepaired == null
                    && !isClosed()
                    && displaced().isEmpty()) {
                compactUnlessPausing();
            }
        } catch (IOException | RuntimeException | Error e) {
            compactAbove = end() + settings.compactAbove();
            log.warn(
                    "The journal '{}' is not compacted; it keeps everything, and grows: {}. The next attempt follows at {} bytes",
                    file,
                    words(e),
                    compactAbove,
                    e);
        } finally {
            writing.unlock();
        }
    }

    @GuardedBy("writing")
    private void compactUnlessPausing() throws IOException {
        Instant cutoff = settings.timeSource().instant().minus(settings.history());
        long[] kept;
        state.lock();
        try {
            if (index.isAnyPausing()) {
                compactAbove = end + settings.compactAbove() / PAUSING_STEP;
                return;
            }
            kept = index.kept(cutoff);
            if (2L * kept.length > index.recordCount()) {
                compactAbove = end + settings.compactAbove();
                return;
            }
        } finally {
            state.unlock();
        }
        compact(kept);
    }

    @GuardedBy("writing")
    private void compact(long[] kept) throws IOException {
        Path fresh = directory.resolve(NEW_NAME);
        long before = end();
        disk.deleteIfExists(fresh);
        Disk.Handle target = disk.open(fresh);
        Object fresher;
        Compaction.Result result;
        try {
            result = Compaction.copy(file, handle, before, kept, target);
            fresher = disk.identity(fresh);
            swap(fresh, result);
        } catch (IOException | RuntimeException | Error e) {
            closeQuietly(target, e);
            throw e;
        }
        Disk.Handle old = handle;
        handle = target;
        identity = fresher;
        compactAbove = Math.max(settings.compactAbove(), 2 * result.end());
        log.info(
                "The journal '{}' is compacted: {} records and {} bytes instead of {}",
                file,
                kept.length,
                result.end(),
                before);
        try (old) {
            repair();
        } catch (IOException e) {
            log.warn(
                    "The journal '{}' was compacted, and its name could not be forced: {}. Appends try that first",
                    file,
                    words(e),
                    e);
        }
    }

    /** No read may open the new file with places in the old one. */
    @GuardedBy("writing")
    private void swap(Path fresh, Compaction.Result result) throws IOException {
        state.lock();
        try {
            disk.replace(fresh, file);
            nameUnforced = true;
            index = result.index();
            end = result.end();
        } finally {
            state.unlock();
        }
    }

    /** Idempotent; whether it was open until now. */
    boolean close() {
        writing.lock();
        try {
            state.lock();
            try {
                if (closed) {
                    return false;
                }
                closed = true;
            } finally {
                state.unlock();
            }
            try {
                handle.close();
            } catch (IOException e) {
                log.debug("The journal '{}' did not close cleanly; every record had been forced before", file, e);
            }
            return true;
        } finally {
            writing.unlock();
        }
    }

    private boolean isClosed() {
        state.lock();
        try {
            return closed;
        } finally {
            state.unlock();
        }
    }

    private long end() {
        state.lock();
        try {
            return end;
        } finally {
            state.unlock();
        }
    }

    /** The beginning of a message. */
    String notKept(JournalRecord record) {
        return "The journal '%s' does not keep the record %s of switchover %s of '%s'"
                .formatted(file, record.kind(), record.operationId(), record.instanceId());
    }

    private static String words(Throwable e) {
        return Directories.words(e);
    }

    private static void closeQuietly(Disk.Handle handle, Throwable failure) {
        try {
            handle.close();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private record OperationKey(String instanceId, String operationId) {}

    /** Chooses what to read. */
    @FunctionalInterface
    interface Selection {
        List<long[]> of(Index index);
    }
}
