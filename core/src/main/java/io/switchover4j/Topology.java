package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * Who is the primary of an instance, as the coordinator last observed it. Immutable.
 *
 * @param instanceId the instance
 * @param primaryNodeId the node that takes writes
 * @param primaryEndpoint where it is reached
 * @param timeline what the primary writes, if the coordinator itself saw it take writes there after it had promoted it: then
 *     nobody has to ask again. Empty wherever that is not certain
 */
public record Topology(String instanceId, String primaryNodeId, Endpoint primaryEndpoint, Optional<Timeline> timeline) {

    public Topology {
        requireNonNull(instanceId, "instanceId");
        requireNonNull(primaryNodeId, "primaryNodeId");
        requireNonNull(primaryEndpoint, "primaryEndpoint");
        requireNonNull(timeline, "timeline");
    }

    /** Without a timeline: whoever is told asks the node itself. */
    public Topology(String instanceId, String primaryNodeId, Endpoint primaryEndpoint) {
        this(instanceId, primaryNodeId, primaryEndpoint, Optional.empty());
    }
}
