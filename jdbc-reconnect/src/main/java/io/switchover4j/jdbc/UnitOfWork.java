package io.switchover4j.jdbc;

/**
 * A transaction, or one statement in autocommit mode, that a thread has open. Thread-safe.
 *
 * <p>While a switchover holds the traffic, new units wait and open ones may finish. A thread that has a unit open may open
 * another one. Where an open unit waits for work that was handed to other threads, these threads join it, so that their units
 * are let through as well:
 *
 * <pre>{@code
 * UnitOfWork unit = dataSource.currentUnit();
 * executor.submit(() -> {
 *     try (UnitOfWork.Joined joined = unit.join()) {
 *         ...
 *     }
 * });
 * }</pre>
 */
public interface UnitOfWork {

    /** Whether it has not ended yet. */
    boolean isOpen();

    /** Ties the calling thread to this unit until the result is closed. Joins nest; without effect once the unit has ended. */
    Joined join();

    /** The calling thread's tie to a unit. */
    interface Joined extends AutoCloseable {

        /** Ends the tie. Call it once, in the reverse order of the joins. */
        @Override
        void close();
    }
}
