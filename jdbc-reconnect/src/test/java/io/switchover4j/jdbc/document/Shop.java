package io.switchover4j.jdbc.document;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.postgresql.LocalProcessControl;
import io.switchover4j.postgresql.PostgresBackend;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** An application over a real pair, and the coordinator that switches the pair. */
final class Shop implements AutoCloseable {

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    final PostgresPair pair;
    final ReconnectingDataSource dataSource;
    private final SwitchoverCoordinator coordinator;

    Shop() {
        pair = opened(PostgresPair.start());
        ReconnectingDataSource.Builder builder =
                ReconnectingDataSource.builder().name("shop");
        pair.nodes().forEach(node -> builder.node(node.id(), opened(pool(node))));
        dataSource = opened(builder.build());
        PostgresBackend backend = opened(PostgresBackend.builder()
                .credentials(pair.superuser().user(), pair.superuser().password())
                .instance(
                        "orders",
                        instance -> pair.nodes()
                                .forEach(node -> instance.node(
                                        node.id(),
                                        described -> described
                                                .endpoint(node.endpoint())
                                                .control(control(node)))))
                .build());
        coordinator = opened(SwitchoverCoordinator.builder()
                .backend(backend)
                .participant("orders", dataSource)
                .build());
    }

    private HikariDataSource pool(PostgresNode node) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(node.dataSource(pair.application()));
        config.setMaximumPoolSize(10);
        config.setInitializationFailTimeout(-1);
        return new HikariDataSource(config);
    }

    private static LocalProcessControl control(PostgresNode node) {
        return new LocalProcessControl(
                node.id(), node.dataDirectory(), node.startCommand(), node.environment(), node.logFile());
    }

    private <T extends AutoCloseable> T opened(T resource) {
        resources.push(resource);
        return resource;
    }

    SwitchoverReport switchOver() throws Exception {
        SwitchoverReport report = coordinator
                .start(SwitchoverRequest.of("orders")
                        .requestedBy("alice", "kernel update of rack 7")
                        .build())
                .await(Duration.ofSeconds(60));
        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
        return report;
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }
}
