package io.switchover4j;

import java.time.Instant;
import java.time.InstantSource;

/**
 * The two clocks of this library: {@link #instant()} for stamps that people read or that are stored, and
 * {@link #nanoTime()} for every time-out, which a change of the wall clock must not move. Thread-safe.
 */
public interface TimeSource extends InstantSource {

    /** Nanoseconds since an arbitrary origin; only differences mean something. */
    long nanoTime();

    /** The machine's clocks. */
    static TimeSource system() {
        return SystemTimeSource.INSTANCE;
    }
}

enum SystemTimeSource implements TimeSource {
    INSTANCE;

    @Override
    public Instant instant() {
        return Instant.now();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }
}
