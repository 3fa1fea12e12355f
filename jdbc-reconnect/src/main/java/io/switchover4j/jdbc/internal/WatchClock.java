package io.switchover4j.jdbc.internal;

import io.switchover4j.TimeSource;

/**
 * The clock by which nodes are judged: it stands still while this JVM does. A pause of our own must not look like a node's
 * silence, so that time counts only as far as the watch's own timer was on time. Thread-safe.
 */
final class WatchClock {

    private final TimeSource time;
    private final long maxStepNanos;

    /** Replaced whole by the one thread that ticks. */
    private volatile Tick last;

    /**
     * @param maxStepNanos how much time may pass from tick to tick before the rest is taken for a pause
     */
    WatchClock(TimeSource time, long maxStepNanos) {
        this.time = time;
        this.maxStepNanos = maxStepNanos;
        this.last = new Tick(time.nanoTime(), 0);
    }

    long nanoTime() {
        Tick tick = last;
        return tick.reading + Math.min(time.nanoTime() - tick.at, maxStepNanos);
    }

    /** To be called by one thread, more often than every {@code maxStepNanos}. */
    void tick() {
        Tick tick = last;
        long now = time.nanoTime();
        last = new Tick(now, tick.reading + Math.min(now - tick.at, maxStepNanos));
    }

    private record Tick(long at, long reading) {}
}
