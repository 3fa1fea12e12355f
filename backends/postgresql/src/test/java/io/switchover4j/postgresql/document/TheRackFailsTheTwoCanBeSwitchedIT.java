package io.switchover4j.postgresql.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.LossLimit;
import io.switchover4j.Phase;
import io.switchover4j.Preflight;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.postgresql.LocalProcessControl;
import io.switchover4j.postgresql.PostgresBackend;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The document says: the rack fails: the two can be switched. Of an old primary that is frozen, or whose host cannot be reached,
 * {@code FailoverIT} and {@code BankUnderFailoverIT} show the same.
 */
@Timeout(120)
class TheRackFailsTheTwoCanBeSwitchedIT {

    private static SwitchoverRequest.Builder failover() {
        return SwitchoverRequest.of("orders").failover().requestedBy("alice", "rack 7 is dark");
    }

    @Test
    void theStandbyInTheOtherRackTakesOverAndWhatWasLostIsSaid() throws Exception {
        try (PostgresPair pair = PostgresPair.start()) {
            PostgresNode old = pair.primary();
            PostgresNode next = pair.standby();
            run(old, "CREATE TABLE entry (id bigint)", "INSERT INTO entry VALUES (1)");
            pair.awaitStreaming();
            try (PostgresBackend backend = backend(pair);
                    SwitchoverCoordinator coordinator =
                            SwitchoverCoordinator.builder().backend(backend).build()) {
                assertThat(coordinator.instance("orders").isZoneTolerant()).isTrue();
                old.crash();

                Preflight planned =
                        coordinator.preflight(SwitchoverRequest.of("orders").build());
                assertThat(planned.isPassed())
                        .as("a planned switch needs the primary")
                        .isFalse();

                Preflight asked = coordinator.preflight(failover().build());
                assertThat(asked.blockers()).extracting(check -> check.name()).containsExactly("estimated loss");
                long figure = asked.estimatedLoss().orElseThrow().bytes().orElseThrow();

                SwitchoverReport report = coordinator
                        .start(failover().acceptLoss(LossLimit.of(figure)).build())
                        .await(Duration.ofSeconds(90));

                assertThat(report.isSwitched()).as(report.describe()).isTrue();
                assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
                assertThat(report.newPrimary()).contains(next.id());
                assertThat(report.message()).contains("Estimated loss: 0 bytes as observed");
                assertThat(report.describe()).contains("fenced (its server does not run)");
            }
            run(next, "INSERT INTO entry VALUES (2)");
            pair.awaitStreaming();
            assertThat(count(old)).as("the old primary follows as the standby").isEqualTo(2);
        }
    }

    private static PostgresBackend backend(PostgresPair pair) {
        return PostgresBackend.builder()
                .credentials(pair.superuser().user(), pair.superuser().password())
                .instance("orders", orders -> {
                    for (PostgresNode node : pair.nodes()) {
                        orders.node(
                                node.id(),
                                b -> b.zone("rack-" + node.id())
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

    private static void run(PostgresNode node, String... statements) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static int count(PostgresNode node) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM entry")) {
            row.next();
            return row.getInt(1);
        }
    }
}
