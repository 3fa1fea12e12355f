package io.switchover4j.internal;

import io.github.resilience4j.core.IntervalFunction;
import io.switchover4j.spi.Deadline;
import java.time.Duration;

/** The pauses between attempts that are repeated after the fence, where giving up is the worse choice. Immutable. */
final class Backoff {

    private static final IntervalFunction INTERVALS =
            IntervalFunction.ofExponentialBackoff(Duration.ofMillis(10), 2.0, Duration.ofSeconds(1));
    private static final double SPREAD = 0.3;

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
        try {
            return deadline.sleep(interval(failedAttempts, deadline.remainingNanos()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !deadline.isExpired();
        }
    }

    /** Spread by the clock itself: two processes differ, a simulation on a clock of its own repeats itself. */
    private static Duration interval(int failedAttempts, long salt) {
        double chance = ((salt * 0x9E3779B97F4A7C15L) >>> 11) * 0x1.0p-53;
        double factor = 1 - SPREAD + 2 * SPREAD * chance;
        return Duration.ofNanos((long) (INTERVALS.apply(failedAttempts) * 1_000_000L * factor));
    }
}
