package io.switchover4j.simulated;

import io.switchover4j.spi.BackendException;
import java.time.Duration;
import java.util.function.Consumer;

/** One simulated server, for a test to disturb and to write on. Thread-safe. */
public final class SimulatedNode {

    private final World world;
    private final String instanceId;
    private final String nodeId;

    SimulatedNode(World world, String instanceId, String nodeId) {
        this.world = world;
        this.instanceId = instanceId;
        this.nodeId = nodeId;
        change(node -> {});
    }

    public String id() {
        return nodeId;
    }

    /** Ends its server process: connections are refused, leases on it are lost, what it has written is kept. */
    public void crash() {
        change(node -> {
            node.running = false;
            node.frozen = false;
            node.lease = null;
            node.leaseOrphaned = false;
        });
        tell("crashes");
    }

    /** Starts it after a crash, in the role it had, fenced if it was. Without effect if it runs. */
    public void restart() {
        change(node -> node.running = true);
        tell("is started");
    }

    /** Lets it answer nobody and do nothing, as a stopped virtual machine: it forgets nothing. */
    public void freeze() {
        change(node -> node.frozen = node.running);
        tell("freezes");
    }

    /** Ends {@link #freeze()}: it goes on as if nothing had happened. */
    public void thaw() {
        change(node -> {
            node.frozen = false;
            if (node.leaseOrphaned) {
                node.lease = null;
                node.leaseOrphaned = false;
            }
        });
        tell("thaws");
    }

    /** Keeps coordinators from reaching it; applications and replication go on. */
    public void isolate() {
        change(node -> node.isolated = true);
        tell("is isolated from coordinators");
    }

    /** Ends {@link #isolate()}. */
    public void reconnect() {
        change(node -> node.isolated = false);
        tell("is reached by coordinators again");
    }

    /** Stops what flows to it from its primary. */
    public void stopReplication() {
        change(node -> node.replicates = false);
        tell("replicates no more");
    }

    /** Ends {@link #stopReplication()}. */
    public void startReplication() {
        change(node -> node.replicates = true);
        tell("replicates again");
    }

    /** Sets how old a change of the primary is when this standby applies it. */
    public void lag(Duration lag) {
        if (lag.isNegative()) {
            throw new IllegalArgumentException("The lag is %s; it must not be negative".formatted(lag));
        }
        change(node -> node.lag = lag);
        tell("lags by " + lag.toMillis() + " ms");
    }

    /**
     * Writes as an application does, and has that acknowledged.
     *
     * @return the position of what was written
     * @throws BackendException if this node takes no writes
     */
    public String write() {
        return world.with(
                instanceId,
                instance -> instance.write(instance.node(nodeId), world.time().nanoTime()));
    }

    /** Whether it takes writes now. */
    public boolean isWritable() {
        return world.with(instanceId, instance -> instance.node(nodeId).takesWrites());
    }

    private void change(Consumer<NodeState> how) {
        world.with(instanceId, instance -> {
            how.accept(instance.node(nodeId));
            return true;
        });
    }

    private void tell(String what) {
        world.happened(instanceId + '/' + nodeId, what, "");
    }

    @Override
    public String toString() {
        return instanceId + '/' + nodeId;
    }
}
