package io.switchover4j.testkit;

import io.switchover4j.TimeSource;
import java.time.Duration;
import java.time.Instant;

/** Stamps of one measurement: monotonic nanoseconds since its start, and their translation to wall time. Immutable. */
final class RunClock {

    private final TimeSource time;
    private final Instant startedAt;
    private final long startNanos;

    RunClock(TimeSource time) {
        this.time = time;
        this.startedAt = time.instant();
        this.startNanos = time.nanoTime();
    }

    long now() {
        return time.nanoTime() - startNanos;
    }

    Instant startedAt() {
        return startedAt;
    }

    Instant instantOf(long nanos) {
        return startedAt.plusNanos(nanos);
    }

    long nanosOf(Instant instant) {
        return Duration.between(startedAt, instant).toNanos();
    }
}
