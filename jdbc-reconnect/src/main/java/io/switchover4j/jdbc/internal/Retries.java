package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.spi.Deadline;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** How long a call that was not applied may be tried again. Confined to one call of one thread. */
final class Retries {

    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long LAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Traffic traffic;
    final Deadline deadline;
    private int tries;
    private long pauseNanos = FIRST_PAUSE_NANOS;

    Retries(Traffic traffic) {
        this.traffic = traffic;
        this.deadline = traffic.newDeadline();
    }

    /**
     * Counts a failed try and lets some time pass where trying at once would only meet the same answer: no route was
     * published since, and this was not the first surprise.
     */
    void failed(Route seen, boolean surprise, SQLException cause) throws SQLException {
        tries++;
        if (deadline.isExpired()) {
            throw new NoPrimaryException(
                    "No usable connection to the primary in time, after %d tries; nothing was applied. Last error: %s"
                            .formatted(tries, cause.getMessage()),
                    cause);
        }
        if (traffic.route() == seen && !(surprise && tries == 1)) {
            LockSupport.parkNanos(this, Math.min(pauseNanos, deadline.remainingNanos()));
            pauseNanos = Math.min(2 * pauseNanos, LAST_PAUSE_NANOS);
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new SQLTransientConnectionException(
                    "Interrupted while waiting for a usable connection to the primary; nothing was applied",
                    "08001",
                    cause);
        }
    }
}
