package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * A message that a {@link FaultProxy} has read. Immutable. Rows and portions of COPY are counted, not logged.
 *
 * @param text the SQL with the values of quoted literals left out and cut at 1000 characters, a command tag, an SQLState or
 *     a transaction status, or empty
 * @param length the whole message in bytes
 */
public record LoggedMessage(Instant at, Direction direction, MessageKind kind, String text, int length) {

    public LoggedMessage {
        requireNonNull(at, "at");
        requireNonNull(direction, "direction");
        requireNonNull(kind, "kind");
        requireNonNull(text, "text");
    }
}
