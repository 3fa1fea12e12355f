package io.switchover4j.postgresql;

import static java.util.Objects.requireNonNull;

import io.switchover4j.Edition;
import io.switchover4j.postgresql.internal.InstanceConfig;
import io.switchover4j.postgresql.internal.NodeConfig;
import io.switchover4j.spi.Names;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Collects the nodes of one instance: two, or one for {@link Edition#BASIC}. Confined to one thread. */
public final class InstanceBuilder {

    private final String id;
    private String region = "local";
    private @Nullable Edition edition;
    private final Map<String, NodeBuilder> nodes = new LinkedHashMap<>();

    InstanceBuilder(String id) {
        this.id = id;
    }

    /** Default: {@code local}. */
    public InstanceBuilder region(String region) {
        this.region = Names.require("region", region);
        return this;
    }

    /** Default: {@link Edition#HIGH_AVAILABILITY} with two nodes, {@link Edition#BASIC} with one. */
    public InstanceBuilder edition(Edition edition) {
        this.edition = requireNonNull(edition, "edition");
        return this;
    }

    /**
     * Adds a node; its role is asked, never configured.
     *
     * @throws IllegalArgumentException if there is a node of that id already
     */
    public InstanceBuilder node(String nodeId, Consumer<NodeBuilder> node) {
        requireNonNull(node, "node");
        NodeBuilder builder = new NodeBuilder(Names.require("node id", nodeId));
        if (nodes.putIfAbsent(nodeId, builder) != null) {
            throw new IllegalArgumentException("Instance '%s' has two nodes '%s'".formatted(id, nodeId));
        }
        node.accept(builder);
        return this;
    }

    InstanceConfig build() {
        List<NodeConfig> built = new ArrayList<>();
        nodes.values().forEach(node -> built.add(node.build(id, region)));
        Edition actual = edition != null ? edition : built.size() == 1 ? Edition.BASIC : Edition.HIGH_AVAILABILITY;
        if (actual == Edition.CLUSTER || built.isEmpty() || built.size() > 2) {
            throw new IllegalArgumentException(
                    "Instance '%s' has %d nodes and edition %s; this backend switches pairs: 2 nodes, or 1 for BASIC"
                            .formatted(id, built.size(), actual));
        }
        if (built.size() == 2 && built.get(0).endpoint().equals(built.get(1).endpoint())) {
            throw new IllegalArgumentException("Both nodes of instance '%s' have the endpoint %s"
                    .formatted(id, built.get(0).endpoint()));
        }
        return new InstanceConfig(id, region, actual, built);
    }
}
