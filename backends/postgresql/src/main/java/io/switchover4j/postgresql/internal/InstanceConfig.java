package io.switchover4j.postgresql.internal;

import io.switchover4j.Edition;
import java.util.List;

/** An instance as it was configured: one node, or two that stream from each other. Immutable. */
public record InstanceConfig(String id, String region, Edition edition, List<NodeConfig> nodes) {

    public InstanceConfig {
        nodes = List.copyOf(nodes);
    }

    NodeConfig node(String nodeId) {
        return nodes.stream()
                .filter(node -> node.id().equals(nodeId))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "Instance '%s' has no node '%s'; it has %s".formatted(id, nodeId, nodes)));
    }

    /** The other node of a pair. */
    NodeConfig peerOf(NodeConfig node) {
        return nodes.stream()
                .filter(other -> !other.id().equals(node.id()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "Instance '%s' has no other node than '%s'".formatted(id, node.id())));
    }
}
