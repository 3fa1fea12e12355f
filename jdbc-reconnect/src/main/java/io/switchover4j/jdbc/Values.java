package io.switchover4j.jdbc;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.stream.Collectors;

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

    /**
     * Names stand in messages, logs and the names of threads.
     *
     * @throws IllegalArgumentException if it is blank or contains control characters
     */
    static String requireName(String what, String value) {
        requireNonNull(value, what);
        if (value.isBlank()) {
            throw new IllegalArgumentException("The %s must not be blank".formatted(what));
        }
        for (int i = 0; i < value.length(); i++) {
            if (Character.isISOControl(value.charAt(i))) {
                throw new IllegalArgumentException(
                        "The %s '%s' contains the control character U+%04X at index %d; write it without"
                                .formatted(what, printable(value), (int) value.charAt(i), i));
            }
        }
        return value;
    }

    private static String printable(String text) {
        return text.codePoints()
                .mapToObj(c -> Character.isISOControl(c) ? "\\u%04x".formatted(c) : Character.toString(c))
                .collect(Collectors.joining());
    }
}
