package io.switchover4j.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Check;
import io.switchover4j.FailoverMode;
import io.switchover4j.Instance;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Node;
import io.switchover4j.Phase;
import io.switchover4j.PlannedStep;
import io.switchover4j.Replication;
import io.switchover4j.Role;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.InterruptedSwitchover;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.LeaseHeldException;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.StepContext;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverBackend.Capability;
import io.switchover4j.spi.SwitchoverOptions;
import io.switchover4j.spi.SwitchoverPlan;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.spi.SwitchoverStep;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link SwitchoverBackend} does, shown on one healthy instance. The tests leave that instance healthy, but not
 * always with the same primary, so they may share it and run in any order.
 */
@DisplayName("A switchover backend")
public abstract class SwitchoverBackendContract {

    private static final String OPERATION = "contract_0123abcd";
    private static final String AUDIT = "contract: shows what a lease tells others";

    private SwitchoverBackend backend;

    /** For subclasses. */
    @SuppressWarnings("NullAway.Init")
    protected SwitchoverBackendContract() {}

    /** A backend that knows the instance. Called more than once in a test: each stands for another coordinator. */
    protected abstract SwitchoverBackend createBackend() throws Exception;

    /** The id of a healthy instance that may be switched. */
    protected abstract String instanceId();

    /** Whether a node takes writes, found out by trying one on that node, not by what the backend says. */
    protected abstract boolean isWritable(String nodeId) throws Exception;

    /** How long anything that is expected may take. */
    protected Duration patience() {
        return Duration.ofSeconds(60);
    }

    @BeforeEach
    void open() throws Exception {
        backend = createBackend();
        awaitHealthy();
    }

    @AfterEach
    void close() {
        backend.close();
        backend.close();
    }

    @Test
    @DisplayName("has a name and lists its instances")
    void listsItsInstances() {
        assertThat(backend.name()).isNotBlank();
        assertThat(backend.instances(deadline())).extracting(Instance::id).contains(instanceId());
    }

    @Test
    @DisplayName("says of an instance that it does not know that there is none")
    void refusesAnUnknownInstance() {
        assertThatThrownBy(() -> backend.describe("no such instance", deadline()))
                .isInstanceOf(UnknownInstanceException.class)
                .hasMessageContaining("no such instance")
                .hasMessageContaining(instanceId());
    }

    @Test
    @DisplayName("describes one primary and a standby that streams with a known lag")
    void describesTheRoles() throws Exception {
        Instance instance = backend.describe(instanceId(), deadline());

        assertThat(instance.id()).isEqualTo(instanceId());
        Node primary = instance.primary().orElseThrow();
        assertThat(isWritable(primary.id())).isTrue();
        assertThat(primary.replication()).isEmpty();
        Node standby = target(instance);
        assertThat(isWritable(standby.id())).isFalse();
        assertThat(standby.replication()).hasValueSatisfying(replication -> {
            assertThat(replication.state()).isEqualTo(Replication.State.STREAMING);
            assertThat(replication.lagBytes()).isPresent();
        });
    }

    @Test
    @DisplayName("ends a question soon after its deadline")
    void honoursAnExpiredDeadline() {
        long start = System.nanoTime();

        try {
            backend.describe(instanceId(), Deadline.after(Duration.ZERO));
        } catch (BackendException expected) {
            assertThat(expected).hasMessageNotContaining("null");
        }

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    @DisplayName("keeps the interrupt flag of a caller that is interrupted")
    void honoursAnInterrupt() throws Exception {
        Thread.currentThread().interrupt();
        boolean kept;
        try {
            backend.describe(instanceId(), deadline());
        } catch (BackendException expected) {
            assertThat(expected).hasMessageContaining("interrupt");
        } finally {
            kept = Thread.interrupted();
        }

        assertThat(kept).isTrue();
        awaitHealthy();
    }

    @Test
    @DisplayName("finds nothing against switching a healthy instance, however often it is asked")
    void checksChangeNothing() throws Exception {
        Instance before = backend.describe(instanceId(), deadline());
        Node target = target(before);

        List<Check> first = backend.check(before, target, options(), deadline());
        List<Check> second = backend.check(before, target, options(), deadline());

        assertThat(first).noneMatch(check -> check.verdict() == Check.Verdict.BLOCK);
        assertThat(second)
                .extracting(Check::name)
                .isEqualTo(first.stream().map(Check::name).toList());
        assertSameRoles(before);
    }

    @Test
    @DisplayName("plans the steps that a session then takes, in the order of the phases, and promotes once")
    void plansWhatItDoes() throws Exception {
        Instance before = backend.describe(instanceId(), deadline());
        Node target = target(before);

        SwitchoverPlan plan = backend.plan(before, target, options(), deadline());

        assertThat(plan.steps()).isNotEmpty().extracting(PlannedStep::phase).isSorted();
        assertThat(plan.steps()).extracting(PlannedStep::name).doesNotHaveDuplicates();
        assertThat(plan.steps().stream().filter(step -> step.phase() == Phase.PROMOTING))
                .hasSize(1);
        assertThat(plan.predictedPause()).isPositive();
        try (SwitchoverSession session = openSession(backend, before)) {
            assertThat(session.steps().stream().map(SwitchoverStep::describe)).containsExactlyElementsOf(plan.steps());
        }
        assertSameRoles(before);
    }

    @Test
    @DisplayName("keeps the maintenance window if it says so, and shows none if not")
    void keepsTheMaintenanceWindow() {
        MaintenanceWindow window = MaintenanceWindow.parse("sun:05:00-sun:06:00");
        if (backend.capabilities().contains(Capability.MAINTENANCE_WINDOW)) {
            backend.modifyMaintenanceWindow(instanceId(), window, deadline());

            assertThat(describe().maintenanceWindow()).contains(window);
            assertThat(backend.instances(deadline()))
                    .filteredOn(instance -> instance.id().equals(instanceId()))
                    .singleElement()
                    .satisfies(
                            instance -> assertThat(instance.maintenanceWindow()).contains(window));
        } else {
            assertThat(describe().maintenanceWindow()).isEmpty();
        }
    }

    @Test
    @DisplayName("keeps the failover mode if it says so, and shows none if not")
    void keepsTheFailoverMode() {
        FailoverMode suspended = FailoverMode.suspendedUntil(Instant.parse("2999-01-01T00:00:00Z"));
        if (backend.capabilities().contains(Capability.FAILOVER_MODE)) {
            backend.modifyFailoverMode(instanceId(), suspended, deadline());
            assertThat(describe().failoverMode()).contains(suspended);

            backend.modifyFailoverMode(instanceId(), FailoverMode.automatic(), deadline());
            assertThat(describe().failoverMode()).contains(FailoverMode.automatic());
        } else {
            assertThat(describe().failoverMode()).isEmpty();
        }
    }

    private Instance describe() {
        return backend.describe(instanceId(), deadline());
    }

    @Test
    @DisplayName("gives the lease to one coordinator, and tells the other who holds it and in which phase")
    void leaseIsExclusive() throws Exception {
        Instance instance = backend.describe(instanceId(), deadline());
        try (SwitchoverBackend other = createBackend();
                SwitchoverSession session = openSession(backend, instance)) {
            assertRefused(other, instance, Phase.CHECKING);
            for (Phase phase : List.of(Phase.CATCHING_UP, Phase.CONFIRMING_POSITION, Phase.ROLLING_BACK)) {
                session.announce(phase);
                // What is announced is told with the next call at the latest.
                assertThatCode(() -> session.verifyLease(deadline())).doesNotThrowAnyException();
                assertRefused(other, instance, phase);
            }
        }
        assertThat(backend.leaseHolder(instanceId(), deadline())).isEmpty();
    }

    private void assertRefused(SwitchoverBackend other, Instance instance, Phase phase) {
        // A server may keep no more of a long reason than its beginning.
        String told = "%s.* since 2\\d\\d\\d-.*%s.*now %s".formatted(AUDIT.substring(0, 20), OPERATION, phase);
        assertThatThrownBy(() -> openSession(other, instance))
                .isInstanceOf(LeaseHeldException.class)
                .hasMessageContaining(instanceId())
                .message()
                .containsPattern(told);
        assertThat(other.leaseHolder(instanceId(), deadline()))
                .hasValueSatisfying(holder -> assertThat(holder).containsPattern(told));
    }

    @Test
    @DisplayName("gives the lease back when the session is closed, once or twice")
    void closingGivesTheLeaseBack() throws Exception {
        Instance instance = backend.describe(instanceId(), deadline());
        SwitchoverSession session = openSession(backend, instance);
        session.close();
        session.close();

        try (SwitchoverBackend other = createBackend()) {
            assertThatCode(() -> openSession(other, instance).close()).doesNotThrowAnyException();
        }
        assertThatThrownBy(() -> session.verifyLease(deadline())).isInstanceOf(BackendException.class);
        assertSameRoles(instance);
    }

    @Test
    @DisplayName("says that nothing was promoted before the promotion, and changes nothing by saying so")
    void resolvesBeforeThePromotion() throws Exception {
        Instance before = backend.describe(instanceId(), deadline());
        try (SwitchoverSession session = openSession(backend, before)) {
            for (int i = 0; i < 2; i++) {
                Resolution resolution = session.resolve(deadline());
                assertThat(resolution.verdict()).as(resolution.evidence()).isEqualTo(Resolution.Verdict.NOT_PROMOTED);
                assertThat(resolution.evidence()).isNotBlank();
            }
        }
        assertSameRoles(before);
    }

    @Test
    @DisplayName("undoes steps that were never applied without changing anything")
    void undoWithoutApplyIsHarmless() throws Exception {
        Instance before = backend.describe(instanceId(), deadline());
        try (SwitchoverSession session = openSession(backend, before)) {
            undo(upToPromotion(session));
        }
        assertSameRoles(before);
        awaitHealthy();
    }

    @Test
    @DisplayName("fences the old primary so that no node takes writes, and can take that back")
    void rollsBackAfterTheFence() throws Exception {
        Instance before = backend.describe(instanceId(), deadline());
        String oldPrimary = before.primary().orElseThrow().id();
        try (SwitchoverSession session = openSession(backend, before)) {
            List<SwitchoverStep> steps = upToPromotion(session);
            // An engine that switches by itself has no fence of its own, and takes writes until it is asked to promote.
            boolean fences = steps.stream().anyMatch(step -> step.describe().phase() == Phase.FENCING);
            Facts facts = new Facts(patience());
            for (SwitchoverStep step : steps) {
                step.apply(facts);
            }
            assertThat(writable(before)).isEqualTo(fences ? List.of() : List.of(oldPrimary));
            assertThat(facts.fenced.isBlank()).isEqualTo(!fences);
            Resolution resolution = session.resolve(deadline());
            assertThat(resolution.verdict()).as(resolution.evidence()).isEqualTo(Resolution.Verdict.NOT_PROMOTED);

            undo(steps);
            assertThat(writable(before)).containsExactly(oldPrimary);
            undo(steps);
            assertThat(writable(before)).containsExactly(oldPrimary);
        }
        awaitHealthy();
        assertSameRoles(before);
    }

    @Test
    @DisplayName("undoes a fence that was applied and whose later steps were not")
    void rollsBackHalfWay() throws Exception {
        Instance before = backend.describe(instanceId(), deadline());
        try (SwitchoverSession session = openSession(backend, before)) {
            List<SwitchoverStep> steps = upToPromotion(session);
            Facts facts = new Facts(patience());
            for (SwitchoverStep step : steps) {
                if (step.describe().phase().compareTo(Phase.FENCING) <= 0) {
                    step.apply(facts);
                }
            }
            undo(steps);
        }
        assertThat(writable(before))
                .containsExactly(before.primary().orElseThrow().id());
        awaitHealthy();
    }

    @Test
    @DisplayName("exchanges the roles when every step is applied, each of them twice")
    void appliesEveryStepTwice() throws Exception {
        Instance before = backend.describe(instanceId(), deadline());
        String oldPrimary = before.primary().orElseThrow().id();
        String target = target(before).id();
        try (SwitchoverSession session = openSession(backend, before)) {
            Facts facts = new Facts(patience());
            for (SwitchoverStep step : session.steps()) {
                step.apply(facts);
                step.apply(facts);
                if (step.describe().phase() == Phase.PROMOTING) {
                    Resolution resolution = session.resolve(deadline());
                    assertThat(resolution.verdict()).as(resolution.evidence()).isEqualTo(Resolution.Verdict.PROMOTED);
                }
            }
            assertThat(facts.promoted).isNotBlank();
        }
        assertThat(writable(before)).containsExactly(target);
        awaitHealthy();
        Instance after = backend.describe(instanceId(), deadline());
        assertThat(after.primary().map(Node::id)).contains(target);
        assertThat(after.node(oldPrimary).map(Node::role)).contains(Role.STANDBY);
    }

    @Test
    @DisplayName("takes up a switchover whose process ended after the fence, and undoes it")
    void resumesAfterTheFence() throws Exception {
        Instance before = backend.describe(instanceId(), deadline());
        List<JournalRecord> journal = dieAfter(Phase.FENCING, before);
        for (int i = 0; i < 2; i++) {
            // The second one finds everything undone already.
            try (SwitchoverBackend next = createBackend();
                    SwitchoverSession session = next.resume(interrupted(next, before, journal), deadline())) {
                Resolution resolution = session.resolve(deadline());
                assertThat(resolution.verdict()).as(resolution.evidence()).isEqualTo(Resolution.Verdict.NOT_PROMOTED);
                undo(intended(session, journal));
            }
            assertThat(writable(before))
                    .containsExactly(before.primary().orElseThrow().id());
        }
        awaitHealthy();
        assertSameRoles(before);
    }

    @Test
    @DisplayName("takes up a switchover whose process ended after the promotion, and finishes it")
    void resumesAfterThePromotion() throws Exception {
        Instance before = backend.describe(instanceId(), deadline());
        String target = target(before).id();
        List<JournalRecord> journal = dieAfter(Phase.PROMOTING, before);
        for (int i = 0; i < 2; i++) {
            // The second one finds everything done already.
            try (SwitchoverBackend next = createBackend();
                    SwitchoverSession session = next.resume(interrupted(next, before, journal), deadline())) {
                Resolution resolution = session.resolve(deadline());
                assertThat(resolution.verdict()).as(resolution.evidence()).isEqualTo(Resolution.Verdict.PROMOTED);
                for (SwitchoverStep step : session.steps()) {
                    if (step.describe().phase().compareTo(Phase.PROMOTING) > 0) {
                        step.apply(new Facts(patience()));
                    }
                }
            }
            assertThat(writable(before)).containsExactly(target);
        }
        awaitHealthy();
    }

    @Test
    @DisplayName("does not take up what is still under way, and names it")
    void whatIsUnderWayIsNotTakenUp() throws Exception {
        Instance before = backend.describe(instanceId(), deadline());
        List<JournalRecord> journal = new ArrayList<>();
        try (SwitchoverBackend other = createBackend();
                SwitchoverSession session = openSession(backend, before)) {
            SwitchoverStep first = session.steps().get(0);
            journal.add(intent(first, 0));
            assertThatThrownBy(() -> other.resume(interrupted(other, before, journal), deadline()))
                    .isInstanceOf(LeaseHeldException.class)
                    .hasMessageContaining(OPERATION);
            session.verifyLease(deadline());
        }
    }

    /** Applies the steps up to the end of a phase as a process would that then ends. */
    private List<JournalRecord> dieAfter(Phase last, Instance before) {
        List<JournalRecord> journal = new ArrayList<>();
        try (SwitchoverSession session = openSession(backend, before)) {
            for (SwitchoverStep step : session.steps()) {
                if (step.describe().phase().compareTo(last) <= 0) {
                    journal.add(intent(step, journal.size()));
                    step.apply(new Facts(patience()));
                }
            }
        }
        return journal;
    }

    private JournalRecord intent(SwitchoverStep step, int sequence) {
        return new JournalRecord(
                instanceId(),
                OPERATION,
                sequence,
                Instant.now(),
                JournalRecord.Kind.INTENT,
                step.describe().phase(),
                step.describe().name(),
                step.intent(deadline()));
    }

    private InterruptedSwitchover interrupted(SwitchoverBackend next, Instance before, List<JournalRecord> journal) {
        return new InterruptedSwitchover(
                next.describe(instanceId(), deadline()),
                before.primary().orElseThrow().id(),
                target(before).id(),
                options(),
                OPERATION,
                AUDIT,
                journal);
    }

    private static List<SwitchoverStep> intended(SwitchoverSession session, List<JournalRecord> journal) {
        List<String> names = journal.stream().map(JournalRecord::subject).toList();
        return session.steps().stream()
                .filter(step -> names.contains(step.describe().name()))
                .toList();
    }

    @Test
    @DisplayName("switches there and back through a coordinator")
    void switchesThereAndBack() throws Exception {
        Instance before = backend.describe(instanceId(), deadline());
        try (SwitchoverCoordinator coordinator =
                SwitchoverCoordinator.builder().backend(backend).build()) {
            for (int i = 0; i < 2; i++) {
                Instance now = backend.describe(instanceId(), deadline());
                String target = target(now).id();
                SwitchoverReport report = coordinator
                        .start(SwitchoverRequest.of(instanceId()).target(target).build())
                        .await(patience().multipliedBy(2));

                assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
                assertThat(report.newPrimary()).contains(target);
                assertThat(report.writePause()).isPresent();
                assertThat(writable(now)).containsExactly(target);
                awaitHealthy();
            }
        }
        assertSameRoles(before);
    }

    /** Waits until the backend sees one primary and a standby that streams. */
    protected final void awaitHealthy() throws InterruptedException {
        Deadline deadline = deadline();
        while (true) {
            Instance seen = backend.describe(instanceId(), deadline);
            boolean healthy = seen.primary().isPresent()
                    && seen.standbys().stream().anyMatch(SwitchoverBackendContract::isStreaming);
            if (healthy) {
                return;
            }
            assertThat(deadline.isExpired())
                    .as("not healthy within %s: %s", patience(), seen.nodes())
                    .isFalse();
            Thread.sleep(50);
        }
    }

    private static boolean isStreaming(Node node) {
        return node.replication()
                .filter(replication -> replication.state() == Replication.State.STREAMING)
                .isPresent();
    }

    private static Node target(Instance instance) {
        return instance.standbys().stream()
                .filter(SwitchoverBackendContract::isStreaming)
                .findFirst()
                .orElseThrow();
    }

    private SwitchoverSession openSession(SwitchoverBackend by, Instance instance) {
        return by.open(instance, target(instance), options(), OPERATION, AUDIT, deadline());
    }

    private static List<SwitchoverStep> upToPromotion(SwitchoverSession session) {
        return session.steps().stream()
                .filter(step -> step.describe().phase().compareTo(Phase.PROMOTING) < 0)
                .toList();
    }

    private void undo(List<SwitchoverStep> steps) {
        List<SwitchoverStep> lastFirst = new ArrayList<>(steps);
        Collections.reverse(lastFirst);
        lastFirst.forEach(step -> step.undo(new Facts(patience())));
    }

    private List<String> writable(Instance instance) throws Exception {
        List<String> writable = new ArrayList<>();
        for (Node node : instance.nodes()) {
            if (isWritable(node.id())) {
                writable.add(node.id());
            }
        }
        return writable;
    }

    private void assertSameRoles(Instance before) throws Exception {
        Instance now = backend.describe(instanceId(), deadline());
        assertThat(roles(now)).isEqualTo(roles(before));
        assertThat(writable(now)).containsExactly(before.primary().orElseThrow().id());
    }

    private static Map<String, Role> roles(Instance instance) {
        return instance.nodes().stream().collect(Collectors.toMap(Node::id, Node::role));
    }

    private SwitchoverOptions options() {
        return new SwitchoverOptions(16L << 20, Duration.ofSeconds(2), Duration.ofSeconds(5));
    }

    private Deadline deadline() {
        return Deadline.after(patience());
    }

    /** What steps report. */
    private static final class Facts implements StepContext {

        private final Deadline deadline;
        private final Map<String, String> notes = new ConcurrentHashMap<>();
        private volatile String fenced = "";
        private volatile String promoted = "";

        Facts(Duration patience) {
            this.deadline = Deadline.after(patience);
        }

        @Override
        public String operationId() {
            return OPERATION;
        }

        @Override
        public Deadline deadline() {
            return deadline;
        }

        @Override
        public void note(String name, String value) {
            notes.put(name, value);
        }

        @Override
        public void fencedPosition(String position) {
            fenced = position;
        }

        @Override
        public void promotedPosition(String position) {
            promoted = position;
        }
    }
}
