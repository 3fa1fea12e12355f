package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;

/**
 * A time in which nothing was acknowledged. Immutable.
 *
 * @param from the last acknowledgement before it, or when the measurement began if there was none at all
 * @param length until the next acknowledgement, or until the measurement ended if there was none
 */
public record Pause(Instant from, Duration length) {

    public Pause {
        requireNonNull(from, "from");
        requireNonNull(length, "length");
    }

    public Instant to() {
        return from.plus(length);
    }

    /** The length in milliseconds, with fractions. */
    public double millis() {
        return length.toNanos() / 1e6;
    }

    @Override
    public String toString() {
        return "%.1f ms from %s".formatted(millis(), from);
    }
}
