package io.switchover4j;

import static java.util.Objects.requireNonNull;

import io.switchover4j.spi.Names;
import java.time.Duration;

/** What callers leave out, and checks of how long they are ready to wait. */
final class Values {

    /** Whoever waits longer waits for ever, and sums of what is longer overflow. */
    private static final Duration LONGEST = Duration.ofDays(365);

    private Values() {}

    /** Who asks if nobody says so: the user as the machine names him, made printable. */
    static String ofUser() {
        String user = Names.printable(System.getProperty("user.name", ""));
        return user.isBlank() ? "unknown" : user;
    }

    static Duration requirePositive(String what, Duration value) {
        requireNonNull(value, what);
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException("%s is %s; it must be positive".formatted(what, value));
        }
        if (value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("%s is %s; it must be at most %s".formatted(what, value, LONGEST));
        }
        return value;
    }
}
