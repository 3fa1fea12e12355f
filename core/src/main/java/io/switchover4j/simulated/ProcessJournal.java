package io.switchover4j.simulated;

import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.util.List;

/** A journal as one process writes it. Thread-safe. */
final class ProcessJournal implements SwitchoverJournal {

    /** How long a medium that does not answer is waited for. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final CoordinatorProcess process;
    private final SwitchoverJournal journal;

    ProcessJournal(CoordinatorProcess process, SwitchoverJournal journal) {
        this.process = process;
        this.journal = journal;
    }

    @Override
    public void append(JournalRecord record) {
        String subject = record.kind() + " " + record.phase()
                + (record.subject().isEmpty() ? "" : " '" + record.subject() + "'");
        boolean interrupted = Thread.interrupted();
        try {
            process.call(Call.APPEND, subject, Deadline.after(PATIENCE, process.time()), () -> {
                journal.append(record);
                return true;
            });
        } catch (BackendException e) {
            throw new JournalException(String.valueOf(e.getMessage()), e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public List<JournalRecord> read(String instanceId) {
        return journal.read(instanceId);
    }

    @Override
    public List<List<JournalRecord>> unfinished() {
        process.requireAlive();
        return journal.unfinished();
    }

    @Override
    public boolean isDurable() {
        return true;
    }

    /** Leaves the journal open: the next process reads it. */
    @Override
    public void close() {}
}
