package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.spi.Deadline;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** How long a call that was not applied may be tried again. Confined to one call of one thread. */
final class Retries {

    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long LAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    /** A pool may hold some that are closed: what is refused so often in a row speaks of another connection. */
    private static final int MOST_CLOSED = 10;

    private final Traffic traffic;
    final Deadline deadline;
    private int tries;
    private int closedInARow;
    private long pauseNanos = FIRST_PAUSE_NANOS;

    Retries(Traffic traffic) {
        this.traffic = traffic;
        this.deadline = traffic.newDeadline();
    }

    /**
     * Counts a try that the driver refused, or not, because a connection is closed.
     *
     * @throws SQLException 08003 if that is not the connection beneath
     */
    void refused(boolean closed, SQLException cause) throws SQLException {
        closedInARow = closed ? closedInARow + 1 : 0;
        if (closedInARow == MOST_CLOSED) {
            throw new SQLNonTransientConnectionException(
                    ("The driver says that a connection is closed (%s), on %d that it was just given: perhaps an object that was"
                                    + " made before a switch, as an Array, was passed. Nothing was applied. Make it anew.")
                            .formatted(cause.getMessage(), MOST_CLOSED - 1),
                    "08003",
                    cause);
        }
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
