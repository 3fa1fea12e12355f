package io.switchover4j.simulated;

import io.switchover4j.Edition;
import io.switchover4j.Engine;
import io.switchover4j.FailoverMode;
import io.switchover4j.Instance;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.spi.BackendException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** One instance and its nodes. Guarded by the world's lock. */
final class InstanceState {

    /** What an application had acknowledged. */
    private record Write(History history, long position) {}

    private static final long BYTES_PER_WRITE = 256;

    final String id;
    final String region;
    final Engine engine;
    final Edition edition;
    final List<NodeState> nodes;
    final long bytesPerSecond;

    Optional<MaintenanceWindow> window = Optional.empty();
    FailoverMode failoverMode = FailoverMode.automatic();

    private final List<Write> acknowledged = new ArrayList<>();
    private long settledAt;

    InstanceState(
            String id,
            String region,
            Engine engine,
            Edition edition,
            List<NodeState> nodes,
            long bytesPerSecond,
            long now) {
        this.id = id;
        this.region = region;
        this.engine = engine;
        this.edition = edition;
        this.nodes = List.copyOf(nodes);
        this.bytesPerSecond = bytesPerSecond;
        this.settledAt = now;
        NodeState primary = nodes.get(0);
        for (NodeState node : nodes) {
            if (node != primary) {
                node.standby = true;
                node.upstream = primary;
            }
        }
    }

    NodeState node(String nodeId) {
        return nodes.stream()
                .filter(node -> node.id.equals(nodeId))
                .findFirst()
                .orElseThrow(() -> new BackendException("'%s' has no node '%s'; known are %s"
                        .formatted(id, nodeId, nodes.stream().map(n -> n.id).toList())));
    }

    /**
     * Lets everything happen that takes time.
     *
     * @return the nodes that became primary meanwhile
     */
    List<NodeState> settle(long now) {
        List<NodeState> promoted = List.of();
        for (NodeState node : nodes) {
            if (node.promoting && node.isAlive() && node.promotedAt <= now) {
                advance(Math.max(settledAt, node.promotedAt));
                node.promoting = false;
                node.standby = false;
                node.fenced = false;
                node.upstream = null;
                node.history = node.history.branch(node.position);
                promoted = new ArrayList<>(promoted);
                promoted.add(node);
            }
        }
        advance(now);
        return promoted;
    }

    private void advance(long now) {
        for (NodeState node : nodes) {
            node.advance(settledAt, now, bytesPerSecond);
        }
        long longestLag = 0;
        for (NodeState node : nodes) {
            node.replicate(now);
            longestLag = Math.max(longestLag, node.lag.toNanos());
        }
        for (NodeState node : nodes) {
            node.forgetBefore(now - longestLag);
        }
        settledAt = now;
    }

    String write(NodeState node, long now) {
        if (!node.takesWrites()) {
            String why = !node.running
                    ? "connection refused"
                    : node.frozen ? "no answer" : node.standby ? "it is a standby" : "it is fenced";
            throw new BackendException("'%s' takes no writes: %s".formatted(node.id, why));
        }
        node.write(now, BYTES_PER_WRITE);
        acknowledged.add(new Write(node.history, node.position));
        node.replicate(now);
        return node.history.position(node.position);
    }

    /** What was acknowledged and is missing on the newest primary. */
    List<String> lostWrites() {
        NodeState newest = newestPrimary();
        List<String> lost = new ArrayList<>();
        for (Write write : acknowledged) {
            if (!newest.history.contains(newest.position, write.history(), write.position())) {
                lost.add(write.history().position(write.position()));
            }
        }
        return lost;
    }

    private NodeState newestPrimary() {
        return nodes.stream()
                .filter(node -> !node.standby)
                .max(Comparator.comparingInt(node -> node.history.timeline()))
                .orElseThrow();
    }

    Instance describe(Instant at) {
        Instance observed = new Instance(
                id,
                region,
                engine,
                edition,
                nodes.stream().map(NodeState::describe).toList(),
                at);
        return observed.withMaintenanceWindow(window).withFailoverMode(Optional.of(failoverMode));
    }
}
