package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.testkit.FloorProbe;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whole switches through a coordinator. */
class SwitchIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void aPairIsSwitchedThereAndBackUnderLoadAndNothingIsLeft() throws Exception {
        try (PostgresPair pair = PostgresPair.start();
                PostgresBackend backend = Backends.of(pair);
                SwitchoverCoordinator coordinator =
                        SwitchoverCoordinator.builder().backend(backend).build()) {
            try (FloorProbe probe = FloorProbe.start(pair)) {
                for (String target : new String[] {"b", "a"}) {
                    PostgresNode before = pair.primary();
                    SwitchoverReport report = switchTo(coordinator, target);

                    assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
                    assertThat(report.oldPrimary()).contains(before.id());
                    assertThat(report.fencedPosition())
                            .hasValueSatisfying(lsn -> assertThat(lsn).contains("/"));
                    assertThat(report.promotedPosition())
                            .hasValueSatisfying(lsn -> assertThat(lsn).contains("/"));
                    assertThat(report.notes())
                            .containsKeys("timeline", "old primary shut down after", "promoted after");
                    assertThat(pair.primary().id()).isEqualTo(target);
                    pair.awaitStreaming();
                    Duration floor = probe.longestGap(
                                    report.startedAt(), report.startedAt().plus(PATIENCE))
                            .length();
                    System.out.printf(
                            "%s: pause %d ms, seen by a raw connection %d ms, predicted %d ms%n",
                            target,
                            report.writePause().orElseThrow().toMillis(),
                            floor.toMillis(),
                            report.predictedPause().orElseThrow().toMillis());
                    assertThat(floor).isLessThan(Duration.ofSeconds(3));
                }
            }
            Leftovers.assertNone(pair);
            assertThat(Sql.one(pair.node("b"), "SELECT primary_node FROM switchover4j.marker"))
                    .isEqualTo("a");
        }
    }

    @Test
    void thePairMayStreamThroughASlotWhichMovesAlong() throws Exception {
        try (PostgresPair pair = PostgresPair.start();
                PostgresBackend backend = Backends.of(pair);
                SwitchoverCoordinator coordinator =
                        SwitchoverCoordinator.builder().backend(backend).build()) {
            Sql.run(pair.node("a"), "SELECT pg_create_physical_replication_slot('other_node')");
            Sql.run(
                    pair.node("b"),
                    "ALTER SYSTEM SET primary_slot_name = 'other_node'",
                    "ALTER SYSTEM SET work_mem = '5MB'",
                    "SELECT pg_reload_conf()");
            pair.awaitStreaming();

            for (String target : new String[] {"b", "a"}) {
                SwitchoverReport report = switchTo(coordinator, target);

                assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
                assertThat(slots(pair.primary())).isEqualTo("other_node t");
                assertThat(slots(pair.standby())).isEmpty();
            }
            assertThat(Sql.one(pair.node("b"), "SHOW work_mem")).isEqualTo("5MB");
            Leftovers.assertNone(pair);
        }
    }

    @Test
    void aSlowArchiverProlongsTheRejoinAndNotThePause() throws Exception {
        try (PostgresPair pair = PostgresPair.builder()
                        .settings(Map.of("archive_mode", "on", "archive_command", "sleep 1"))
                        .start();
                PostgresBackend backend = Backends.of(pair);
                SwitchoverCoordinator coordinator =
                        SwitchoverCoordinator.builder().backend(backend).build()) {
            for (int i = 0; i < 3; i++) {
                Sql.run(pair.node("a"), "SELECT pg_logical_emit_message(true, 't', 'x')", "SELECT pg_switch_wal()");
            }

            SwitchoverReport report = switchTo(coordinator, "b");

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(report.writePause().orElseThrow()).isLessThan(Duration.ofSeconds(1));
            assertThat(length(report, Phase.REJOINING)).isGreaterThan(Duration.ofSeconds(1));
            Leftovers.assertNone(pair);
        }
    }

    @Test
    void theReplicationUserMayBeNamed() throws Exception {
        try (PostgresPair pair = PostgresPair.start();
                PostgresBackend backend = Backends.builder(pair)
                        .replicationCredentials("streamer", "it's \\ secret")
                        .build();
                SwitchoverCoordinator coordinator =
                        SwitchoverCoordinator.builder().backend(backend).build()) {
            Sql.run(pair.node("a"), "CREATE ROLE streamer LOGIN REPLICATION PASSWORD 'it''s \\ secret'");

            SwitchoverReport report = switchTo(coordinator, "b");

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(Sql.one(pair.node("b"), "SELECT usename FROM pg_stat_replication"))
                    .isEqualTo("streamer");
            assertThat(report.describe()).doesNotContain("secret");
        }
    }

    @Test
    void aUserWithTheRightsThatTheCheckNamesIsEnoughFromVersion15On() throws Exception {
        try (PostgresPair pair = PostgresPair.builder().synchronous(true).start();
                PostgresBackend backend =
                        Backends.builder(pair).credentials("switcher", "pw").build();
                SwitchoverCoordinator coordinator =
                        SwitchoverCoordinator.builder().backend(backend).build()) {
            Sql.run(
                    pair.node("a"),
                    "CREATE ROLE switcher LOGIN REPLICATION PASSWORD 'pw' IN ROLE pg_monitor",
                    "GRANT CREATE ON DATABASE postgres TO switcher",
                    "GRANT EXECUTE ON FUNCTION pg_promote, pg_wal_replay_resume, pg_wal_replay_pause,"
                            + " pg_stat_file(text, boolean), pg_reload_conf TO switcher");
            boolean grantable = Integer.parseInt(Sql.one(pair.node("a"), "SHOW server_version_num")) >= 150_000;
            if (grantable) {
                Sql.run(
                        pair.node("a"),
                        "GRANT pg_checkpoint TO switcher",
                        "GRANT ALTER SYSTEM ON PARAMETER wal_retrieve_retry_interval, synchronous_standby_names TO switcher");
            }
            pair.awaitStreaming();

            for (String target : new String[] {"b", "a"}) {
                SwitchoverReport report = switchTo(coordinator, target);

                if (grantable) {
                    assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
                } else {
                    assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.REJECTED);
                    assertThat(report.message()).contains("missing: superuser");
                    break;
                }
            }
            Leftovers.assertNone(pair);
        }
    }

    private static SwitchoverReport switchTo(SwitchoverCoordinator coordinator, String target) throws Exception {
        return coordinator
                .start(SwitchoverRequest.of(Backends.INSTANCE).target(target).build())
                .await(PATIENCE);
    }

    private static String slots(PostgresNode node) throws Exception {
        return String.join(
                ",", Sql.list(node, "SELECT slot_name || ' ' || active::text::char(1) FROM pg_replication_slots"));
    }

    private static Duration length(SwitchoverReport report, Phase phase) {
        return report.phases().stream()
                .filter(timing -> timing.phase() == phase)
                .map(SwitchoverReport.PhaseTiming::length)
                .reduce(Duration.ZERO, Duration::plus);
    }
}
