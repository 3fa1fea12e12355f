package io.switchover4j.postgresql;

import static io.switchover4j.Check.Verdict.BLOCK;
import static io.switchover4j.Check.Verdict.PASS;
import static io.switchover4j.Check.Verdict.WARN;
import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Check;
import io.switchover4j.Instance;
import io.switchover4j.Phase;
import io.switchover4j.PlannedStep;
import io.switchover4j.spi.SwitchoverOptions;
import io.switchover4j.spi.SwitchoverPlan;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each question that is asked before a switch, with the answer that stands in its way. */
class CheckIT {

    @SuppressWarnings("NullAway.Init")
    private static PostgresPair pair;

    @BeforeAll
    static void start() {
        pair = PostgresPair.builder()
                .settings(Map.of("wal_level", "logical", "max_prepared_transactions", "5"))
                .start();
    }

    @AfterAll
    static void stop() {
        pair.close();
    }

    @BeforeEach
    void heal() {
        pair.nodes().forEach(PostgresNode::start);
        pair.awaitStreaming();
    }

    @Test
    void aHealthyPairHasNothingAgainstIt() {
        try (PostgresBackend backend = Backends.of(pair)) {
            List<Check> checks = check(backend);

            assertThat(checks).hasSize(20).noneMatch(check -> check.verdict() == BLOCK);
            assertThat(checks)
                    .filteredOn(check -> check.verdict() == WARN)
                    .containsExactly(
                            Check.warn(
                                    "wal_retrieve_retry_interval",
                                    "5000 ms on 'b'",
                                    "a promotion could wait that long: it is set to 10 ms for the time of the switchover"),
                            Check.warn(
                                    "rewind",
                                    "possible after an accident, but the NodeControl of 'a' can neither rewind nor re-seed",
                                    "if 'a' ever has what 'b' has not received, it stays out until a person re-seeds it"));
            assertThat(checks).allSatisfy(check -> assertThat(check.figure()).isNotBlank());
        }
    }

    @Test
    void thePlanNamesEachStepAndWhatThePauseIsMadeOf() {
        try (PostgresBackend backend = Backends.of(pair)) {
            Instance instance = Backends.describe(backend);
            SwitchoverPlan plan = backend.plan(instance, Backends.standby(instance), Backends.OPTIONS, Backends.in(10));

            assertThat(plan.steps())
                    .extracting(PlannedStep::phase)
                    .containsSubsequence(
                            Phase.CATCHING_UP,
                            Phase.FENCING,
                            Phase.CONFIRMING_POSITION,
                            Phase.PROMOTING,
                            Phase.RELEASING,
                            Phase.REJOINING);
            assertThat(plan.steps().get(0).description()).contains("let replication be retried every 10 ms");
            assertThat(plan.predictedPause()).isBetween(Duration.ofMillis(100), Duration.ofSeconds(1));
            assertThat(plan.reasons())
                    .hasSize(6)
                    .anyMatch(reason -> reason.contains("longest transaction, open for "))
                    .anyMatch(reason -> reason.endsWith("for a log segment of 1 MiB"))
                    .anyMatch(reason -> reason.contains("since the last checkpoint"));
        }
    }

    @Test
    void pausedReplayBlocks() throws Exception {
        try (PostgresBackend backend = Backends.of(pair)) {
            Sql.run(pair.node("b"), "SELECT pg_wal_replay_pause()");

            assertThat(check(backend, "replay"))
                    .isEqualTo(Check.block("replay", "paused on 'b'", "SELECT pg_wal_replay_resume() on 'b'"));
        } finally {
            Sql.run(pair.node("b"), "SELECT pg_wal_replay_resume()");
        }
    }

    @Test
    void aStandbyThatDoesNotStreamBlocks() throws Exception {
        String conninfo = Sql.one(pair.node("b"), "SHOW primary_conninfo");
        try (PostgresBackend backend = Backends.of(pair)) {
            Sql.run(
                    pair.node("b"),
                    "ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'",
                    "SELECT pg_reload_conf()");
            Leftovers.await(
                    () -> Sql.list(pair.node("a"), "SELECT pid::text FROM pg_stat_replication")
                            .isEmpty(),
                    () -> "still streams");

            assertThat(check(backend, "streaming").verdict()).isEqualTo(BLOCK);
            assertThat(check(backend, "streaming").figure()).isEqualTo("'a' has no stream to 'b'");
        } finally {
            Sql.run(
                    pair.node("b"),
                    "ALTER SYSTEM SET primary_conninfo = '" + conninfo.replace("'", "''") + "'",
                    "SELECT pg_reload_conf()");
        }
    }

    @Test
    void aNodeThatDoesNotAnswerBlocksAndIsTheOnlyThingSaid() {
        try (PostgresBackend backend = Backends.of(pair)) {
            Instance before = Backends.describe(backend);
            pair.node("b").stop();

            assertThat(backend.check(before, Backends.standby(before), Backends.OPTIONS, Backends.in(10)))
                    .containsExactly(
                            Check.block("answers of b", "connection refused", "make 'b' answer, then try again"));
        }
    }

    /** Its start is the only way back once it is stopped. */
    @Test
    void aPrimaryThatCouldNotBeStartedAgainBlocks() {
        try (PostgresBackend backend = PostgresBackend.builder()
                .credentials(pair.superuser().user(), pair.superuser().password())
                .instance(Backends.INSTANCE, instance -> {
                    for (PostgresNode node : pair.nodes()) {
                        instance.node(
                                node.id(),
                                b -> b.endpoint(node.endpoint())
                                        .control(new LocalProcessControl(
                                                node.id(),
                                                node.dataDirectory(),
                                                List.of("/no/such/postgres"),
                                                Map.of(),
                                                node.logFile())));
                    }
                })
                .build()) {
            assertThat(check(backend, "control of a"))
                    .isEqualTo(Check.block(
                            "control of a",
                            "the program '/no/such/postgres' of its start command is not there, or may not be executed by this process",
                            "correct it: a rollback starts this server, and so does the rejoin"));
            assertThat(check(backend, "control of b").verdict()).isEqualTo(WARN);
        }
    }

    @Test
    void controlsThatAreMixedUpBlock() {
        try (PostgresBackend backend = PostgresBackend.builder()
                .credentials(pair.superuser().user(), pair.superuser().password())
                .instance(Backends.INSTANCE, instance -> {
                    instance.node(
                            "a", a -> a.endpoint(pair.node("a").endpoint()).control(controlOf("a", "b")));
                    instance.node(
                            "b", b -> b.endpoint(pair.node("b").endpoint()).control(controlOf("b", "a")));
                })
                .build()) {
            assertThat(check(backend, "control of a").verdict()).isEqualTo(BLOCK);
            assertThat(check(backend, "control of a").figure())
                    .isEqualTo("control file says IN_ARCHIVE_RECOVERY, its process runs");
            assertThat(check(backend, "control of b").verdict()).isEqualTo(BLOCK);
        }
    }

    @Test
    void aWrongReplicationPasswordBlocksBeforeItCostsAStandby() {
        try (PostgresBackend backend = Backends.builder(pair)
                .replicationCredentials("replicator", "not-the-password")
                .build()) {
            Check check = check(backend, "rejoin connection");

            assertThat(check.verdict()).isEqualTo(BLOCK);
            assertThat(check.figure())
                    .startsWith("user 'replicator' at 'b': authentication failed")
                    .doesNotContain("not-the-password");
        }
    }

    @Test
    void aUserWithoutRightsIsToldWhichAreMissing() throws Exception {
        Sql.run(pair.node("a"), "CREATE ROLE weak LOGIN PASSWORD 'weak'");
        pair.awaitStreaming();
        try (PostgresBackend backend =
                Backends.builder(pair).credentials("weak", "weak").build()) {
            Check check = check(backend, "rights on a");

            assertThat(check.verdict()).isEqualTo(BLOCK);
            assertThat(check.figure()).matches("missing: (superuser|execute pg_promote, .*CREATE on the database)");
            assertThat(check(backend, "streaming"))
                    .isEqualTo(Check.block(
                            "streaming",
                            "'a' does not show us the state of its stream",
                            "grant pg_monitor to our user"));
            assertThat(Backends.standby(Backends.describe(backend)).detail())
                    .isEqualTo("streams, but does not show us from whom: grant pg_monitor to our user");
        } finally {
            Sql.run(pair.node("a"), "DROP ROLE weak");
        }
    }

    @Test
    void whatPeopleShouldReadIsWarnedOf() throws Exception {
        try (PostgresBackend backend = Backends.of(pair);
                Connection idle = pair.node("a").connect();
                Statement statement = idle.createStatement()) {
            Sql.run(
                    pair.node("a"),
                    "SELECT pg_create_logical_replication_slot('subscriber', 'pgoutput')",
                    "BEGIN; CREATE TABLE prepared (x int); PREPARE TRANSACTION 'gid'");
            Sql.run(pair.node("b"), "SELECT pg_create_physical_replication_slot('s4j_intent_dead')");
            statement.execute("BEGIN; SELECT 1");
            Thread.sleep(20);

            Instance instance = Backends.describe(backend);
            List<Check> checks = backend.check(
                    instance,
                    Backends.standby(instance),
                    new SwitchoverOptions(16L << 20, Duration.ofMillis(10), Duration.ofSeconds(5)),
                    Backends.in(10));

            assertThat(named(checks, "logical slots").verdict()).isEqualTo(WARN);
            assertThat(named(checks, "logical slots").figure()).isEqualTo("not on 'b': subscriber");
            assertThat(named(checks, "prepared transactions").verdict()).isEqualTo(WARN);
            assertThat(named(checks, "longest transaction").verdict()).isEqualTo(WARN);
            assertThat(named(checks, "earlier switchovers").figure()).isEqualTo("s4j_intent_dead");
            statement.execute("ROLLBACK");
        } finally {
            Sql.run(pair.node("a"), "SELECT pg_drop_replication_slot('subscriber')", "ROLLBACK PREPARED 'gid'");
            Sql.run(pair.node("b"), "SELECT pg_drop_replication_slot('s4j_intent_dead')");
        }
    }

    @Test
    void limitsThatTheOldPrimaryCouldNotFollowWithBlock() throws Exception {
        Sql.run(pair.node("b"), "ALTER SYSTEM SET max_connections = 300");
        pair.node("b").stop();
        pair.node("b").start();
        pair.awaitStreaming();
        try (PostgresBackend backend = Backends.of(pair)) {
            assertThat(check(backend, "standby limits").verdict()).isEqualTo(BLOCK);
            assertThat(check(backend, "standby limits").figure()).isEqualTo("max_connections 200 on 'a', 300 on 'b'");
        } finally {
            Sql.run(pair.node("b"), "ALTER SYSTEM RESET max_connections");
            pair.node("b").stop();
            pair.node("b").start();
        }
    }

    @Test
    void anotherPairsDataBlock() {
        try (PostgresPair other = PostgresPair.start();
                PostgresBackend backend = PostgresBackend.builder()
                        .credentials(pair.superuser().user(), pair.superuser().password())
                        .instance(Backends.INSTANCE, instance -> {
                            instance.node(
                                    "a",
                                    a -> a.endpoint(pair.node("a").endpoint()).control(controlOf("a", "a")));
                            instance.node(
                                    "b",
                                    b -> b.endpoint(other.node("b").endpoint())
                                            .control(Backends.control(other.node("b"))));
                        })
                        .build()) {
            assertThat(check(backend, "same history").verdict()).isEqualTo(BLOCK);
            assertThat(check(backend, "control of a").verdict()).isEqualTo(PASS);
        }
    }

    private static LocalProcessControl controlOf(String id, String dataOf) {
        PostgresNode node = pair.node(dataOf);
        return new LocalProcessControl(
                id, node.dataDirectory(), node.startCommand(), node.environment(), node.logFile());
    }

    private static List<Check> check(PostgresBackend backend) {
        Instance instance = new PostgresBackendOf(pair).instance();
        return backend.check(instance, Backends.standby(instance), Backends.OPTIONS, Backends.in(10));
    }

    private static Check check(PostgresBackend backend, String name) {
        return named(check(backend), name);
    }

    private static Check named(List<Check> checks, String name) {
        return checks.stream()
                .filter(check -> check.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** The pair as it is, whatever the backend under test can see of it. */
    private record PostgresBackendOf(PostgresPair pair) {
        Instance instance() {
            try (PostgresBackend backend = Backends.of(pair)) {
                return Backends.describe(backend);
            }
        }
    }
}
