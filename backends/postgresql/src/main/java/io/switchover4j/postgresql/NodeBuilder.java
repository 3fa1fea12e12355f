package io.switchover4j.postgresql;

import static java.util.Objects.requireNonNull;

import io.switchover4j.Endpoint;
import io.switchover4j.Zone;
import io.switchover4j.postgresql.internal.NodeConfig;
import io.switchover4j.spi.Names;
import io.switchover4j.spi.NodeControl;
import org.jspecify.annotations.Nullable;

/** Collects what must be known of one node. Confined to one thread. */
public final class NodeBuilder {

    private final String id;
    private String zone = "default";
    private @Nullable Endpoint endpoint;
    private @Nullable Endpoint replicationEndpoint;
    private @Nullable NodeControl control;
    private String applicationName;

    NodeBuilder(String id) {
        this.id = id;
        this.applicationName = id;
    }

    /** The zone inside the instance's region. Default: {@code default}. */
    public NodeBuilder zone(String zone) {
        this.zone = Names.require("zone", zone);
        return this;
    }

    /** Where we reach the server. Required. */
    public NodeBuilder endpoint(String host, int port) {
        return endpoint(new Endpoint(host, port));
    }

    /** Where we reach the server. Required. */
    public NodeBuilder endpoint(Endpoint endpoint) {
        this.endpoint = requireNonNull(endpoint, "endpoint");
        return this;
    }

    /** Where the other node reaches the server, if that is another network. Default: {@link #endpoint(Endpoint)}. */
    public NodeBuilder replicationEndpoint(Endpoint endpoint) {
        this.replicationEndpoint = requireNonNull(endpoint, "replicationEndpoint");
        return this;
    }

    /**
     * What the node calls itself when it streams: the name that {@code synchronous_standby_names} knows. Default: the node's
     * id.
     */
    public NodeBuilder applicationName(String name) {
        this.applicationName = Names.require("application name", name);
        return this;
    }

    /** Stops and starts the server. Required. */
    public NodeBuilder control(NodeControl control) {
        this.control = requireNonNull(control, "control");
        return this;
    }

    NodeConfig build(String instanceId, String region) {
        if (endpoint == null) {
            throw new IllegalArgumentException(
                    "Node '%s' of instance '%s' has no endpoint; call endpoint(host, port)".formatted(id, instanceId));
        }
        if (control == null) {
            throw new IllegalArgumentException(
                    "Node '%s' of instance '%s' has no control; call control(NodeControl)".formatted(id, instanceId));
        }
        if (!control.nodeId().equals(id)) {
            throw new IllegalArgumentException("Node '%s' of instance '%s' was given the control of node '%s'"
                    .formatted(id, instanceId, control.nodeId()));
        }
        return new NodeConfig(
                id,
                new Zone(region, zone),
                endpoint,
                replicationEndpoint == null ? endpoint : replicationEndpoint,
                applicationName,
                control);
    }
}
