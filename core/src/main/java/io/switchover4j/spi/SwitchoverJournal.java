package io.switchover4j.spi;

import java.util.List;

/**
 * The memory of what was intended and what was done. Thread-safe.
 *
 * <p>The coordinator appends before each effect and goes on only once {@link #append} has returned: a durable journal has
 * by then forced the record to its medium.
 *
 * <p>The records of one operation id that has neither a {@link JournalRecord.Kind#REQUESTED REQUESTED} nor an
 * {@link JournalRecord.Kind#ENDED ENDED} record are a setting of the instance, not a switchover: its newest record counts and
 * is never dropped, the older ones may be dropped at any time.
 */
public interface SwitchoverJournal extends AutoCloseable {

    /** A journal that keeps the newest 100 ended switchovers of each instance, for as long as the process lives. */
    static SwitchoverJournal inMemory() {
        return inMemory(100);
    }

    /**
     * A journal that keeps the newest ended switchovers of each instance, and all that have not ended, for as long as the
     * process lives.
     *
     * @throws IllegalArgumentException if {@code operationsPerInstance} is less than 1
     */
    static SwitchoverJournal inMemory(int operationsPerInstance) {
        return new InMemoryJournal(operationsPerInstance);
    }

    /**
     * Appends one record. Heeds no interrupt, and leaves the flag of its caller as it was.
     *
     * @throws JournalException if the record may not be kept, or if the switchover has a record with this sequence or a
     *     later one already: somebody else works on it; the coordinator then takes no further step forward
     */
    void append(JournalRecord record);

    /**
     * Every record that is kept of an instance, oldest first; none if the instance is not known.
     *
     * @throws JournalException if the records cannot be read
     */
    List<JournalRecord> read(String instanceId);

    /**
     * The records of every switchover that has a {@link JournalRecord.Kind#REQUESTED REQUESTED} and no
     * {@link JournalRecord.Kind#ENDED ENDED} record: oldest switchover first, each with all its records, oldest first. What
     * is unfinished is never dropped, however long ago it was.
     *
     * @throws JournalException if the records cannot be read
     */
    List<List<JournalRecord>> unfinished();

    /** Whether records outlive the process; the coordinator says so in its log if not. */
    boolean isDurable();

    /** Frees what the journal holds open; later appends throw. Idempotent. */
    @Override
    void close();
}
