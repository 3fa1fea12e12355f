package io.switchover4j;

import static java.util.Objects.requireNonNull;

/**
 * Who is the primary of an instance, as the coordinator last observed it. Immutable.
 *
 * @param instanceId the instance
 * @param primaryNodeId the node that takes writes
 * @param primaryEndpoint where it is reached
 */
public record Topology(String instanceId, String primaryNodeId, Endpoint primaryEndpoint) {

    public Topology {
        requireNonNull(instanceId, "instanceId");
        requireNonNull(primaryNodeId, "primaryNodeId");
        requireNonNull(primaryEndpoint, "primaryEndpoint");
    }
}
