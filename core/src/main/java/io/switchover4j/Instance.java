package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A database that applications see as one and that consists of one or more nodes, as observed at one moment. What is to be done
 * with it later is not in it: see {@link SwitchoverCoordinator#waiting(String)}. Immutable.
 *
 * @param id the instance's name, unique in its backend
 * @param region where its nodes stand
 * @param engine product and version
 * @param edition whether there is a standby at all
 * @param nodes every node, in the backend's order
 * @param observedAt when the nodes were asked
 * @param maintenanceWindow when planned work may start; empty if nobody said; set by {@link
 *     SwitchoverCoordinator#modifyMaintenanceWindow}
 * @param failoverMode whether the product fails over by itself; empty if it never does
 * @param status how it is doing; a backend says what the nodes say, the coordinator adds what it is doing itself
 */
public record Instance(
        String id,
        String region,
        Engine engine,
        Edition edition,
        List<Node> nodes,
        Instant observedAt,
        Optional<MaintenanceWindow> maintenanceWindow,
        Optional<FailoverMode> failoverMode,
        InstanceStatus status) {

    public Instance {
        requireNonNull(id, "id");
        requireNonNull(region, "region");
        requireNonNull(engine, "engine");
        requireNonNull(edition, "edition");
        requireNonNull(observedAt, "observedAt");
        requireNonNull(maintenanceWindow, "maintenanceWindow");
        requireNonNull(failoverMode, "failoverMode");
        requireNonNull(status, "status");
        nodes = List.copyOf(nodes);
    }

    /** An instance of a product that has neither maintenance windows nor a failover of its own; the nodes say its status. */
    public Instance(String id, String region, Engine engine, Edition edition, List<Node> nodes, Instant observedAt) {
        this(
                id,
                region,
                engine,
                edition,
                nodes,
                observedAt,
                Optional.empty(),
                Optional.empty(),
                InstanceStatus.of(edition, nodes));
    }

    /** The same with another maintenance window. */
    public Instance withMaintenanceWindow(Optional<MaintenanceWindow> window) {
        return new Instance(id, region, engine, edition, nodes, observedAt, window, failoverMode, status);
    }

    /** The same with another failover mode. */
    public Instance withFailoverMode(Optional<FailoverMode> mode) {
        return new Instance(id, region, engine, edition, nodes, observedAt, maintenanceWindow, mode, status);
    }

    /** The same with another status. */
    public Instance withStatus(InstanceStatus other) {
        return new Instance(id, region, engine, edition, nodes, observedAt, maintenanceWindow, failoverMode, other);
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
