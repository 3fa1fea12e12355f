package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A database that applications see as one and that consists of one or more nodes, as observed at one moment. Immutable.
 *
 * @param id the instance's name, unique in its backend
 * @param region where its nodes stand
 * @param engine product and version
 * @param edition whether there is a standby at all
 * @param nodes every node, in the backend's order
 * @param observedAt when the nodes were asked
 */
public record Instance(String id, String region, Engine engine, Edition edition, List<Node> nodes, Instant observedAt) {

    public Instance {
        requireNonNull(id, "id");
        requireNonNull(region, "region");
        requireNonNull(engine, "engine");
        requireNonNull(edition, "edition");
        requireNonNull(observedAt, "observedAt");
        nodes = List.copyOf(nodes);
    }

    /** The node that says it is primary; empty if none does or more than one does. */
    public Optional<Node> primary() {
        List<Node> primaries =
                nodes.stream().filter(node -> node.role() == Role.PRIMARY).toList();
        return primaries.size() == 1 ? Optional.of(primaries.get(0)) : Optional.empty();
    }

    /** The nodes that say they are standbys. */
    public List<Node> standbys() {
        return nodes.stream().filter(node -> node.role() == Role.STANDBY).toList();
    }

    public Optional<Node> node(String nodeId) {
        return nodes.stream().filter(node -> node.id().equals(nodeId)).findFirst();
    }

    /** Whether the loss of one zone leaves a node alive; false for a pair inside one zone. */
    public boolean isZoneTolerant() {
        return nodes.stream().map(Node::zone).distinct().count() > 1;
    }
}
