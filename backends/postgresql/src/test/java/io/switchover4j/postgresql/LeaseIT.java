package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.postgresql.internal.LockKeys;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.LeaseHeldException;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may switch, who may promote, and who may roll back. */
class LeaseIT {

    private static final String OPERATION = "op_lease";

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
    void heal() {
        pair.awaitStreaming();
    }

    @Test
    void whileOneProcessSwitchesAnotherIsToldWhoDoes() throws Exception {
        String target = pair.standby().id();
        AtomicReference<String> told = new AtomicReference<>("");
        try (SwitchProcess other = SwitchProcess.start(pair, target, "bob");
                PostgresBackend backend = Backends.of(pair);
                SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                        .backend(backend)
                        .participant(new HoldHook(() -> {
                            // The phase is told with the look at the lease that runs beside the drain.
                            Leftovers.await(
                                    () -> backend.leaseHolder(Backends.INSTANCE, Backends.in(5))
                                            .filter(holder -> holder.contains("now DRAINING"))
                                            .isPresent(),
                                    () -> "the lease does not say that it is in DRAINING");
                            other.go();
                            told.set(other.outcome());
                        }))
                        .build()) {
            SwitchoverReport report = coordinator
                    .start(SwitchoverRequest.of(Backends.INSTANCE)
                            .target(target)
                            .requestedBy("alice", "rack 7")
                            .drainTimeout(Duration.ofSeconds(30))
                            .pauseBudget(Duration.ofSeconds(60))
                            .build())
                    .await(Duration.ofSeconds(90));

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(told.get())
                    .startsWith("REJECTED ")
                    .contains("Instance 'orders' is being switched by 'alice: rack 7' from 127.0.0.1 since 20")
                    .contains("(switchover " + report.operationId() + ", now DRAINING)");
            Leftovers.assertNone(pair);
        }
    }

    @Test
    void whoKnowsThePairByAnotherNameOrThroughAnotherDatabaseIsRefusedToo() throws Exception {
        Sql.run(pair.primary(), "CREATE DATABASE elsewhere");
        pair.awaitStreaming();
        try (PostgresBackend backend = Backends.of(pair);
                PostgresBackend renamed = Backends.builder(pair, "billing").build();
                PostgresBackend elsewhere =
                        Backends.builder(pair).database("elsewhere").build()) {
            try (SwitchoverSession session = Backends.open(backend, OPERATION)) {
                session.verifyLease(Backends.in(5));

                assertThatThrownBy(() -> Backends.open(renamed, "billing", "op_renamed"))
                        .isInstanceOf(LeaseHeldException.class)
                        .hasMessageContaining("'test: why not' from")
                        .hasMessageContaining("(switchover op_lease, now CHECKING)");
                assertThatThrownBy(() -> Backends.open(elsewhere, "op_elsewhere"))
                        .isInstanceOf(LeaseHeldException.class)
                        .hasMessageContaining("'test: why not' from")
                        .hasMessageContaining("(switchover op_lease, now CHECKING)");
                session.verifyLease(Backends.in(5));
            }
            Backends.open(elsewhere, "op_elsewhere").close();
        }
        Leftovers.assertNone(pair);
    }

    @Test
    void ofTwoProcessesThatStartAtOnceExactlyOneSwitches() throws Exception {
        for (int round = 0; round < 3; round++) {
            String target = pair.standby().id();
            try (SwitchProcess one = SwitchProcess.start(pair, target, "alice");
                    SwitchProcess other = SwitchProcess.start(pair, target, "bob")) {
                one.go();
                other.go();

                List<String> outcomes = List.of(one.outcome(), other.outcome());

                assertThat(outcomes)
                        .filteredOn(outcome -> outcome.startsWith("COMPLETED "))
                        .hasSize(1);
                assertThat(outcomes)
                        .filteredOn(outcome -> outcome.startsWith("REJECTED "))
                        .hasSize(1);
                assertThat(pair.primary().id()).isEqualTo(target);
            }
            pair.awaitStreaming();
        }
        Leftovers.assertNone(pair);
    }

    @Test
    void whoLostTheLeaseCannotPromoteAndTakesTheFenceBack() throws Exception {
        PostgresNode primary = pair.primary();
        PostgresNode target = pair.standby();
        try (PostgresBackend backend = Backends.of(pair);
                SwitchoverSession session = Backends.open(backend, OPERATION)) {
            StepDriver driver = new StepDriver(session, OPERATION);
            driver.apply(Phase.CATCHING_UP, Phase.CONFIRMING_POSITION);
            endLease(target);

            assertThatThrownBy(() -> session.verifyLease(Backends.in(5)))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("The lease on instance 'orders' is lost");
            assertThatThrownBy(() -> driver.apply(Phase.PROMOTING, Phase.PROMOTING))
                    .isInstanceOf(BackendException.class);
            assertThat(target.isInRecovery()).isTrue();
            Resolution resolution = session.resolve(Backends.in(10));
            assertThat(resolution.verdict()).as(resolution.evidence()).isEqualTo(Resolution.Verdict.NOT_PROMOTED);

            driver.rollBack();
            assertThat(pair.primary()).isSameAs(primary);
        }
        pair.awaitStreaming();
        Leftovers.assertNone(pair);
    }

    @Test
    void whoCannotLockTheTargetMustNotRollBack() throws Exception {
        PostgresNode primary = pair.primary();
        PostgresNode target = pair.standby();
        try (PostgresBackend backend = Backends.of(pair);
                SwitchoverSession session = Backends.open(backend, OPERATION)) {
            StepDriver driver = new StepDriver(session, OPERATION);
            driver.apply(Phase.CATCHING_UP, Phase.CONFIRMING_POSITION);
            endLease(target);
            try (Connection thief = target.connect();
                    Statement statement = thief.createStatement()) {
                statement.execute("SET application_name = 's4j thief'");
                Leftovers.await(() -> lock(statement), () -> "the lock of the ended session is still held");

                assertThat(session.resolve(Backends.in(1)).verdict()).isEqualTo(Resolution.Verdict.UNKNOWN);
                assertThat(session.resolve(Backends.in(1)).evidence()).contains("'s4j thief'");
                assertThatThrownBy(
                                () -> driver.step("stop the old primary").undo(driver.context(Duration.ofSeconds(1))))
                        .isInstanceOf(BackendException.class)
                        .hasMessageContaining("'s4j thief'")
                        .hasMessageContaining("Do not start the old primary as a primary");
                assertThat(primary.isRunning()).isFalse();
            }
            driver.rollBack();
            assertThat(pair.primary()).isSameAs(primary);
        }
        pair.awaitStreaming();
        Leftovers.assertNone(pair);
    }

    @Test
    void theMarkOfAnotherSwitchoverForbidsTheRollback() throws Exception {
        PostgresNode target = pair.standby();
        try (PostgresBackend backend = Backends.of(pair);
                SwitchoverSession session = Backends.open(backend, OPERATION)) {
            StepDriver driver = new StepDriver(session, OPERATION);
            driver.apply(Phase.CATCHING_UP, Phase.CONFIRMING_POSITION);
            assertThat(Sql.list(
                            target, "SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE 's4j_intent%'"))
                    .containsExactly("s4j_intent_op_lease");
            Sql.run(target, "SELECT pg_create_physical_replication_slot('s4j_intent_other')");

            assertThatThrownBy(driver::rollBack)
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("bears the mark 's4j_intent_other' of another switchover");

            Sql.run(target, "SELECT pg_drop_replication_slot('s4j_intent_other')");
            driver.rollBack();
        }
        pair.awaitStreaming();
        Leftovers.assertNone(pair);
    }

    @Test
    void aPromotionThatIsOngoingOrDoneForbidsTheRollbackAndIsCarriedOn() throws Exception {
        PostgresNode primary = pair.primary();
        PostgresNode target = pair.standby();
        try (PostgresBackend backend = Backends.of(pair);
                SwitchoverSession session = Backends.open(backend, OPERATION)) {
            StepDriver driver = new StepDriver(session, OPERATION);
            driver.apply(Phase.CATCHING_UP, Phase.CONFIRMING_POSITION);
            Sql.run(target, "SELECT pg_promote(false)");

            assertThatThrownBy(driver::rollBack)
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("The promotion cannot be undone")
                    .hasMessageContaining("takes writes on timeline");
            assertThat(primary.isRunning()).isFalse();
            assertThat(session.resolve(Backends.in(10)).verdict()).isEqualTo(Resolution.Verdict.PROMOTED);

            driver.apply(Phase.PROMOTING, Phase.REJOINING);
        }
        assertThat(pair.primary()).isSameAs(target);
        pair.awaitStreaming();
        Leftovers.assertNone(pair);
    }

    @Test
    void aLeaseLostAfterThePromotionIsWaitedForAndTheSwitchEndsWhole() throws Exception {
        PostgresNode target = pair.standby();
        try (PostgresBackend backend = Backends.of(pair);
                SwitchoverSession session = Backends.open(backend, OPERATION)) {
            StepDriver driver = new StepDriver(session, OPERATION);
            driver.apply(Phase.CATCHING_UP, Phase.PROMOTING);
            endLease(target);

            driver.apply(Phase.RELEASING, Phase.RELEASING);

            endLease(target);
            // As a server does that has not noticed the end of the lost session yet.
            try (Connection late = target.connect();
                    Statement statement = late.createStatement()) {
                Leftovers.await(() -> lock(statement), () -> "the lock of the ended session is still held");
                CompletableFuture<Void> noticed = CompletableFuture.runAsync(
                        () -> {
                            try {
                                late.close();
                            } catch (SQLException e) {
                                throw new IllegalStateException(e);
                            }
                        },
                        CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS));

                driver.apply(Phase.REJOINING, Phase.REJOINING);

                noticed.get(10, TimeUnit.SECONDS);
            }
        }
        assertThat(pair.primary()).isSameAs(target);
        pair.awaitStreaming();
        Leftovers.assertNone(pair);
    }

    private static void endLease(PostgresNode node) throws Exception {
        Sql.run(node, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
    }

    private static boolean lock(Statement statement) throws Exception {
        try (var row = statement.executeQuery("SELECT pg_try_advisory_lock(%d)".formatted(LockKeys.lease()))) {
            return row.next() && row.getBoolean(1);
        }
    }
}
