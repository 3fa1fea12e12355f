package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Check;
import io.switchover4j.Instance;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pairs in which each commit waits for the standby. */
class SynchronousIT {

    @SuppressWarnings("NullAway.Init")
    private static PostgresPair pair;

    @BeforeAll
    static void start() {
        pair = PostgresPair.builder().synchronous(true).start();
    }

    @AfterAll
    static void stop() {
        pair.close();
    }

    @Test
    void theFirstWriteDoesNotWaitForTheRejoinAndCommitsWaitAgainAfterIt() throws Exception {
        try (PostgresBackend backend = Backends.of(pair);
                SwitchoverCoordinator coordinator =
                        SwitchoverCoordinator.builder().backend(backend).build()) {
            for (int i = 0; i < 2; i++) {
                String target = pair.standby().id();
                SwitchoverReport report = coordinator
                        .start(SwitchoverRequest.of(Backends.INSTANCE)
                                .target(target)
                                .build())
                        .await(Duration.ofSeconds(60));

                assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
                assertThat(report.writePause().orElseThrow()).isLessThan(Duration.ofSeconds(2));
                assertThat(report.checks())
                        .filteredOn(check -> check.name().equals("synchronous replication"))
                        .singleElement()
                        .satisfies(check -> assertThat(check.verdict()).isEqualTo(Check.Verdict.WARN));
                assertThat(report.notes().get("synchronous_standby_names")).contains("was '*'");
                assertThat(Sql.one(pair.primary(), "SHOW synchronous_standby_names"))
                        .isEqualTo("*");
                Leftovers.await(
                        () -> Sql.one(pair.primary(), "SELECT sync_state FROM pg_stat_replication")
                                .equals("sync"),
                        () -> "not synchronous: "
                                + Sql.list(pair.primary(), "SELECT sync_state FROM pg_stat_replication"));
                Leftovers.assertNone(pair);
            }
        }
    }

    @Test
    void aRollbackLeavesTheStandbySynchronous() throws Exception {
        try (PostgresBackend backend = Backends.of(pair)) {
            String primary = pair.primary().id();
            try (SwitchoverSession session = Backends.open(backend, "op_sync")) {
                StepDriver driver = new StepDriver(session, "op_sync");
                driver.apply(Phase.CATCHING_UP, Phase.CONFIRMING_POSITION);
                driver.rollBack();
            }

            assertThat(pair.primary().id()).isEqualTo(primary);
            Leftovers.await(
                    () -> Sql.one(pair.primary(), "SELECT sync_state FROM pg_stat_replication")
                            .equals("sync"),
                    () -> "not synchronous");
            Instance instance = Backends.describe(backend);
            assertThat(Backends.standby(instance).replication().orElseThrow().synchronous())
                    .isTrue();
            assertThat(Sql.one(pair.standby(), "SHOW synchronous_standby_names"))
                    .isEqualTo("*");
            Leftovers.assertNone(pair);
        }
    }

    /** What a coordinator that died leaves behind would otherwise be taken for the pair's configuration for ever. */
    @Test
    void aNodeWhoseCommitsWaitForNoStandbyUnlikeTheOtherIsPointedOut() throws Exception {
        String primary = pair.primary().id();
        String standby = pair.standby().id();
        try (PostgresBackend backend = Backends.of(pair)) {
            for (PostgresNode off : pair.nodes()) {
                Sql.run(off, "ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()");
                Leftovers.await(
                        () -> Sql.one(off, "SHOW synchronous_standby_names").isEmpty(), () -> "not reloaded");
                Instance instance = Backends.describe(backend);

                List<Check> checks =
                        backend.check(instance, Backends.standby(instance), Backends.OPTIONS, Backends.in(10));

                assertThat(checks)
                        .filteredOn(check -> check.name().equals("synchronous replication"))
                        .singleElement()
                        .satisfies(check -> {
                            String on = off.id().equals(primary) ? standby : primary;
                            assertThat(check.verdict()).isEqualTo(Check.Verdict.WARN);
                            assertThat(check.figure()).isEqualTo("'*' on '%s', off on '%s'".formatted(on, off.id()));
                            assertThat(check.advice())
                                    .contains("commits on '%s' wait for no standby".formatted(off.id()));
                        });
                Sql.run(off, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
                Leftovers.await(
                        () -> Sql.one(off, "SHOW synchronous_standby_names").equals("*"), () -> "not reloaded");
            }
        }
    }

    @Test
    void aSwitchThatIsNotFinishedSaysThatCommitsWaitForNoStandbyAndHowToEndThat() throws Exception {
        try (PostgresPair unlucky = PostgresPair.builder().synchronous(true).start();
                PostgresBackend backend = PostgresBackend.builder()
                        .credentials(
                                unlucky.superuser().user(), unlucky.superuser().password())
                        .instance(
                                Backends.INSTANCE,
                                instance -> unlucky.nodes()
                                        .forEach(node -> instance.node(
                                                node.id(),
                                                b -> b.endpoint(node.endpoint())
                                                        .control(new ControlWrapper(Backends.control(node)) {
                                                            @Override
                                                            public void write(String name, byte[] content)
                                                                    throws IOException {
                                                                if (name.equals("postgresql.auto.conf")) {
                                                                    throw new IOException("no disk");
                                                                }
                                                                super.write(name, content);
                                                            }
                                                        }))))
                        .build();
                SwitchoverCoordinator coordinator =
                        SwitchoverCoordinator.builder().backend(backend).build()) {
            SwitchoverReport report = coordinator
                    .start(SwitchoverRequest.of(Backends.INSTANCE).build())
                    .await(Duration.ofSeconds(60));

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED_DEGRADED);
            assertThat(report.message())
                    .contains("no disk")
                    .contains("Commits on 'b' wait for no standby until you run there:")
                    .contains("ALTER SYSTEM RESET synchronous_standby_names;");
        }
    }
}
