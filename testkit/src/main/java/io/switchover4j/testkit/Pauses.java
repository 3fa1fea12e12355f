package io.switchover4j.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds the pauses between acknowledgements. The end of the measurement counts as one: who never got an answer again is not
 * overlooked. Its start does not, unless nothing was ever acknowledged: making the first connections is no pause.
 */
final class Pauses {

    private Pauses() {}

    /** The longest one that touches {@code from..to}; of length zero if none does. */
    static Pause longest(RunClock clock, long endNanos, long[] sorted, long from, long to) {
        return touching(clock, endNanos, sorted, from, to, Duration.ZERO).stream()
                .max(Comparator.comparing(Pause::length))
                .orElse(new Pause(clock.instantOf(from), Duration.ZERO));
    }

    /** All of at least this length that touch {@code from..to}, in the order of time. */
    static List<Pause> touching(RunClock clock, long endNanos, long[] sorted, long from, long to, Duration atLeast) {
        List<Pause> pauses = new ArrayList<>();
        long previous = sorted.length == 0 ? 0 : sorted[0];
        for (int i = 0; i <= sorted.length; i++) {
            long next = i < sorted.length ? sorted[i] : Math.max(endNanos, previous);
            if (next > from && previous < to && next - previous >= atLeast.toNanos()) {
                pauses.add(new Pause(clock.instantOf(previous), Duration.ofNanos(next - previous)));
            }
            previous = next;
        }
        return pauses;
    }
}
