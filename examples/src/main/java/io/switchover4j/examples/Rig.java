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

/** A running pair, an application's pools and DataSource over it, and the coordinator that switches it. */
final class Rig implements AutoCloseable {

    static final String INSTANCE = "bank";

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final Access access;
    private final PostgresPair pair;
    private final ReconnectingDataSource dataSource;
    private final SwitchoverCoordinator coordinator;

    /** How the application reaches the pair. */
    enum Access {
        /** A pool per node. */
        NODES("the application knows both nodes"),
        /** One pool over one address that moves, as a cloud service's endpoint does. */
        MOVING("the application knows one endpoint that moves");

        private final String text;

        Access(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }

        static Access fromSystemProperties() {
            return "moving".equals(System.getProperty("endpoint")) ? MOVING : NODES;
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
            if (access == Access.MOVING) {
                MovingEndpoint endpoint =
                        opened(MovingEndpoint.to(pair.primary().endpoint()));
                dataSource = opened(ReconnectingDataSource.wrap(opened(pool(endpoint.endpoint()))));
                builder.participant(endpoint);
            } else {
                dataSource = opened(ReconnectingDataSource.builder()
                        .node("a", opened(pool(pair.node("a").endpoint())))
                        .node("b", opened(pool(pair.node("b").endpoint())))
                        .build());
            }
            coordinator = opened(builder.participant(dataSource).build());
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

    private HikariDataSource pool(Endpoint endpoint) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://" + endpoint + "/" + PostgresPair.APPLICATION_DATABASE);
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

    ReconnectingDataSource dataSource() {
        return dataSource;
    }

    SwitchoverCoordinator coordinator() {
        return coordinator;
    }

    String describe() {
        return coordinator.instance(INSTANCE).engine().toString();
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
