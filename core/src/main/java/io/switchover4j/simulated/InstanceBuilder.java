package io.switchover4j.simulated;

import static java.util.Objects.requireNonNull;

import io.switchover4j.Edition;
import io.switchover4j.Endpoint;
import io.switchover4j.Engine;
import io.switchover4j.Zone;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Describes one simulated instance. Not thread-safe. */
public final class InstanceBuilder {

    private record NodeSpec(String id, String zone) {}

    private final String id;
    private final List<NodeSpec> nodes = new ArrayList<>();
    private String region = "local";
    private Engine engine = new Engine("Simulated", "1.0");
    private Edition edition = Edition.HIGH_AVAILABILITY;
    private Duration lag = Duration.ZERO;
    private long bytesPerSecond;

    InstanceBuilder(String id) {
        this.id = id;
    }

    public InstanceBuilder region(String region) {
        this.region = requireNonNull(region, "region");
        return this;
    }

    public InstanceBuilder engine(Engine engine) {
        this.engine = requireNonNull(engine, "engine");
        return this;
    }

    public InstanceBuilder edition(Edition edition) {
        this.edition = requireNonNull(edition, "edition");
        return this;
    }

    /** Adds a node. The first one is the primary. */
    public InstanceBuilder node(String nodeId, String zone) {
        nodes.add(new NodeSpec(requireNonNull(nodeId, "nodeId"), requireNonNull(zone, "zone")));
        return this;
    }

    /**
     * How old a change of the primary is when a standby applies it. Default: none.
     *
     * @throws IllegalArgumentException if the lag is negative
     */
    public InstanceBuilder lag(Duration lag) {
        if (lag.isNegative()) {
            throw new IllegalArgumentException("The lag of '%s' is %s; it must not be negative".formatted(id, lag));
        }
        this.lag = lag;
        return this;
    }

    /**
     * How much applications write, without a test's doing. Default: nothing.
     *
     * @throws IllegalArgumentException if the load is negative
     */
    public InstanceBuilder load(long bytesPerSecond) {
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException(
                    "The load of '%s' is %d bytes per second; it must be 0 or more".formatted(id, bytesPerSecond));
        }
        this.bytesPerSecond = bytesPerSecond;
        return this;
    }

    InstanceState build(int firstPort, long now) {
        if (nodes.isEmpty()) {
            throw new IllegalStateException("The instance '%s' has no node; add one with node(...)".formatted(id));
        }
        History history = History.first();
        List<NodeState> states = new ArrayList<>();
        for (NodeSpec spec : nodes) {
            Endpoint endpoint = new Endpoint("simulated", firstPort + states.size());
            if (states.stream().anyMatch(state -> state.id.equals(spec.id()))) {
                throw new IllegalStateException("The instance '%s' has two nodes '%s'".formatted(id, spec.id()));
            }
            states.add(new NodeState(spec.id(), new Zone(region, spec.zone()), endpoint, history, lag));
        }
        return new InstanceState(id, region, engine, edition, states, bytesPerSecond, now);
    }
}
