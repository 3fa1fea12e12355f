package io.switchover4j.postgresql.internal;

import io.switchover4j.Endpoint;
import io.switchover4j.Zone;
import io.switchover4j.spi.NodeControl;

/**
 * A node as it was configured. Immutable.
 *
 * @param endpoint where we and the applications reach it
 * @param replicationEndpoint where the other node reaches it
 * @param applicationName what it calls itself when it streams
 */
public record NodeConfig(
        String id,
        Zone zone,
        Endpoint endpoint,
        Endpoint replicationEndpoint,
        String applicationName,
        NodeControl control) {

    @Override
    public String toString() {
        return "node '%s' at %s".formatted(id, endpoint);
    }
}
