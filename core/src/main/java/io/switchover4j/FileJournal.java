package io.switchover4j;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.switchover4j.internal.journal.DirectoryJournal;
import io.switchover4j.internal.journal.JournalSettings;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A journal in a directory of its own on a local disk, for one process at a time. A record is on the disk before
 * {@link #append} returns. Thread-safe; appends that meet share one write.
 *
 * <pre>{@code
 * try (FileJournal journal = FileJournal.in(Path.of("/var/lib/orders/switchovers"));
 *         SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
 *                 .backend(backend)
 *                 .journal(journal)
 *                 .build()) {
 *     coordinator.start(SwitchoverRequest.of("orders").build()).await();
 * }
 * }</pre>
 *
 * <p>What a crash cut short in the middle of a write is removed when the journal is opened again; the log says so. It had
 * not been acknowledged. Damage anywhere else is an error that names the file and the offset: nothing is ever skipped. When
 * the disk is full an append fails and nothing of it stays; later ones succeed once there is room.
 *
 * <p>The journal is a file of that directory: a link in its place, or a file with a second name, is not opened, and no record is
 * acknowledged once the file was removed or replaced. The directory itself may be reached by a link.
 *
 * <p>What has ended longer ago than the history to keep is dropped when half of the file or more consists of it; never a
 * switchover that has not ended, the newest one of an instance, or the newest record of a setting. The heap holds about 1 KiB
 * for each switchover in the file; the records themselves stay on the disk.
 *
 * <p>Not for a network file system, whose locks and forced writes may be no more than promises, nor for a disk of the
 * database that is switched.
 */
public final class FileJournal implements SwitchoverJournal {

    private final DirectoryJournal journal;

    private FileJournal(DirectoryJournal journal) {
        this.journal = journal;
    }

    /**
     * Opens the journal of a directory, with the defaults of {@link Builder}; makes directory and journal where they are
     * missing.
     *
     * @throws JournalException if the directory cannot be made or written to, if a journal is open there, in this process or
     *     in another one, or if the journal is damaged, a link, or of a newer version. Nothing was changed then
     */
    public static FileJournal in(Path directory) {
        return builder(directory).open();
    }

    public static Builder builder(Path directory) {
        return new Builder(requireNonNull(directory, "directory"));
    }

    /**
     * {@inheritDoc}
     *
     * <p>Blocks for as long as the disk takes to force the record, and heeds no interrupt. After an exception the record is not
     * in the file, or, if the disk did not even allow that to be made sure, may be found there at the next opening.
     */
    @Override
    public void append(JournalRecord record) {
        journal.append(requireNonNull(record, "record"));
    }

    @Override
    public List<JournalRecord> read(String instanceId) {
        return journal.read(requireNonNull(instanceId, "instanceId"));
    }

    @Override
    public List<List<JournalRecord>> unfinished() {
        return journal.unfinished();
    }

    /** True. */
    @Override
    public boolean isDurable() {
        return true;
    }

    /** Gives the directory free for the next one to open it. Later appends and reads throw. Idempotent. */
    @Override
    public void close() {
        journal.close();
    }

    @Override
    public String toString() {
        return journal.toString();
    }

    /** Collects the options of a {@link FileJournal}. Not thread-safe. */
    public static final class Builder {

        private static final Duration LONGEST_HISTORY = Duration.ofDays(36_500);

        private final Path directory;
        private Duration history = Duration.ofDays(365);
        private long compactAbove = 16L << 20;
        private TimeSource timeSource = TimeSource.system();

        private Builder(Path directory) {
            this.directory = directory;
        }

        /**
         * How long what has ended is kept at least. Default: 365 days.
         *
         * @throws IllegalArgumentException if it is negative, or longer than 36,500 days
         */
        @CanIgnoreReturnValue
        public Builder keepHistory(Duration history) {
            requireNonNull(history, "history");
            if (history.isNegative() || history.compareTo(LONGEST_HISTORY) > 0) {
                throw new IllegalArgumentException(
                        "keepHistory is %s; it must be from 0 to 36500 days, e.g. Duration.ofDays(365)"
                                .formatted(history));
            }
            this.history = history;
            return this;
        }

        /**
         * The length in bytes up to which a file is left as it is, whatever could be dropped. Default: 16 MiB.
         *
         * @throws IllegalArgumentException if it is less than 4096
         */
        @CanIgnoreReturnValue
        public Builder compactAbove(long bytes) {
            if (bytes < 4096) {
                throw new IllegalArgumentException(
                        "compactAbove is %d bytes; it must be 4096 or more".formatted(bytes));
            }
            this.compactAbove = bytes;
            return this;
        }

        /** Tells how long ago a switchover ended. Default: the clock of the machine. */
        @CanIgnoreReturnValue
        public Builder timeSource(TimeSource timeSource) {
            this.timeSource = requireNonNull(timeSource, "timeSource");
            return this;
        }

        /**
         * Opens the journal; as {@link FileJournal#in(Path)} does.
         *
         * @throws JournalException as {@link FileJournal#in(Path)} does
         */
        public FileJournal open() {
            return new FileJournal(
                    DirectoryJournal.open(new JournalSettings(directory, history, compactAbove, timeSource)));
        }
    }
}
