package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Check;
import io.switchover4j.FailoverResult;
import io.switchover4j.FenceResult.Outcome;
import io.switchover4j.HistoryEntry;
import io.switchover4j.Instance;
import io.switchover4j.LossEstimate;
import io.switchover4j.LossLimit;
import io.switchover4j.Node;
import io.switchover4j.Phase;
import io.switchover4j.Preflight;
import io.switchover4j.Replication;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.CopySource;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.LeaseHeldException;
import io.switchover4j.spi.NodeControl;
import io.switchover4j.spi.SwitchoverOptions;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.testkit.PairException;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A primary that is dead, frozen or out of reach is replaced, and what that costs is said before and after. */
@Timeout(120)
class FailoverIT {

    private static final SwitchoverOptions BY_FORCE =
            new SwitchoverOptions(0, Duration.ofSeconds(1), Duration.ofSeconds(5), true);

    @SuppressWarnings("NullAway.Init")
    private static PostgresPair pair;

    @BeforeAll
    static void start() {
        pair = PostgresPair.start();
    }

    @AfterAll
    static void stop() {
        pair.close();
    }

    @BeforeEach
    void heal() throws Exception {
        heal(pair);
        Sql.run(
                pair.primary(),
                "CREATE TABLE IF NOT EXISTS kept (what text)",
                "DELETE FROM kept",
                "INSERT INTO kept VALUES ('kept')");
        pair.awaitStreaming();
    }

    /** Whatever a failover left: the newest primary, and the other one as its standby. */
    static void heal(PostgresPair pair) throws Exception {
        for (PostgresNode node : pair.nodes()) {
            node.thaw();
            try {
                node.start();
            } catch (PairException e) {
                // It is re-seeded below.
            }
        }
        Leftovers.await(() -> pair.nodes().stream().anyMatch(PostgresNode::isWritable), () -> "no node takes writes");
        PostgresNode primary = pair.primary();
        PostgresNode other = pair.other(primary);
        if (!other.isInRecovery() || !streams(pair)) {
            other.reseedFrom(primary);
            pair.awaitStreaming();
        }
    }

    private static boolean streams(PostgresPair pair) {
        try {
            pair.awaitStreaming(Duration.ofSeconds(2));
            return true;
        } catch (PairException e) {
            return false;
        }
    }

    private static SwitchoverRequest accepting(LossLimit limit) {
        return SwitchoverRequest.of(Backends.INSTANCE)
                .failover()
                .acceptLoss(limit)
                .rejoinTimeout(Duration.ofSeconds(30))
                .requestedBy("alice", "the rack burns")
                .build();
    }

    private static PostgresBackend backend(UnaryOperator<NodeControl> tamper) {
        return PostgresBackend.builder()
                .credentials(pair.superuser().user(), pair.superuser().password())
                .probeTimeout(Duration.ofSeconds(1))
                .instance(Backends.INSTANCE, instance -> {
                    for (PostgresNode node : pair.nodes()) {
                        instance.node(
                                node.id(),
                                b -> b.zone("zone-" + node.id())
                                        .endpoint(node.endpoint())
                                        .control(tamper.apply(Backends.control(node))));
                    }
                })
                .build();
    }

    private static SwitchoverCoordinator coordinator(PostgresBackend backend) {
        return SwitchoverCoordinator.builder().backend(backend).build();
    }

    private static SwitchoverReport run(SwitchoverCoordinator coordinator, SwitchoverRequest request) throws Exception {
        return coordinator.start(request).await(Duration.ofSeconds(90));
    }

    private static FailoverResult price(SwitchoverReport report) {
        return report.failover().orElseThrow();
    }

    @Test
    void aDeadPrimaryIsReplacedAndComesBackAsTheStandby() throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode target = pair.standby();
        try (PostgresBackend backend = backend(UnaryOperator.identity());
                SwitchoverCoordinator coordinator = coordinator(backend)) {
            coordinator.instance(Backends.INSTANCE);
            old.crash();

            Preflight preflight = coordinator.preflight(accepting(LossLimit.of(0)));
            SwitchoverReport report = run(coordinator, accepting(LossLimit.of(0)));

            assertThat(preflight.describe()).contains("Estimated loss: 0 bytes as observed");
            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(report.oldPrimary()).contains(old.id());
            assertThat(price(report).estimatedLoss().orElseThrow().bytes()).hasValue(0);
            assertThat(price(report).fence().orElseThrow().outcome()).isEqualTo(Outcome.FENCED);
            assertThat(report.describe()).contains("fenced (its server does not run)");
            assertThat(report.notes()).containsEntry("old primary before", "did not answer");
            HistoryEntry entry = coordinator.history(Backends.INSTANCE).get(0);
            assertThat(entry.failover()).isEqualTo(report.failover());
        }
        assertThat(pair.primary()).isSameAs(target);
        pair.awaitStreaming();
        assertThat(Sql.list(old, "SELECT what FROM kept")).containsExactly("kept");
        Leftovers.assertNone(pair);
    }

    /** What the standby never received: the estimate is what was observed, and a re-seed by the control brings it back. */
    @Test
    void whatTheTargetLacksIsEstimatedAcceptedAndGivenUp() throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode target = pair.standby();
        Reseeding[] reseeding = new Reseeding[1];
        try (PostgresBackend backend = backend(control -> {
                    Reseeding wrapper = new Reseeding(control, control.nodeId().equals(old.id()));
                    if (control.nodeId().equals(old.id())) {
                        reseeding[0] = wrapper;
                    }
                    return wrapper;
                });
                SwitchoverCoordinator coordinator = coordinator(backend)) {
            cutReplication(target);
            Sql.run(
                    old,
                    "INSERT INTO kept VALUES ('lost')",
                    "SELECT pg_logical_emit_message(true, 't', repeat('x', 300000))");
            Instance observed = coordinator.instance(Backends.INSTANCE);
            assertThat(observed.primary()).isPresent();
            old.crash();

            SwitchoverReport refused = run(coordinator, accepting(LossLimit.of(1_000)));
            SwitchoverReport report = run(coordinator, accepting(LossLimit.of(2_000_000)));

            assertThat(refused.outcome()).isEqualTo(Phase.REJECTED);
            assertThat(refused.message())
                    .contains("accepted: 1000 bytes")
                    .contains("Nothing was changed; no node is known to take writes.");
            LossEstimate estimate = price(report).estimatedLoss().orElseThrow();
            assertThat(estimate.bytes().orElseThrow()).isBetween(300_000L, 2_000_000L);
            assertThat(refused.message())
                    .contains("estimated loss: %d bytes as observed"
                            .formatted(price(refused)
                                    .estimatedLoss()
                                    .orElseThrow()
                                    .bytes()
                                    .orElseThrow()));
            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(report.notes().get("abandoned on the old primary"))
                    .as(report.describe())
                    .contains("bytes of log after");
            assertThat(reseeding[0].reseeds).isEqualTo(1);
        }
        assertThat(pair.primary()).isSameAs(target);
        pair.awaitStreaming();
        assertThat(Sql.list(old, "SELECT what FROM kept")).containsExactly("kept");
    }

    @Test
    void anOldPrimaryThatWentItsOwnWayStaysStoppedWhereNobodyCanRepairItAndThatIsSaid() throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode target = pair.standby();
        try (PostgresBackend backend = backend(UnaryOperator.identity());
                SwitchoverCoordinator coordinator = coordinator(backend)) {
            cutReplication(target);
            Sql.run(old, "INSERT INTO kept VALUES ('lost')");
            old.crash();

            SwitchoverReport report = run(coordinator, accepting(LossLimit.unlimited()));

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED_DEGRADED);
            assertThat(report.message())
                    .contains("'%s' was not observed since this backend was made".formatted(old.id()))
                    .contains("can neither rewind nor re-seed it. '%s' is primary and takes writes"
                            .formatted(target.id()))
                    .containsSubsequence(
                            "Keep '%s' from taking writes: start it last".formatted(old.id()),
                            "run pg_rewind there against '%s' or copy its data anew".formatted(target.id()),
                            "then write 'standby.signal', which a rewind removes",
                            "then point primary_conninfo in 'postgresql.auto.conf', which a rewind replaces");
            assertThat(price(report).estimatedLoss().orElseThrow().isKnown()).isFalse();
        }
        assertThat(old.isRunning()).isFalse();
        assertThat(old.dataDirectory().resolve("standby.signal")).exists();
        assertThat(target.isWritable()).isTrue();
        assertThat(Sql.list(target, "SELECT what FROM kept")).containsExactly("kept");
        // With the history that it has fetched it would not even start.
        Files.delete(old.dataDirectory().resolve("pg_wal/%08X.history".formatted(target.timeline())));
        old.start();
        assertNothingFlows(old, target);
    }

    /** An old primary of another history keeps connecting to the new one, which has nothing that it could use. */
    private static void assertNothingFlows(PostgresNode old, PostgresNode primary) throws Exception {
        Leftovers.await(
                () -> !Sql.list(old, "SELECT pid::text FROM pg_stat_wal_receiver")
                        .isEmpty(),
                () -> "it does not connect");
        try (PostgresBackend backend = backend(UnaryOperator.identity())) {
            for (int look = 0; look < 20; look++) {
                Node standby = Backends.describe(backend).node(old.id()).orElseThrow();

                assertThat(standby.detail())
                        .isEqualTo(
                                "receives nothing: it is on timeline %d and '%s' on timeline %d; if that lasts, re-seed it from '%s'",
                                primary.timeline() - 1, primary.id(), primary.timeline(), primary.id());
                assertThat(standby.replication())
                        .contains(new Replication(Replication.State.DISCONNECTED, false, OptionalLong.empty()));
            }
            Instance instance = Backends.describe(backend);
            assertThat(backend.check(instance, Backends.standby(instance), Backends.OPTIONS, Backends.in(10)))
                    .filteredOn(check -> check.verdict() == Check.Verdict.BLOCK)
                    .extracting(Check::advice)
                    .containsOnly("re-seed the standby from the primary");
        }
    }

    @Test
    void aFrozenPrimaryIsReplacedAndEndsWhenItGoesOn() throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode target = pair.standby();
        try (PostgresBackend backend = backend(UnaryOperator.identity());
                SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                        .backend(backend)
                        .listener(new SwitchoverListener() {
                            @Override
                            public void onTransition(SwitchoverEvent event) {
                                if (event.to() == Phase.REJOINING) {
                                    old.thaw();
                                }
                            }
                        })
                        .build()) {
            awaitNothingToWrite(old);
            coordinator.instance(Backends.INSTANCE);
            old.freeze();

            SwitchoverReport report = run(coordinator, accepting(LossLimit.of(0)));

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(price(report).fence().orElseThrow().outcome()).isEqualTo(Outcome.NOT_CONFIRMED);
            assertThat(price(report).fence().orElseThrow().detail()).contains("told to stop at once and still exists");
        }
        assertThat(pair.primary()).isSameAs(target);
        pair.awaitStreaming();
        Leftovers.assertNone(pair);
    }

    /**
     * Within 15 s of a transaction the server logs for its standby which ones run. One that is frozen before that may do it when
     * it goes on, and then has these 56 bytes alone.
     */
    private static void awaitNothingToWrite(PostgresNode primary) throws Exception {
        Sql.run(primary, "SELECT pg_current_xact_id()");
        String position = "SELECT pg_current_wal_insert_lsn()";
        String before = Sql.one(primary, position);
        Leftovers.await(
                Duration.ofSeconds(40),
                () -> !Sql.one(primary, position).equals(before),
                () -> "nothing was logged after " + before);
        Leftovers.await(
                () -> "t"
                        .equals(Sql.one(
                                primary,
                                "SELECT bool_and(replay_lsn = pg_current_wal_insert_lsn()) FROM pg_stat_replication")),
                () -> "the standby lags");
    }

    @Test
    void aSupervisorThatStartsTheDeadPrimaryAgainGetsAStandby() throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode target = pair.standby();
        try (PostgresBackend backend = backend(UnaryOperator.identity());
                SwitchoverCoordinator coordinator = coordinator(backend);
                SplitBrainWatch watch = SplitBrainWatch.start(pair)) {
            old.crash();
            CompletableFuture<Void> supervisor = CompletableFuture.runAsync(() -> {
                try {
                    Leftovers.await(
                            () -> Files.exists(old.dataDirectory().resolve("standby.signal")),
                            () -> "nobody fences it");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                try {
                    old.start();
                } catch (PairException e) {
                    // The rejoin ended it while it was starting, and starts it itself.
                }
            });

            SwitchoverReport report = run(coordinator, accepting(LossLimit.unlimited()));

            supervisor.get(10, TimeUnit.SECONDS);
            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(watch.violations()).isEmpty();
        }
        assertThat(pair.primary()).isSameAs(target);
        pair.awaitStreaming();
        Leftovers.assertNone(pair);
    }

    @Test
    void aHostThatCannotBeReachedCannotBeFencedAndThatIsSaid() throws Exception {
        failOverWithoutHost("no route to its host", () -> {
            throw new BackendException("no route to its host");
        });
    }

    @Test
    @Tag("soak")
    void aHostThatDoesNotAnswerIsNotWaitedForForEver() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        failOverWithoutHost("its host did not answer in time", () -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static void failOverWithoutHost(String why, Runnable onAsked) throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode target = pair.standby();
        try (PostgresBackend backend = backend(control -> !control.nodeId().equals(old.id())
                        ? control
                        : new ControlWrapper(control) {
                            @Override
                            public boolean isRunning() {
                                onAsked.run();
                                return true;
                            }
                        });
                SwitchoverCoordinator coordinator = coordinator(backend)) {
            coordinator.instance(Backends.INSTANCE);
            old.freeze();

            SwitchoverReport report = run(coordinator, accepting(LossLimit.of(0)));

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED_DEGRADED);
            assertThat(price(report).fence().orElseThrow().outcome()).isEqualTo(Outcome.NOT_REACHABLE);
            assertThat(report.message())
                    .contains("'%s': not fenced, not reachable (%s).".formatted(old.id(), why))
                    .contains("It may still take writes from whoever reaches it, and they are lost: stop it.")
                    .contains("Keep '%s' from taking writes".formatted(old.id()));
            assertThat(report.checks())
                    .filteredOn(check -> check.name().equals("fence of " + old.id()))
                    .extracting(Check::verdict)
                    .containsExactly(Check.Verdict.WARN);
        }
        old.thaw();
        assertThat(old.isWritable()).as("nobody could stop it").isTrue();
        assertThat(pair.primary()).isSameAs(target);
    }

    @Test
    void aPrimaryThatAnswersIsPassedOverOnlyByWhoInsists() throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode target = pair.standby();
        try (PostgresBackend backend = backend(UnaryOperator.identity());
                SwitchoverCoordinator coordinator = coordinator(backend)) {
            SwitchoverReport refused = run(coordinator, accepting(LossLimit.unlimited()));
            assertThat(refused.outcome()).isEqualTo(Phase.REJECTED);
            assertThat(refused.message()).contains("answers").contains("evenIfPrimaryAnswers()");
            assertThat(old.isWritable()).isTrue();

            SwitchoverReport report = run(
                    coordinator,
                    SwitchoverRequest.of(Backends.INSTANCE)
                            .failover()
                            .acceptLoss(1 << 20)
                            .evenIfPrimaryAnswers()
                            .build());

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(price(report).fence().orElseThrow().detail()).startsWith("its server was stopped at once");
        }
        assertThat(pair.primary()).isSameAs(target);
        pair.awaitStreaming();
        Leftovers.assertNone(pair);
    }

    @Test
    void whatSomebodyElsePromotedIsNotPromotedOnceMore() throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode target = pair.standby();
        try (PostgresBackend backend = backend(UnaryOperator.identity());
                SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                        .backend(backend)
                        .participant(new HoldHook(() -> Sql.run(target, "SELECT pg_promote(true)")))
                        .build()) {
            coordinator.instance(Backends.INSTANCE);
            old.crash();

            SwitchoverReport report = run(coordinator, accepting(LossLimit.unlimited()));

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ABORTED);
            assertThat(report.message()).contains("cannot be promoted, because somebody else may have done so");
            assertThat(report.newPrimary()).contains(target.id());
        }
        assertThat(Sql.list(target, "SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE 's4j%'"))
                .isEmpty();
    }

    @Test
    void aStandbyThatMissedTheLastPromotionIsRefused() throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode next = pair.standby();
        try (PostgresBackend backend = backend(UnaryOperator.identity());
                SwitchoverCoordinator coordinator = coordinator(backend)) {
            old.stop();
            Sql.run(next, "SELECT pg_promote(true)");
            coordinator.instance(Backends.INSTANCE);
            next.crash();
            Files.createFile(old.dataDirectory().resolve("standby.signal"));
            old.start();

            SwitchoverReport report = run(coordinator, accepting(LossLimit.unlimited()));

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.REJECTED);
            assertThat(report.message())
                    .contains("same history: '%s' was primary on timeline".formatted(next.id()))
                    .contains("'%s' did not follow the last promotion, its data are old: bring '%s' back"
                            .formatted(old.id(), next.id()));
            old.stop();
            next.start();
        }
    }

    @Test
    void oneOfTwoCoordinatorsFailsOver() throws Exception {
        PostgresNode old = pair.primary();
        try (PostgresBackend one = backend(UnaryOperator.identity());
                PostgresBackend other = backend(UnaryOperator.identity());
                SwitchoverCoordinator second = coordinator(other)) {
            old.crash();
            Instance instance = Backends.describe(one);
            try (SwitchoverSession held =
                    one.open(instance, Backends.standby(instance), BY_FORCE, "op_first", "bob", Backends.in(10))) {
                held.verifyLease(Backends.in(5));
                SwitchoverReport report = run(second, accepting(LossLimit.unlimited()));

                assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
                assertThat(report.message()).contains("is being switched by 'bob'");
                assertThatThrownBy(() -> other.open(
                                instance, Backends.standby(instance), BY_FORCE, "op_2", "eve", Backends.in(10)))
                        .isInstanceOf(LeaseHeldException.class);
            }
        }
    }

    @Test
    void anIndependentLookAtACleanlyStoppedPrimaryIsExact() throws Exception {
        PostgresNode old = pair.primary();
        try (PostgresBackend backend = backend(UnaryOperator.identity())) {
            old.stop();
            Instance instance = Backends.describe(backend);

            LossEstimate estimate = backend.estimateLoss(instance, Backends.standby(instance), Backends.in(10));

            assertThat(estimate.bytes()).as(estimate.toString()).hasValue(0);
            assertThat(estimate.age()).isEmpty();
            assertThat(estimate.basis()).contains("'%s' was shut down cleanly at".formatted(old.id()));
        }
    }

    /** The standby goes on as such and receives nothing any more. */
    static void cutReplication(PostgresNode standby) throws Exception {
        String conninfo = Sql.one(standby, "SELECT current_setting('primary_conninfo')");
        Sql.run(
                standby,
                "ALTER SYSTEM SET primary_conninfo = '%s'"
                        .formatted(
                                conninfo.replaceAll("port='?\\d+'?", "port=1").replace("'", "''")),
                "SELECT pg_reload_conf()");
        Leftovers.await(
                () -> Sql.list(standby, "SELECT pid::text FROM pg_stat_wal_receiver")
                        .isEmpty(),
                () -> "the standby still streams");
    }

    /** A control whose owner can re-seed the node. */
    private static final class Reseeding extends ControlWrapper {

        private final boolean able;
        private int reseeds;

        Reseeding(NodeControl control, boolean able) {
            super(control);
            this.able = able;
        }

        @Override
        public Set<Repair> repairs() {
            return able ? Set.of(Repair.RESEED) : Set.of();
        }

        @Override
        public void repair(Repair how, CopySource from, Deadline deadline) {
            assertThat(from.toString()).doesNotContain(pair.superuser().password());
            reseeds++;
            PostgresNode node = pair.node(nodeId());
            PostgresNode source = pair.nodes().stream()
                    .filter(other -> other.endpoint().equals(from.endpoint()))
                    .findFirst()
                    .orElseThrow(() -> new BackendException("no such source"));
            node.reseedFrom(source);
            node.stop();
            try {
                Files.delete(node.dataDirectory().resolve("standby.signal"));
            } catch (IOException e) {
                throw new BackendException("no signal was written", e);
            }
        }
    }
}
