package io.switchover4j.jdbc.internal;

import java.time.Duration;

/** How figures look in messages. */
final class Texts {

    private static final long MILLIS_SHOWN = 10_000;

    private Texts() {}

    /** {@code 350 ms}, {@code 30 s}. */
    static String duration(Duration duration) {
        long millis = duration.toMillis();
        return millis < MILLIS_SHOWN && millis % 1000 != 0 ? millis + " ms" : duration.toSeconds() + " s";
    }

    static String nanos(long nanos) {
        return duration(Duration.ofNanos(nanos));
    }
}
