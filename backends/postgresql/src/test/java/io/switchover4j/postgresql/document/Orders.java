package io.switchover4j.postgresql.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Check;
import io.switchover4j.Phase;
import io.switchover4j.Preflight;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.postgresql.LocalProcessControl;
import io.switchover4j.postgresql.PostgresBackend;
import io.switchover4j.spi.TrafficParticipant;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The instance {@code orders}: a real pair that all rows share, and a backend and a coordinator of each row's own. */
final class Orders implements AutoCloseable {

    static final String ID = "orders";
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static @Nullable PostgresPair shared;

    final PostgresPair pair;
    final PostgresBackend backend;
    final SwitchoverCoordinator coordinator;

    Orders(TrafficParticipant... participants) {
        this(zoneOf -> "zone-" + zoneOf, participants);
    }

    Orders(UnaryOperator<String> zoneOf, TrafficParticipant... participants) {
        pair = pair();
        backend = builder(zoneOf).build();
        SwitchoverCoordinator.Builder builder = SwitchoverCoordinator.builder().backend(backend);
        for (TrafficParticipant participant : participants) {
            builder.participant(ID, participant);
        }
        coordinator = builder.build();
    }

    /** Started once for all rows; ends with the process. */
    static synchronized PostgresPair pair() {
        PostgresPair running = shared;
        if (running == null) {
            PostgresPair started = PostgresPair.start();
            Runtime.getRuntime().addShutdownHook(new Thread(started::close));
            running = started;
            shared = started;
        }
        running.awaitStreaming();
        return running;
    }

    private PostgresBackend.Builder builder(UnaryOperator<String> zoneOf) {
        PostgresNode alone = pair.primary();
        return PostgresBackend.builder()
                .credentials(pair.superuser().user(), pair.superuser().password())
                .instance(ID, instance -> {
                    instance.region("eu-central-1");
                    for (PostgresNode node : pair.nodes()) {
                        instance.node(
                                node.id(),
                                builder -> builder.zone(zoneOf.apply(node.id()))
                                        .endpoint(node.endpoint())
                                        .control(control(node)));
                    }
                })
                .instance(
                        "archive",
                        instance -> instance.region("us-east-1")
                                .node(
                                        alone.id(),
                                        node -> node.endpoint(alone.endpoint()).control(control(alone))));
    }

    private static LocalProcessControl control(PostgresNode node) {
        return new LocalProcessControl(
                node.id(), node.dataDirectory(), node.startCommand(), node.environment(), node.logFile());
    }

    static SwitchoverRequest.Builder request() {
        return SwitchoverRequest.of(ID).requestedBy("alice", "kernel update of rack 7");
    }

    SwitchoverReport switchNow() throws Exception {
        SwitchoverReport report = coordinator.start(request().build()).await(PATIENCE);
        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
        return report;
    }

    static Check check(Preflight preflight, String name) {
        return preflight.checks().stream()
                .filter(check -> check.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no check '%s': %s".formatted(name, preflight.describe())));
    }

    @Override
    public void close() {
        coordinator.close();
        backend.close();
    }
}
