package io.switchover4j.jdbc.internal;

import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** How long one node's watch rests between two questions. Confined to that watch's thread. */
final class WatchPace {

    private static final Duration FIRST_RETRY = Duration.ofMillis(5);
    private static final double RETRY_GROWTH = 1.5;
    private static final double JITTER = 0.3;

    /** While a primary is looked for, the first commit must not wait for our timer. */
    private static final Duration LONGEST_RETRY = Duration.ofMillis(30);

    /** An outage that lasts this long is asked about at leisure. */
    private static final int HASTY_QUESTIONS = 2_000;

    private final IntervalFunction steady;
    private final IntervalFunction seeking;
    private int attempt;

    WatchPace(Duration interval) {
        this.steady = IntervalFunction.ofRandomized(interval, JITTER / 3);
        this.seeking = IntervalFunction.ofExponentialRandomBackoff(FIRST_RETRY, RETRY_GROWTH, JITTER, LONGEST_RETRY);
    }

    long nextNanos(boolean unsettled, boolean failing) {
        if (!unsettled) {
            attempt = 0;
            return TimeUnit.MILLISECONDS.toNanos(steady.apply(1));
        }
        attempt++;
        boolean leisurely = attempt > HASTY_QUESTIONS;
        return TimeUnit.MILLISECONDS.toNanos(leisurely ? steady.apply(1) : seeking.apply(Math.min(attempt, 20)));
    }
}
