package io.switchover4j.testkit;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;

/**
 * When each acknowledged commit of a run was acknowledged and how long its transfer took, in the order of time. For charts
 * and percentiles. Immutable.
 */
public final class CommitSeries {

    private final RunClock clock;
    private final long endNanos;
    private final long[] atNanos;
    private final long[] latencyNanos;
    private final long[] sortedLatencies;

    /** Takes stamps and latencies that belong together index by index, in any order. */
    CommitSeries(RunClock clock, long endNanos, long[] atNanos, long[] latencyNanos) {
        this.clock = clock;
        this.endNanos = endNanos;
        Integer[] order = new Integer[atNanos.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (left, right) -> Long.compare(atNanos[left], atNanos[right]));
        this.atNanos = Arrays.stream(order).mapToLong(i -> atNanos[i]).toArray();
        this.latencyNanos = Arrays.stream(order).mapToLong(i -> latencyNanos[i]).toArray();
        this.sortedLatencies = latencyNanos.clone();
        Arrays.sort(sortedLatencies);
    }

    public int size() {
        return atNanos.length;
    }

    /** When the run began. */
    public Instant startedAt() {
        return clock.startedAt();
    }

    /** From the start of the run until its workers were told to stop. */
    public Duration length() {
        return Duration.ofNanos(endNanos);
    }

    /** When commit {@code index} was acknowledged, in nanoseconds since {@link #startedAt()}. */
    public long atNanos(int index) {
        return atNanos[index];
    }

    /** How long transfer {@code index} took, from asking for a connection to the acknowledged commit. */
    public long latencyNanos(int index) {
        return latencyNanos[index];
    }

    /** How many commits were acknowledged in each {@code bucket} of the run. */
    public int[] commitsPer(Duration bucket) {
        int[] counts = new int[bucketCount(bucket)];
        for (long at : atNanos) {
            counts[bucketOf(at, bucket, counts.length)]++;
        }
        return counts;
    }

    /** The longest latency among the commits of each {@code bucket} of the run, in nanoseconds; 0 where there is none. */
    public long[] longestLatencyPer(Duration bucket) {
        long[] longest = new long[bucketCount(bucket)];
        for (int i = 0; i < atNanos.length; i++) {
            int index = bucketOf(atNanos[i], bucket, longest.length);
            longest[index] = Math.max(longest[index], latencyNanos[i]);
        }
        return longest;
    }

    private int bucketCount(Duration bucket) {
        return Math.toIntExact(Math.max(1, endNanos / bucket.toNanos() + 1));
    }

    /** What was acknowledged while the workers were stopping counts to the last bucket. */
    private static int bucketOf(long at, Duration bucket, int count) {
        return (int) Math.min(count - 1, at / bucket.toNanos());
    }

    /**
     * The latency that {@code percent} of the commits did not exceed; zero if there is no commit.
     *
     * @throws IllegalArgumentException if {@code percent} is not in 0..100
     */
    public Duration latencyPercentile(double percent) {
        if (!(percent >= 0 && percent <= 100)) {
            throw new IllegalArgumentException("The percentile is %s, not in 0..100".formatted(percent));
        }
        if (sortedLatencies.length == 0) {
            return Duration.ZERO;
        }
        int rank = (int) Math.ceil(percent / 100 * sortedLatencies.length);
        return Duration.ofNanos(sortedLatencies[Math.max(0, rank - 1)]);
    }

    /** The longest pause between two commits, or between the last one and the end of the run. */
    public Pause longestPause() {
        return Pauses.longest(clock, endNanos, atNanos, 0, endNanos);
    }

    /** The longest pause that touches the time from {@code from} to {@code to}, in its full length. */
    public Pause longestPause(Instant from, Instant to) {
        return Pauses.longest(clock, endNanos, atNanos, clock.nanosOf(from), clock.nanosOf(to));
    }
}
