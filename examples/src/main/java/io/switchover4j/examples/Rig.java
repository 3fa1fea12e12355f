package io.switchover4j.examples;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.Edition;
import io.switchover4j.Endpoint;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.postgresql.LocalProcessControl;
import io.switchover4j.postgresql.PostgresBackend;
import io.switchover4j.testkit.MovingEndpoint;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import javax.sql.DataSource;

/** A running pair, an application's pools and DataSource over it, and the coordinator that switches it. */
final class Rig implements AutoCloseable {

    static final String INSTANCE = "bank";

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Access access;
    private final PostgresPair pair;
    private final DataSource dataSource;
    private final SwitchoverCoordinator coordinator;

    /** How the application reaches the pair. */
    enum Access {
        /** A pool per node. */
        NODES("the application knows both nodes"),
        /** One pool over one address that moves, as a cloud service's endpoint does. */
        MOVING("the application knows one endpoint that moves"),
        /** What is usual without this library: HikariCP over the driver's own list of nodes. For comparison. */
        HIKARI("the application has HikariCP and the driver's targetServerType=primary, and nothing of ours");

        private final String text;

        Access(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }

        static Access fromSystemProperties() {
            String name = System.getProperty("endpoint", "nodes");
            return switch (name) {
                case "nodes" -> NODES;
                case "moving" -> MOVING;
                case "hikari" -> HIKARI;
                default ->
                    throw new IllegalArgumentException(
                            "-Dendpoint=%s is unknown; it is nodes, moving or hikari".formatted(name));
            };
        }
    }

    static Rig start(Access access) throws IOException {
        return new Rig(access);
    }

    private Rig(Access access) throws IOException {
        this.access = access;
        boolean started = false;
        try {
            pair = opened(PostgresPair.start());
            PostgresBackend backend = opened(backend(pair));
            SwitchoverCoordinator.Builder builder =
                    SwitchoverCoordinator.builder().backend(backend);
            switch (access) {
                case NODES -> {
                    ReconnectingDataSource ours = opened(ReconnectingDataSource.builder()
                            .node("a", opened(pool(pair, pair.node("a").endpoint())))
                            .node("b", opened(pool(pair, pair.node("b").endpoint())))
                            .build());
                    dataSource = ours;
                    builder.participant(ours);
                }
                case MOVING -> {
                    MovingEndpoint endpoint =
                            opened(MovingEndpoint.to(pair.primary().endpoint()));
                    ReconnectingDataSource ours =
                            opened(ReconnectingDataSource.wrap(opened(pool(pair, endpoint.endpoint()))));
                    dataSource = ours;
                    builder.participant(endpoint).participant(ours);
                }
                case HIKARI ->
                    dataSource = opened(pool(
                            pair,
                            "%s,%s"
                                    .formatted(
                                            pair.node("a").endpoint(),
                                            pair.node("b").endpoint()),
                            "?targetServerType=primary"));
                default -> throw new IllegalStateException("unreachable");
            }
            coordinator = opened(builder.build());
            started = true;
        } finally {
            if (!started) {
                close();
            }
        }
    }

    static PostgresBackend backend(PostgresPair pair) {
        return PostgresBackend.builder()
                .credentials(pair.superuser().user(), pair.superuser().password())
                .instance(INSTANCE, instance -> {
                    instance.region("local").edition(Edition.HIGH_AVAILABILITY);
                    for (PostgresNode node : pair.nodes()) {
                        instance.node(
                                node.id(),
                                settings -> settings.zone("rack-" + node.id())
                                        .endpoint(node.endpoint())
                                        .control(new LocalProcessControl(
                                                node.id(),
                                                node.dataDirectory(),
                                                node.startCommand(),
                                                node.environment(),
                                                node.logFile())));
                    }
                })
                .build();
    }

    static HikariDataSource pool(PostgresPair pair, Endpoint endpoint) {
        return pool(pair, endpoint.toString(), "");
    }

    private static HikariDataSource pool(PostgresPair pair, String hosts, String options) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://" + hosts + "/" + PostgresPair.APPLICATION_DATABASE + options);
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(10);
        config.setInitializationFailTimeout(-1);
        return new HikariDataSource(config);
    }

    Access access() {
        return access;
    }

    PostgresPair pair() {
        return pair;
    }

    DataSource dataSource() {
        return dataSource;
    }

    SwitchoverCoordinator coordinator() {
        return coordinator;
    }

    String describe() {
        return coordinator.instance(INSTANCE).engine().toString();
    }

    /** Physical connections that are borrowed from the pools now. */
    int activeConnections() {
        return open.stream()
                .filter(HikariDataSource.class::isInstance)
                .mapToInt(
                        pool -> ((HikariDataSource) pool).getHikariPoolMXBean().getActiveConnections())
                .sum();
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.push(resource);
        return resource;
    }

    @Override
    public void close() {
        RuntimeException failed = null;
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                failed = failed == null ? new IllegalStateException("Could not close everything", e) : failed;
            }
        }
        if (failed != null) {
            throw failed;
        }
    }
}
