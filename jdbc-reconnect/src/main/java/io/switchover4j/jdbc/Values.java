package io.switchover4j.jdbc;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/** Checks of what a DataSource is configured with. */
final class Values {

    /** Sums of what is longer overflow. */
    private static final Duration LONGEST = Duration.ofDays(365);

    private Values() {}

    /**
     * @throws IllegalArgumentException if it is not positive, or longer than 365 days
     */
    static Duration requireBounded(String what, Duration value) {
        requireNonNull(value, what);
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException("%s is %s; it must be positive".formatted(what, value));
        }
        if (value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("%s is %s; it must be at most %s".formatted(what, value, LONGEST));
        }
        return value;
    }
}
