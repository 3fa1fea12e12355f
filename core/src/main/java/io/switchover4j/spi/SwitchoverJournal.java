package io.switchover4j.spi;

import java.util.List;

/**
 * The memory of what was intended and what was done. Thread-safe.
 *
 * <p>The coordinator appends before each effect and goes on only once {@link #append} has returned: a durable journal has
 * by then forced the record to its medium.
 */
public interface SwitchoverJournal extends AutoCloseable {

    /**
     * Appends one record.
     *
     * @throws JournalException if the record may not be kept; the coordinator then takes no further step forward
     */
    void append(JournalRecord record);

    /** Every record that is kept of an instance, oldest first. */
    List<JournalRecord> read(String instanceId);

    /** Whether records outlive the process; the coordinator says so in its log if not. */
    boolean isDurable();

    /** Idempotent. */
    @Override
    void close();
}
