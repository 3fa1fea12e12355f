package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.NodeControl;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong in the middle: the old primary is writable again wherever nothing was promoted, and nothing is lost. */
class BadDayIT {

    private static final String OPERATION = "op_bad_day";

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
        pair.nodes().forEach(PostgresNode::thaw);
        pair.awaitStreaming();
        Sql.run(pair.primary(), "CREATE TABLE IF NOT EXISTS kept (what text)", "DELETE FROM kept");
    }

    @Test
    void aRollbackLosesNothingAndLeavesNothing() throws Exception {
        PostgresNode primary = pair.primary();
        try (PostgresBackend backend = Backends.of(pair);
                SwitchoverSession session = Backends.open(backend, OPERATION)) {
            StepDriver driver = new StepDriver(session, OPERATION);
            driver.apply(Phase.CATCHING_UP, Phase.CATCHING_UP);
            Sql.run(primary, "INSERT INTO kept VALUES ('before the fence')");
            driver.apply(Phase.FENCING, Phase.CONFIRMING_POSITION);
            assertThat(pair.nodes()).noneMatch(PostgresNode::isWritable);

            driver.rollBack();

            assertThat(driver.notes).containsEntry("standby", "streams again");
        }
        assertWritableAgain(primary, "before the fence");
    }

    @Test
    void anArchiverAtWorkDoesNotHoldUpTheRollback(@TempDir Path folder) throws Exception {
        Path archived = folder.resolve("archived");
        try (PostgresPair archiving = PostgresPair.builder()
                        .setting("archive_mode", "on")
                        .setting("archive_command", "until [ -e %s ]; do sleep 0.1; done".formatted(archived))
                        .start();
                PostgresBackend backend = Backends.of(archiving);
                SwitchoverSession session = Backends.open(backend, OPERATION)) {
            Sql.run(archiving.node("a"), "SELECT pg_logical_emit_message(true, 't', 'x')", "SELECT pg_switch_wal()");
            StepDriver driver = new StepDriver(session, OPERATION);
            driver.apply(Phase.CATCHING_UP, Phase.CONFIRMING_POSITION);
            assertThat(archiving.node("a").isRunning()).isTrue();

            driver.rollBack();

            assertThat(archiving.primary().id()).isEqualTo("a");
            Files.createFile(archived);
        }
    }

    @Test
    void aServerThatDiesInsteadOfStoppingIsBroughtUpAgain() throws Exception {
        PostgresNode primary = pair.primary();
        Sql.run(primary, "INSERT INTO kept VALUES ('committed')");

        SwitchoverReport report = switchWith(
                control -> new ControlWrapper(control) {
                    @Override
                    public void requestStop(StopMode mode) {
                        pair.node(control.nodeId()).crash();
                    }
                },
                SwitchoverRequest.of(Backends.INSTANCE).build(),
                () -> {});

        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ROLLED_BACK);
        assertThat(report.message()).contains("ended without a clean stop");
        assertWritableAgain(primary, "committed");
    }

    /** Whoever cannot be asked is not thereby stopped: its sessions must outlive a rollback from before the stop. */
    @Test
    void aPrimaryThatWasNeverToldToStopIsNotKilledBecauseItCannotBeAsked() throws Exception {
        PostgresNode primary = pair.primary();
        AtomicBoolean broken = new AtomicBoolean();
        List<NodeControl.StopMode> stops = new CopyOnWriteArrayList<>();
        try (Connection application = primary.connect();
                PostgresBackend backend = PostgresBackend.builder()
                        .credentials(() -> {
                            if (broken.get()) {
                                throw new IllegalStateException("the vault is sealed");
                            }
                            return new Credentials(
                                    pair.superuser().user(), pair.superuser().password());
                        })
                        .instance(Backends.INSTANCE, instance -> {
                            for (PostgresNode node : pair.nodes()) {
                                instance.node(
                                        node.id(),
                                        b -> b.endpoint(node.endpoint())
                                                .control(new ControlWrapper(Backends.control(node)) {
                                                    @Override
                                                    public void requestStop(StopMode mode) {
                                                        stops.add(mode);
                                                        super.requestStop(mode);
                                                    }

                                                    @Override
                                                    public byte[] read(String name) throws IOException {
                                                        if (broken.get()
                                                                && node == primary
                                                                && name.endsWith("pg_control")) {
                                                            throw new IOException("no route to the agent");
                                                        }
                                                        return super.read(name);
                                                    }
                                                }));
                            }
                        })
                        .build();
                SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                        .backend(backend)
                        .participant(new HoldHook(() -> {
                            broken.set(true);
                            CompletableFuture.delayedExecutor(6, TimeUnit.SECONDS)
                                    .execute(() -> broken.set(false));
                        }))
                        .build()) {
            SwitchoverReport report = coordinator
                    .start(SwitchoverRequest.of(Backends.INSTANCE).build())
                    .await(Duration.ofSeconds(90));

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ROLLED_BACK);
            assertThat(report.message()).contains("no route to the agent");
            assertThat(stops).isEmpty();
            assertThat(application.isValid(5))
                    .as("the application's session lives")
                    .isTrue();
        }
        assertWritableAgain(primary);
    }

    @Test
    void aStopThatIsNotHeededLeavesNoMark() throws Exception {
        PostgresNode primary = pair.primary();

        SwitchoverReport report = switchWith(
                control -> new ControlWrapper(control) {
                    @Override
                    public void requestStop(StopMode mode) {
                        // Delivered to nobody.
                    }
                },
                SwitchoverRequest.of(Backends.INSTANCE)
                        .drainTimeout(Duration.ofSeconds(1))
                        .pauseBudget(Duration.ofSeconds(2))
                        .build(),
                () -> {});

        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ROLLED_BACK);
        assertWritableAgain(primary);
    }

    @Test
    void aStandbyThatFreezesBeforeTheFenceAbortsAndTheOldPrimaryTakesWritesAllTheTime() throws Exception {
        PostgresNode primary = pair.primary();
        PostgresNode standby = pair.standby();
        long began = System.nanoTime();

        SwitchoverReport report = switchWith(
                UnaryOperator.identity(),
                SwitchoverRequest.of(Backends.INSTANCE)
                        .drainTimeout(Duration.ofSeconds(1))
                        .pauseBudget(Duration.ofSeconds(3))
                        .build(),
                () -> {
                    standby.freeze();
                    // What it answered just before counts as a proof of the lease for 10 ms.
                    Thread.sleep(50);
                });

        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ABORTED);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
        assertThat(report.message()).contains("the lease on instance 'orders' is lost".substring(4));
        assertThat(primary.isWritable()).isTrue();
        assertThat(report.message())
                .contains("not everything was undone")
                .contains("Left behind on '%s'; clear it away there: ALTER SYSTEM RESET wal_retrieve_retry_interval"
                        .formatted(standby.id()));
        assertThat(report.notes().get("left on " + standby.id()))
                .isEqualTo("ALTER SYSTEM RESET wal_retrieve_retry_interval; SELECT pg_reload_conf();");
        standby.thaw();
        Sql.run(standby, "ALTER SYSTEM RESET wal_retrieve_retry_interval", "SELECT pg_reload_conf()");
        assertWritableAgain(primary);
    }

    @Test
    void aPrimaryThatFreezesBeforeTheFenceAborts() throws Exception {
        PostgresNode primary = pair.primary();

        SwitchoverReport report = switchWith(
                UnaryOperator.identity(),
                SwitchoverRequest.of(Backends.INSTANCE)
                        .drainTimeout(Duration.ofSeconds(1))
                        .pauseBudget(Duration.ofSeconds(3))
                        .build(),
                primary::freeze);

        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ABORTED);
        primary.thaw();
        assertWritableAgain(primary);
    }

    @Test
    void aStandbyThatFreezesDuringTheFenceMakesThePauseBudgetRunOutAndIsRolledBackOnceItAnswers() throws Exception {
        PostgresNode primary = pair.primary();
        PostgresNode standby = pair.standby();

        SwitchoverReport report = switchWith(
                control -> new ControlWrapper(control) {
                    @Override
                    public void requestStop(StopMode mode) {
                        if (mode == StopMode.FAST) {
                            standby.freeze();
                            CompletableFuture.delayedExecutor(5, java.util.concurrent.TimeUnit.SECONDS)
                                    .execute(standby::thaw);
                        }
                        super.requestStop(mode);
                    }
                },
                SwitchoverRequest.of(Backends.INSTANCE)
                        .drainTimeout(Duration.ofSeconds(1))
                        .pauseBudget(Duration.ofSeconds(2))
                        .build(),
                () -> {});

        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ROLLED_BACK);
        assertThat(report.message()).contains("pause budget");
        assertWritableAgain(primary);
    }

    @Test
    void whileTheTargetDoesNotAnswerNothingIsRolledBack() throws Exception {
        PostgresNode primary = pair.primary();
        PostgresNode standby = pair.standby();
        try (PostgresBackend backend = Backends.builder(pair)
                        .probeTimeout(Duration.ofSeconds(1))
                        .build();
                SwitchoverSession session = Backends.open(backend, OPERATION)) {
            StepDriver driver = new StepDriver(session, OPERATION);
            driver.apply(Phase.CATCHING_UP, Phase.CONFIRMING_POSITION);
            standby.freeze();

            assertThat(session.resolve(Backends.in(2)).verdict()).isEqualTo(Resolution.Verdict.UNKNOWN);
            assertThatThrownBy(() -> driver.step("stop the old primary").undo(driver.context(Duration.ofSeconds(2))))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("it did not answer in time");
            assertThat(primary.isRunning()).isFalse();

            standby.thaw();
            driver.rollBack();
        }
        assertWritableAgain(primary);
    }

    /** As a supervisor does, whose server must run. */
    @Test
    void whoStartsTheOldPrimaryAgainBeforeThePromotionGetsAStandbyAndTheSwitchGoesOn() throws Exception {
        PostgresNode primary = pair.primary();
        PostgresNode standby = pair.standby();
        try (PostgresBackend backend = Backends.of(pair);
                SwitchoverSession session = Backends.open(backend, OPERATION);
                SplitBrainWatch watch = SplitBrainWatch.start(pair)) {
            StepDriver driver = new StepDriver(session, OPERATION);
            driver.apply(Phase.CATCHING_UP, Phase.FENCING);
            Leftovers.await(() -> !primary.isRunning(), () -> "still running");
            primary.start();
            assertThat(primary.isInRecovery()).isTrue();

            driver.apply(Phase.CONFIRMING_POSITION, Phase.REJOINING);

            assertThat(watch.violations()).isEmpty();
        }
        assertWritableAgain(standby);
    }

    @Test
    void whoStartsTheOldPrimaryAgainAfterThePromotionGetsAStandby() throws Exception {
        PostgresNode primary = pair.primary();
        PostgresNode standby = pair.standby();
        try (PostgresBackend backend = Backends.of(pair);
                SwitchoverSession session = Backends.open(backend, OPERATION);
                SplitBrainWatch watch = SplitBrainWatch.start(pair)) {
            StepDriver driver = new StepDriver(session, OPERATION);
            driver.apply(Phase.CATCHING_UP, Phase.PROMOTING);
            Leftovers.await(() -> !primary.isRunning(), () -> "still running");
            primary.start();

            driver.apply(Phase.RELEASING, Phase.REJOINING);

            assertThat(watch.violations()).isEmpty();
        }
        assertWritableAgain(standby);
    }

    @Test
    void aRollbackMakesAnOldPrimaryThatWasStartedAsAStandbyWritableAgain() throws Exception {
        PostgresNode primary = pair.primary();
        try (PostgresBackend backend = Backends.of(pair);
                SwitchoverSession session = Backends.open(backend, OPERATION)) {
            StepDriver driver = new StepDriver(session, OPERATION);
            Sql.run(primary, "INSERT INTO kept VALUES ('before the fence')");
            driver.apply(Phase.CATCHING_UP, Phase.CONFIRMING_POSITION);
            Leftovers.await(() -> !primary.isRunning(), () -> "still running");
            primary.start();
            assertThat(primary.isInRecovery()).isTrue();

            driver.rollBack();
        }
        assertWritableAgain(primary, "before the fence");
    }

    @Test
    void anOldPrimaryThatSomebodyMakesPrimaryAgainIsNotPassedOver() throws Exception {
        PostgresNode primary = pair.primary();
        try (PostgresBackend backend = Backends.of(pair);
                SwitchoverSession session = Backends.open(backend, OPERATION)) {
            StepDriver driver = new StepDriver(session, OPERATION);
            driver.apply(Phase.CATCHING_UP, Phase.CONFIRMING_POSITION);
            startAsPrimary(primary);

            assertThatThrownBy(() -> driver.apply(Phase.PROMOTING, Phase.PROMOTING))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("The fence of node '" + primary.id() + "'")
                    .hasMessageContaining("does not hold: its control file says IN_PRODUCTION");

            driver.rollBack();
        }
        assertWritableAgain(primary);
    }

    private static void startAsPrimary(PostgresNode node) throws Exception {
        Leftovers.await(() -> !node.isRunning(), () -> "still running");
        Files.delete(node.dataDirectory().resolve("standby.signal"));
        node.start();
    }

    @Test
    void aReplayThatDoesNotFollowEndsTheRehearsalAtItsDeadlineOrAnInterrupt() throws Exception {
        PostgresNode primary = pair.primary();
        PostgresNode standby = pair.standby();
        try (PostgresBackend backend = Backends.of(pair);
                SwitchoverSession session = Backends.open(backend, OPERATION)) {
            StepDriver driver = new StepDriver(session, OPERATION);
            driver.step("prepare the target").apply(driver.context(Duration.ofSeconds(10)));
            driver.applied.addAll(session.steps().subList(0, 3));
            Sql.run(standby, "SELECT pg_wal_replay_pause()");

            assertThatThrownBy(() -> driver.step("rehearse").apply(driver.context(Duration.ofMillis(300))))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("node '" + standby.id() + "'")
                    .hasMessageContaining("did not replay");

            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> driver.step("rehearse").apply(driver.context(Duration.ofSeconds(10))))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("interrupted");
            assertThat(Thread.interrupted()).isTrue();

            session.verifyLease(Backends.in(5));
            driver.rollBack();
        } finally {
            Sql.run(standby, "SELECT pg_wal_replay_resume()");
        }
        assertWritableAgain(primary);
    }

    @Test
    void anInterruptEndsACheckpointAlsoOnAServerThatDoesNotAnswer() throws Exception {
        PostgresNode primary = pair.primary();
        try (PostgresBackend backend = Backends.of(pair)) {
            interruptCheckpoint(backend, primary, () -> primary.thaw());
            interruptCheckpoint(backend, primary, () -> {});
        } finally {
            primary.thaw();
        }
        assertWritableAgain(primary);
    }

    private static void interruptCheckpoint(PostgresBackend backend, PostgresNode primary, Runnable then) {
        try (SwitchoverSession session = Backends.open(backend, OPERATION)) {
            StepDriver driver = new StepDriver(session, OPERATION);
            Thread caller = Thread.currentThread();
            primary.freeze();
            CompletableFuture.delayedExecutor(300, java.util.concurrent.TimeUnit.MILLISECONDS)
                    .execute(() -> {
                        caller.interrupt();
                        then.run();
                    });
            long began = System.nanoTime();

            assertThatThrownBy(() -> driver.step("checkpoint").apply(driver.context(Duration.ofSeconds(30))))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("interrupted");

            assertThat(Thread.interrupted()).isTrue();
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    void aPasswordThatIsWrongAfterThePromotionDegradesAndSaysWhatToDo() throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode target = pair.standby();
        String user = pair.replication().user();
        try {
            SwitchoverReport report = switchWith(
                    UnaryOperator.identity(),
                    SwitchoverRequest.of(Backends.INSTANCE).build(),
                    () -> Sql.run(old, "ALTER ROLE %s PASSWORD 'changed'".formatted(user)));

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED_DEGRADED);
            assertThat(report.newPrimary()).contains(target.id());
            assertThat(report.message())
                    .contains("cannot stream from node '%s'".formatted(target.id()))
                    .contains("as user '%s': authentication failed".formatted(user))
                    .contains("'%s' is primary and takes writes".formatted(target.id()))
                    .contains("Correct primary_conninfo in 'postgresql.auto.conf' of '%s'".formatted(old.id()))
                    .doesNotContain(pair.replication().password());
            assertThat(target.isWritable()).isTrue();
            assertThat(old.isWritable()).isFalse();
        } finally {
            Sql.run(
                    pair.primary(),
                    "ALTER ROLE %s PASSWORD '%s'"
                            .formatted(user, pair.replication().password()));
        }
        assertWritableAgain(target);
    }

    @Test
    void anOldPrimaryThatDoesNotStartDegrades() throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode target = pair.standby();

        SwitchoverReport report = switchWith(
                control -> new ControlWrapper(control) {
                    @Override
                    public void start() {
                        throw new BackendException("No disk.");
                    }
                },
                SwitchoverRequest.of(Backends.INSTANCE).build(),
                () -> {});

        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED_DEGRADED);
        assertThat(report.message())
                .contains("No disk. '%s' is primary and takes writes; standby.signal of '%s' is written"
                        .formatted(target.id(), old.id()));
        old.start();
        assertWritableAgain(target);
    }

    @Test
    void anOldPrimaryThatTakesWritesAgainAfterThePromotionIsStoppedAndReported() throws Exception {
        try (PostgresPair split = PostgresPair.start();
                PostgresBackend backend = Backends.of(split);
                SwitchoverSession session = Backends.open(backend, OPERATION)) {
            PostgresNode old = split.node("a");
            StepDriver driver = new StepDriver(session, OPERATION);
            driver.apply(Phase.CATCHING_UP, Phase.RELEASING);
            startAsPrimary(old);
            Sql.run(old, "CREATE TABLE only_here (what text)");

            assertThatThrownBy(() -> driver.apply(Phase.REJOINING, Phase.REJOINING))
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("The history of node 'a'")
                    .hasMessageContaining("'b' is primary and takes writes");

            assertThat(driver.notes.get("second primary")).contains("took writes again");
            assertThat(driver.notes.get("abandoned on the old primary")).contains("bytes of log after");
            assertThat(old.isRunning()).isFalse();
        }
    }

    private static SwitchoverReport switchWith(
            UnaryOperator<NodeControl> tamper, SwitchoverRequest request, HoldHook.Action onHold) throws Exception {
        try (PostgresBackend backend = PostgresBackend.builder()
                        .credentials(pair.superuser().user(), pair.superuser().password())
                        .probeTimeout(Duration.ofSeconds(1))
                        .instance(Backends.INSTANCE, instance -> {
                            for (PostgresNode node : pair.nodes()) {
                                instance.node(
                                        node.id(),
                                        b -> b.endpoint(node.endpoint()).control(tamper.apply(Backends.control(node))));
                            }
                        })
                        .build();
                SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                        .backend(backend)
                        .participant(new HoldHook(onHold))
                        .build()) {
            return coordinator.start(request).await(Duration.ofSeconds(90));
        }
    }

    private static void assertWritableAgain(PostgresNode primary, String... kept) throws Exception {
        assertThat(pair.primary()).isSameAs(primary);
        pair.awaitStreaming();
        for (PostgresNode node : pair.nodes()) {
            assertThat(Sql.list(node, "SELECT what FROM kept")).isEqualTo(List.of(kept));
        }
        Leftovers.assertNone(pair);
    }
}
