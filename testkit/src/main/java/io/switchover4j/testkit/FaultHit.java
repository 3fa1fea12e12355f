package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/** A message at which a fault was injected, on its connection. Immutable. */
public record FaultHit(ProxiedConnection connection, ClientMessage message, Instant at) {

    public FaultHit {
        requireNonNull(connection, "connection");
        requireNonNull(message, "message");
        requireNonNull(at, "at");
    }
}
