package io.switchover4j.jdbc.internal;

import java.time.Duration;

/**
 * When an observation counts. Immutable.
 *
 * @param suspectAfterNanos a node that owes an answer for longer gets no new units
 * @param freshNanos a unit starts only on an answer that is not older
 * @param standbyRequired whether the primary counts only while every other node answers, too
 */
record WatchRules(long suspectAfterNanos, long freshNanos, boolean standbyRequired) {

    private static final Duration SUSPECT_AFTER = Duration.ofSeconds(1);
    private static final Duration FRESH_AT_LEAST = Duration.ofSeconds(2);
    private static final int FRESH_INTERVALS = 3;

    static WatchRules of(Duration watchInterval, boolean standbyRequired) {
        long intervals = watchInterval.multipliedBy(FRESH_INTERVALS).toNanos();
        return new WatchRules(SUSPECT_AFTER.toNanos(), Math.max(FRESH_AT_LEAST.toNanos(), intervals), standbyRequired);
    }
}
