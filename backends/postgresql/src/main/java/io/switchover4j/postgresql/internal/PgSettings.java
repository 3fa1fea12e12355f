package io.switchover4j.postgresql.internal;

import io.switchover4j.TimeSource;
import io.switchover4j.postgresql.Credentials;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * How the servers are reached. Immutable.
 *
 * @param database where we connect to; advisory locks are per database, so it is part of the lease
 * @param replication the user as whom a rejoining node streams; empty to take over what its peer used
 * @param connectionProperties further properties of the JDBC driver
 * @param probeTimeout how long one node may take to answer when it is only looked at
 */
public record PgSettings(
        Supplier<Credentials> credentials,
        Optional<Supplier<Credentials>> replication,
        String database,
        Map<String, String> connectionProperties,
        Duration probeTimeout,
        TimeSource time) {

    public PgSettings {
        connectionProperties = Map.copyOf(connectionProperties);
    }

    /** Suppliers and properties may hold secrets. */
    @Override
    public String toString() {
        return "database '%s', probe time-out %d ms".formatted(database, probeTimeout.toMillis());
    }
}
