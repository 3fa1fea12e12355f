package io.switchover4j.internal;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Names switchovers. The names sort by time and are lower-case letters, digits and underscores alone, so that a backend can
 * put them into the name of an object in the database.
 */
final class OperationIds {

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd't'HHmmss").withZone(ZoneOffset.UTC);

    private OperationIds() {}

    static String next(Instant now) {
        return "%s_%08x"
                .formatted(STAMP.format(now), ThreadLocalRandom.current().nextInt());
    }
}
