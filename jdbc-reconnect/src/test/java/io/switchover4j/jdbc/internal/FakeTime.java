package io.switchover4j.jdbc.internal;

import io.switchover4j.TimeSource;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that stands still until it is moved. */
final class FakeTime implements TimeSource {

    private final AtomicLong nanos = new AtomicLong(1_000_000_000L);

    void pass(long more) {
        nanos.addAndGet(more);
    }

    @Override
    public long nanoTime() {
        return nanos.get();
    }

    @Override
    public Instant instant() {
        return Instant.EPOCH.plusNanos(nanos.get());
    }
}
