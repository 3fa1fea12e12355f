package io.switchover4j.testkit;

import io.switchover4j.Endpoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** A {@link PostgresPair} as an application sees it through a {@link FaultProxy} in front of each node. Thread-safe. */
public final class ProxiedPair implements AutoCloseable {

    private final PostgresPair pair;
    private final List<FaultProxy> proxies;

    private ProxiedPair(PostgresPair pair, List<FaultProxy> proxies) {
        this.pair = pair;
        this.proxies = proxies;
    }

    static ProxiedPair of(PostgresPair pair) {
        List<FaultProxy> proxies = new ArrayList<>();
        try {
            for (PostgresNode node : pair.nodes()) {
                proxies.add(FaultProxy.inFrontOf(node));
            }
        } catch (IOException e) {
            proxies.forEach(FaultProxy::close);
            throw new PairException("Could not open a proxy in front of each node: " + e.getMessage(), e);
        }
        return new ProxiedPair(pair, List.copyOf(proxies));
    }

    /** The proxy in front of this node. */
    public FaultProxy proxy(PostgresNode node) {
        return proxies.get(pair.nodes().indexOf(node));
    }

    /**
     * The proxy in front of the node with this name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public FaultProxy proxy(String id) {
        return proxy(pair.node(id));
    }

    /** Both proxies, that of {@code a} first. */
    public List<FaultProxy> proxies() {
        return proxies;
    }

    /** The addresses of both proxies, that of {@code a} first. */
    public List<Endpoint> endpoints() {
        return proxies.stream().map(FaultProxy::endpoint).toList();
    }

    /** A DataSource without pool of the database {@code app} on the node with this name, through its proxy. */
    public DataSource dataSource(String id, Credentials user) {
        return pair.dataSource(proxy(id).endpoint(), user);
    }

    /** Closes both proxies; the pair goes on. Idempotent. */
    @Override
    public void close() {
        proxies.forEach(FaultProxy::close);
    }
}
