package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Check;
import io.switchover4j.Endpoint;
import io.switchover4j.Instance;
import io.switchover4j.LossLimit;
import io.switchover4j.Phase;
import io.switchover4j.Preflight;
import io.switchover4j.Role;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.NodeControl;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A primary that lives and does not let us in is not lost: it goes on serving everybody else. */
@Timeout(120)
class RefusedLoginIT {

    private static final String USER = "operator";
    private static final String REJECT = "host all " + USER + " 0.0.0.0/0 reject\n";

    @SuppressWarnings("NullAway.Init")
    private static PostgresPair pair;

    @BeforeAll
    static void start() throws Exception {
        pair = PostgresPair.start();
        Sql.run(
                pair.primary(),
                "CREATE ROLE " + USER + " SUPERUSER LOGIN PASSWORD 'secret'",
                "CREATE ROLE crowd LOGIN CONNECTION LIMIT 0 PASSWORD 'secret'",
                "CREATE TABLE kept (what text)");
        pair.awaitStreaming();
    }

    @AfterAll
    static void stop() {
        pair.close();
    }

    @BeforeEach
    void heal() throws Exception {
        FailoverIT.heal(pair);
    }

    @AfterEach
    void admit() throws Exception {
        for (PostgresNode node : pair.nodes()) {
            hba(node, Files.readString(hba(node)).replace(REJECT, ""));
        }
    }

    private static Path hba(PostgresNode node) {
        return node.dataDirectory().resolve("pg_hba.conf");
    }

    private static void hba(PostgresNode node, String content) throws Exception {
        Files.writeString(hba(node), content);
        if (node.isRunning()) {
            Sql.run(node, "SELECT pg_reload_conf()");
        }
    }

    /** Whoever else works there goes on. */
    private static void refuse(PostgresNode node) throws Exception {
        hba(node, REJECT + Files.readString(hba(node)));
        Leftovers.await(() -> !isAdmitted(node), () -> "the login is not refused");
    }

    private static boolean isAdmitted(PostgresNode node) {
        try (Connection connection = DriverManager.getConnection(node.url("postgres"), USER, "secret")) {
            return connection.isValid(1);
        } catch (SQLException e) {
            return false;
        }
    }

    private static PostgresBackend.Builder backend() {
        return backend(UnaryOperator.identity());
    }

    private static PostgresBackend.Builder backend(UnaryOperator<NodeControl> tamper) {
        return PostgresBackend.builder()
                .credentials(USER, "secret")
                .probeTimeout(Duration.ofSeconds(1))
                .instance(Backends.INSTANCE, instance -> {
                    for (PostgresNode node : pair.nodes()) {
                        instance.node(
                                node.id(),
                                b -> b.zone("zone-" + node.id())
                                        .endpoint(node.endpoint())
                                        .control(tamper.apply(Backends.control(node))));
                    }
                });
    }

    private static SwitchoverCoordinator coordinator(PostgresBackend backend) {
        return SwitchoverCoordinator.builder().backend(backend).build();
    }

    private static SwitchoverRequest failover() {
        return SwitchoverRequest.of(Backends.INSTANCE)
                .failover()
                .acceptLoss(LossLimit.unlimited())
                .build();
    }

    private static Role role(Instance instance, PostgresNode node) {
        return instance.node(node.id()).orElseThrow().role();
    }

    private static Check named(List<Check> checks, String name) {
        return checks.stream()
                .filter(check -> check.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(checks.toString()));
    }

    private static void assertRefused(PostgresBackend backend) throws Exception {
        PostgresNode old = pair.primary();
        try (SwitchoverCoordinator coordinator = coordinator(backend)) {
            Preflight preflight = coordinator.preflight(failover());
            SwitchoverReport report = coordinator.start(failover()).await(Duration.ofSeconds(60));

            assertThat(named(preflight.checks(), "primary").verdict())
                    .as(preflight.describe())
                    .isEqualTo(Check.Verdict.BLOCK);
            assertThat(named(preflight.checks(), "answers of " + old.id()).verdict())
                    .isEqualTo(Check.Verdict.WARN);
            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.REJECTED);
            assertThat(report.message())
                    .contains("evenIfPrimaryAnswers()")
                    .contains("'%s' was observed as the primary".formatted(old.id()))
                    .doesNotContain("no node is known to take writes");
        }
        assertThat(old.isWritable()).isTrue();
        pair.awaitStreaming();
    }

    @Test
    void aPrimaryThatRefusesOurLoginIsNotPassedOver() throws Exception {
        refuse(pair.primary());
        try (PostgresBackend backend = backend().build()) {
            assertRefused(backend);
        }
    }

    @Test
    void norIsItWhereItsHostCannotBeAskedEither() throws Exception {
        refuse(pair.primary());
        String old = pair.primary().id();
        try (PostgresBackend backend = backend(control -> control.nodeId().equals(old) ? unreachable(control) : control)
                .build()) {
            assertRefused(backend);
        }
    }

    private static NodeControl unreachable(NodeControl control) {
        return new ControlWrapper(control) {
            @Override
            public boolean isRunning() {
                throw new BackendException("no route to its host");
            }

            @Override
            public byte[] read(String name) throws IOException {
                throw new IOException("no route to its host");
            }
        };
    }

    /** Only we do not reach it: what it goes on sending to its standby shows that it lives. */
    @Test
    void aPrimaryOutOfOurReachThatGoesOnFeedingItsStandbyIsNotPassedOver() throws Exception {
        PostgresNode old = pair.primary();
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> load = CompletableFuture.runAsync(() -> insertUntil(over, old));
        try (PostgresBackend backend = PostgresBackend.builder()
                .credentials(USER, "secret")
                .instance(Backends.INSTANCE, instance -> {
                    for (PostgresNode node : pair.nodes()) {
                        instance.node(
                                node.id(),
                                b -> b.zone("zone-" + node.id())
                                        .endpoint(node == old ? new Endpoint("127.0.0.1", 1) : node.endpoint())
                                        .control(Backends.control(node)));
                    }
                })
                .build()) {
            assertRefused(backend);
            over.set(true);
            load.join();

            old.freeze();
            assertThat(role(Backends.describe(backend), old)).isEqualTo(Role.UNKNOWN);
            old.thaw();
            old.crash();
            assertThat(role(Backends.describe(backend), old)).isEqualTo(Role.UNKNOWN);
        } finally {
            over.set(true);
        }
    }

    @Test
    void aLookForSignsOfLifeThatFailsLeavesTheNodeUnknown() throws Exception {
        PostgresNode old = pair.primary();
        AtomicInteger asked = new AtomicInteger();
        try (PostgresBackend backend = backend()
                .credentials(() -> {
                    if (asked.incrementAndGet() > pair.nodes().size()) {
                        throw new IllegalStateException("sealed");
                    }
                    return new Credentials(USER, "secret");
                })
                .build()) {
            old.freeze();

            assertThat(role(Backends.describe(backend), old)).isEqualTo(Role.UNKNOWN);

            assertThat(asked).hasValueGreaterThan(pair.nodes().size());
        } finally {
            old.thaw();
        }
    }

    private static void insertUntil(AtomicBoolean over, PostgresNode node) {
        try (Connection connection = node.connect()) {
            while (!over.get()) {
                connection.createStatement().execute("INSERT INTO kept VALUES ('x')");
                Thread.sleep(20);
            }
        } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aPlannedSwitchIsToldToCorrectTheLoginAndNotToFailOver() throws Exception {
        PostgresNode old = pair.primary();
        refuse(old);
        try (PostgresBackend backend = backend().build();
                SwitchoverCoordinator coordinator = coordinator(backend)) {
            Preflight preflight = coordinator.preflight(
                    SwitchoverRequest.of(Backends.INSTANCE).build());

            assertThat(named(preflight.checks(), "answers of " + old.id()).verdict())
                    .isEqualTo(Check.Verdict.BLOCK);
            assertThat(preflight.describe())
                    .contains("authentication failed")
                    .contains("correct credentials(...) of the backend, or pg_hba.conf")
                    .doesNotContain("ask for a failover");
        }
    }

    /** Each of these answers shows a server that lives; its control file tells which one takes writes. */
    @Test
    void whereBothRefuseUsTheControlFileTellsWhichIsPrimary() throws Exception {
        PostgresNode primary = pair.primary();
        try (PostgresBackend wrong = backend().credentials(USER, "wrong").build();
                PostgresBackend full = backend().credentials("crowd", "secret").build();
                PostgresBackend nowhere = backend().database("nowhere").build()) {
            for (PostgresBackend backend : List.of(wrong, full, nowhere)) {
                Instance instance = Backends.describe(backend);
                assertThat(role(instance, primary)).as(instance.toString()).isEqualTo(Role.PRIMARY);
                assertThat(role(instance, pair.standby())).isEqualTo(Role.UNKNOWN);
            }
            assertThat(detail(full, primary)).contains("no connection left").contains("raise the limit");
            assertThat(detail(nowhere, primary)).contains("correct database(...) of the backend");
            try (SwitchoverCoordinator coordinator = coordinator(wrong)) {
                assertThat(coordinator
                                .preflight(
                                        SwitchoverRequest.of(Backends.INSTANCE).build())
                                .describe())
                        .doesNotContain("ask for a failover")
                        .contains("correct credentials(...) of the backend");
            }
        }
    }

    @Test
    void whoInsistsGetsAnOldPrimaryThatFollowsUnseen() throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode target = pair.standby();
        refuse(old);
        try (PostgresBackend backend = backend().build();
                SwitchoverCoordinator coordinator = coordinator(backend)) {
            SwitchoverReport report = coordinator
                    .start(SwitchoverRequest.of(Backends.INSTANCE)
                            .failover()
                            .acceptLoss(LossLimit.unlimited())
                            .evenIfPrimaryAnswers()
                            .build())
                    .await(Duration.ofSeconds(60));

            assertLeftRunning(report, old, target);
        }
    }

    @Test
    void anOldPrimaryThatStopsLettingUsInDuringAPlannedSwitchIsLeftRunning() throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode target = pair.standby();
        try (PostgresBackend backend = backend().build();
                SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                        .backend(backend)
                        .participant(new HoldHook(() -> refuse(old)))
                        .build()) {
            SwitchoverReport report = coordinator
                    .start(SwitchoverRequest.of(Backends.INSTANCE).build())
                    .await(Duration.ofSeconds(60));

            assertLeftRunning(report, old, target);
        }
    }

    private static void assertLeftRunning(SwitchoverReport report, PostgresNode old, PostgresNode target) {
        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED_DEGRADED);
        assertThat(report.message())
                .contains("Could not log in to node '%s'".formatted(old.id()))
                .contains("authentication failed")
                .contains("left running; '%s' says that it streams to it. '%s' is primary and takes writes."
                        .formatted(target.id(), target.id()))
                .doesNotContain("history")
                .doesNotContain("lost unless");
        assertThat(pair.primary()).isSameAs(target);
        assertThat(old.isInRecovery()).isTrue();
        pair.awaitStreaming();
    }

    /** A rollback has to know whether the old primary takes writes, and must not end a server that does. */
    @Test
    void aRollbackSeesByTheControlFileThatTheOldPrimaryTakesWrites() throws Exception {
        PostgresNode old = pair.primary();
        long pid = old.pid();
        try (PostgresBackend backend = backend(control -> new ControlWrapper(control) {
                            @Override
                            public void requestStop(StopMode mode) {
                                if (mode == StopMode.IMMEDIATE) {
                                    super.requestStop(mode);
                                }
                            }
                        })
                        .build();
                SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                        .backend(backend)
                        .participant(new HoldHook(() -> refuse(old)))
                        .build()) {
            SwitchoverReport report = coordinator
                    .start(SwitchoverRequest.of(Backends.INSTANCE)
                            .drainTimeout(Duration.ofMillis(500))
                            .pauseBudget(Duration.ofSeconds(2))
                            .build())
                    .await(Duration.ofSeconds(60));

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ROLLED_BACK);
        }
        assertThat(old.isWritable()).isTrue();
        assertThat(old.pid()).isEqualTo(pid);
    }

    private static String detail(PostgresBackend backend, PostgresNode node) {
        return Backends.describe(backend).node(node.id()).orElseThrow().detail();
    }
}
