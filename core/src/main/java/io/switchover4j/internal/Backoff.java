package io.switchover4j.internal;

import io.github.resilience4j.core.IntervalFunction;
import io.switchover4j.spi.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The pauses between attempts that are repeated after the fence, where giving up is the worse choice. Immutable. */
final class Backoff {

    private static final IntervalFunction INTERVALS =
            IntervalFunction.ofExponentialRandomBackoff(Duration.ofMillis(10), 2.0, 0.3, Duration.ofSeconds(1));

    private Backoff() {}

    /**
     * Waits before the next attempt. An interrupt shortens the wait; the caller decides what becomes of the flag, which is
     * set again.
     *
     * @param failedAttempts how many attempts were made, from 1
     * @return whether there is time for another one
     */
    static boolean await(int failedAttempts, Deadline deadline) {
        if (deadline.isExpired()) {
            return false;
        }
        long millis = Math.min(INTERVALS.apply(failedAttempts), deadline.remainingMillis());
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return !deadline.isExpired();
    }
}
