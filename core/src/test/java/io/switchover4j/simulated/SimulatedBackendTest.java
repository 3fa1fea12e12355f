package io.switchover4j.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Check;
import io.switchover4j.Edition;
import io.switchover4j.Engine;
import io.switchover4j.Instance;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Node;
import io.switchover4j.Phase;
import io.switchover4j.Replication;
import io.switchover4j.Role;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.Timing;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a test of automation sees and can do. */
class SimulatedBackendTest {

    private final ManualTime time = ManualTime.at(Instant.parse("2026-03-01T21:00:00Z"));
    private final SimulatedBackend backend =
            SimulatedBackend.builder().time(time).pair("orders").build();
    private final SwitchoverJournal journal = SwitchoverJournal.inMemory();

    private SwitchoverReport run() throws InterruptedException {
        return run(backend);
    }

    private SwitchoverReport run(SimulatedBackend process) throws InterruptedException {
        try (SwitchoverCoordinator coordinator = coordinator(process)) {
            return coordinator.start(SwitchoverRequest.of("orders").build()).await();
        }
    }

    private SwitchoverCoordinator coordinator(SimulatedBackend process) {
        return SwitchoverCoordinator.builder()
                .backend(process)
                .journal(process.journal(journal))
                .timeSource(process.timeSource())
                .threadFactory(new DirectThreads())
                .build();
    }

    private Instance look() {
        return backend.another().describe("orders", deadline());
    }

    private Deadline deadline() {
        return Deadline.after(Duration.ofSeconds(10), time);
    }

    @Test
    void aSwitchTakesItsTimeOnTheClockOfTheSimulationAlone() throws Exception {
        SwitchoverReport report = run();

        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
        assertThat(report.writePause()).contains(Duration.ofMillis(106));
        assertThat(report.predictedPause()).contains(Duration.ofMillis(106));
        assertThat(report.startedAt()).isEqualTo("2026-03-01T21:00:00.002Z");
        assertThat(backend.writableNodes("orders")).containsExactly("b");
        assertThat(backend.leaseHolder("orders")).isEmpty();
        assertThat(look().node("a").orElseThrow().replication())
                .hasValueSatisfying(r -> assertThat(r.state()).isEqualTo(Replication.State.STREAMING));
    }

    @Test
    void whatWaitsStartsWhenTheClockIsMovedThere() throws Exception {
        try (SwitchoverCoordinator coordinator = coordinator(backend)) {
            Instant night = Instant.parse("2026-03-01T22:00:00Z");
            Switchover switchover = coordinator.start(
                    SwitchoverRequest.of("orders").timing(Timing.at(night)).build());

            time.advanceTo(night.minusMillis(1));
            assertThat(switchover.phase()).isEqualTo(Phase.SCHEDULED);
            time.advanceTo(night);

            assertThat(switchover.await().outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void whatAProcessThatEndedWaitedForDoesNotBegin() {
        Instant night = Instant.parse("2026-03-01T22:00:00Z");
        SimulatedBackend mortal = backend.another();
        coordinator(mortal)
                .start(SwitchoverRequest.of("orders").timing(Timing.at(night)).build());
        mortal.crash();

        time.advanceTo(night.plusSeconds(60));

        assertThat(backend.writableNodes("orders")).containsExactly("a");
    }

    @Test
    @Timeout(10)
    void aWindowThatOpensNowLetsWhatWaitsBegin() throws Exception {
        try (SwitchoverCoordinator coordinator = coordinator(backend)) {
            coordinator.modifyMaintenanceWindow("orders", MaintenanceWindow.parse("03:00Z-05:00Z"));
            Switchover switchover = coordinator.start(SwitchoverRequest.of("orders")
                    .timing(Timing.inMaintenanceWindow())
                    .build());
            assertThat(switchover.startsAt()).contains(Instant.parse("2026-03-02T03:00:00Z"));

            coordinator.modifyMaintenanceWindow("orders", MaintenanceWindow.parse("20:00Z-23:00Z"));

            assertThat(switchover.await().outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void theSameSeedGivesTheSameTrace() throws Exception {
        assertThat(traceOf(7)).isEqualTo(traceOf(7)).contains("simulated failure");
        assertThat(traceOf(7)).isNotEqualTo(traceOf(8));
    }

    private static String traceOf(long seed) throws InterruptedException {
        SimulatedBackend each = SimulatedBackend.builder().pair("orders").build();
        each.faults(Faults.random(seed, 0.3));
        try (SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                .backend(each)
                .journal(each.journal(SwitchoverJournal.inMemory()))
                .timeSource(each.timeSource())
                .threadFactory(new DirectThreads())
                .build()) {
            for (int i = 0; i < 5; i++) {
                try {
                    coordinator.start(SwitchoverRequest.of("orders").build()).await();
                } catch (BackendException e) {
                    assertThat(e).hasMessageNotContaining("null");
                }
            }
        }
        return each.describeTrace().replaceAll("_[0-9a-f]{8}", "");
    }

    @Test
    void theTraceTellsWhoDidWhatWhen() throws Exception {
        backend.failNext(Call.CONFIRM_POSITION, Fault.error("disk is full"));

        run();

        assertThat(backend.describeTrace())
                .contains(
                        "2026-03-01T21:00:00.002Z  process 1   DESCRIBE orders\n",
                        "process 1   APPEND INTENT FENCING 'fence a'\n",
                        "orders/a    is fenced\n",
                        "process 1   CONFIRM_POSITION orders: disk is full\n",
                        "orders/a    takes writes again\n");
        assertThat(backend.trace()).extracting(SimulatedEvent::at).isSorted();
    }

    @Test
    void anErrorBeforeTheEffectChangesNothingAndOneAfterItDoes() throws Exception {
        backend.failNext(Call.PROMOTE, Fault.error("refused"));
        assertThat(run().outcome()).isEqualTo(Phase.ROLLED_BACK);
        assertThat(backend.writableNodes("orders")).containsExactly("a");

        backend.failNext(Call.PROMOTE, Fault.error("connection reset").afterEffect());
        assertThat(run().outcome()).isEqualTo(Phase.COMPLETED);
        assertThat(backend.writableNodes("orders")).containsExactly("b");
    }

    @Test
    void aTimeOutLastsUntilTheDeadline() throws Exception {
        backend.failNext(Call.FENCE, Fault.timeOut());

        SwitchoverReport report = run();

        assertThat(report.outcome()).isEqualTo(Phase.ROLLED_BACK);
        assertThat(report.message()).contains("the pause budget of 5000 ms ran out", "the node did not answer in time");
        assertThat(report.phases())
                .filteredOn(timing -> timing.phase() == Phase.FENCING)
                .singleElement()
                .satisfies(timing -> assertThat(timing.length()).isGreaterThan(Duration.ofMillis(4990)));
    }

    @Test
    void aSlowCallTakesLongerAndNotBeyondItsDeadline() throws Exception {
        backend.failNext(Call.FENCE, Fault.slow(Duration.ofSeconds(2)));
        assertThat(run().writePause()).contains(Duration.ofMillis(2106));

        backend.failNext(Call.FENCE, Fault.slow(Duration.ofSeconds(20)));
        assertThat(run().message()).contains("the node was too slow");
    }

    @Test
    void theNthCallIsCountedFromNowOn() throws Exception {
        run();
        backend.failNth(Call.FENCE, 2, Fault.error("second"));

        assertThat(run().outcome()).isEqualTo(Phase.COMPLETED);
        assertThat(run().message()).contains("second");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> backend.failNth(Call.FENCE, 0, Fault.crash()))
                .withMessage("nth is 0; the next call is 1");
    }

    @Test
    void whatAlwaysFailsFailsUntilItIsHealed() throws Exception {
        backend.failAlways(Call.OPEN, Fault.error("no route"));
        assertThat(run().outcome()).isEqualTo(Phase.ABORTED);
        assertThat(run().outcome()).isEqualTo(Phase.ABORTED);

        backend.heal();
        assertThat(run().outcome()).isEqualTo(Phase.COMPLETED);
    }

    @Test
    void aLeaseThatWasTakenAndNotHandedOutIsGivenBack() throws Exception {
        backend.failNext(Call.OPEN, Fault.error("connection reset").afterEffect());

        assertThat(run().outcome()).isEqualTo(Phase.ABORTED);
        assertThat(backend.leaseHolder("orders")).isEmpty();
    }

    @Test
    void anActionHappensInTheMiddleOfACall() throws Exception {
        backend.failNext(
                Call.CATCH_UP, Fault.run(() -> backend.node("orders", "b").crash()));

        SwitchoverReport report = run();

        assertThat(report.outcome()).isEqualTo(Phase.ABORTED);
        assertThat(report.message()).contains("'b' at simulated:5002: connection refused");
        assertThat(look().node("b").map(Node::role)).contains(Role.UNKNOWN);
        backend.node("orders", "b").restart();
        assertThat(run().outcome()).isEqualTo(Phase.COMPLETED);
    }

    @Test
    void aFrozenNodeAnswersNobodyAndForgetsNothing() throws Exception {
        backend.node("orders", "a").freeze();
        assertThat(look().node("a")).hasValueSatisfying(node -> {
            assertThat(node.role()).isEqualTo(Role.UNKNOWN);
            assertThat(node.detail()).isEqualTo("no answer");
        });
        assertThat(backend.writableNodes("orders")).isEmpty();
        assertThatThrownBy(() -> backend.node("orders", "a").write())
                .isInstanceOf(BackendException.class)
                .hasMessage("'a' takes no writes: no answer");

        backend.node("orders", "a").thaw();
        assertThat(backend.writableNodes("orders")).containsExactly("a");
    }

    @Test
    void aNodeThatIsIsolatedFromCoordinatorsStillTakesWrites() {
        backend.node("orders", "a").isolate();

        assertThat(look().primary()).isEmpty();
        assertThat(backend.node("orders", "a").write()).isEqualTo("1/100");
        backend.node("orders", "a").reconnect();
        assertThat(look().primary().map(Node::id)).contains("a");
    }

    @Test
    void lagMovesWithTheClock() {
        SimulatedBackend behind = SimulatedBackend.builder()
                .time(time)
                .instance(
                        "orders",
                        i -> i.node("a", "z1")
                                .node("b", "z2")
                                .lag(Duration.ofSeconds(2))
                                .load(1000))
                .build();

        time.advance(Duration.ofSeconds(10));
        assertThat(lagOf(behind).orElseThrow()).isBetween(1998L, 2002L);
        behind.node("orders", "b").lag(Duration.ofSeconds(1));
        assertThat(lagOf(behind).orElseThrow()).isBetween(998L, 1003L);

        behind.node("orders", "b").stopReplication();
        time.advance(Duration.ofSeconds(10));
        assertThat(lagOf(behind)).isEmpty();
        behind.node("orders", "b").startReplication();
        assertThat(lagOf(behind).orElseThrow()).isBetween(998L, 1003L);
    }

    private OptionalLong lagOf(SimulatedBackend of) {
        Node standby = of.describe("orders", deadline()).node("b").orElseThrow();
        return standby.replication().orElseThrow().lagBytes();
    }

    @Test
    void aCrashEndsEverythingThatItsProcessDoes() throws Exception {
        backend.failNext(Call.FENCE, Fault.crash().afterEffect());
        SwitchoverCoordinator coordinator = coordinator(backend);
        coordinator.start(SwitchoverRequest.of("orders").build());

        assertThat(backend.isCrashed()).isTrue();
        assertThat(backend.writableNodes("orders"))
                .as("nobody has taken the fence back")
                .isEmpty();
        assertThat(backend.leaseHolder("orders")).isEmpty();
        assertThat(journal.unfinished()).hasSize(1);
        int records = journal.read("orders").size();
        coordinator.close();
        assertThat(journal.read("orders")).hasSize(records);
        assertThatThrownBy(() -> backend.describe("orders", deadline()))
                .isInstanceOf(Error.class)
                .hasMessage("process 1 has ended");
    }

    @Test
    void describesWhatItWasBuiltOf() {
        SimulatedBackend cluster = SimulatedBackend.builder()
                .instance(
                        "billing",
                        i -> i.region("eu-central-1")
                                .engine(new Engine("PostgreSQL", "18.6"))
                                .edition(Edition.CLUSTER)
                                .node("x", "z1")
                                .node("y", "z2")
                                .node("z", "z3"))
                .pair("orders")
                .build();

        Instance billing = cluster.describe("billing", deadline());
        assertThat(billing.region()).isEqualTo("eu-central-1");
        assertThat(billing.engine()).hasToString("PostgreSQL 18.6");
        assertThat(billing.edition()).isEqualTo(Edition.CLUSTER);
        assertThat(billing.nodes()).extracting(Node::id).containsExactly("x", "y", "z");
        assertThat(billing.nodes()).extracting(Node::role).containsExactly(Role.PRIMARY, Role.STANDBY, Role.STANDBY);
        assertThat(cluster.instances(deadline())).extracting(Instance::id).containsExactly("billing", "orders");
        assertThat(cluster).hasToString("simulated [billing, orders], process 1");
    }

    @Test
    void aCheckOfTheTestBlocks() throws Exception {
        backend.addCheck(Check.block("slots", "none free", "Raise max_replication_slots."));

        assertThat(run().message()).contains("slots: none free");
    }

    @Test
    void whatCannotBeBuiltIsRefusedInWords() {
        assertThatIllegalStateException()
                .isThrownBy(() -> SimulatedBackend.builder().build())
                .withMessage("A simulation needs an instance; add one with pair(...) or instance(...)");
        assertThatIllegalStateException()
                .isThrownBy(
                        () -> SimulatedBackend.builder().instance("x", i -> {}).build())
                .withMessage("The instance 'x' has no node; add one with node(...)");
        assertThatIllegalStateException()
                .isThrownBy(() -> SimulatedBackend.builder()
                        .instance("x", i -> i.node("a", "z1").node("a", "z2"))
                        .build())
                .withMessage("The instance 'x' has two nodes 'a'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatedBackend.builder().latency(Call.FENCE, Duration.ofMillis(-1)))
                .withMessage("The latency of FENCE is PT-0.001S; it must not be negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatedBackend.builder().instance("x", i -> i.load(-1)))
                .withMessage("The load of 'x' is -1 bytes per second; it must be 0 or more");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SimulatedBackend.builder().instance("x", i -> i.lag(Duration.ofMillis(-1))))
                .withMessage("The lag of 'x' is PT-0.001S; it must not be negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> backend.node("orders", "b").lag(Duration.ofMillis(-1)))
                .withMessage("The lag is PT-0.001S; it must not be negative");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Faults.random(1, 1.5))
                .withMessage("The probability is 1.5; it must be in 0..1");
        assertThatThrownBy(() -> backend.node("billing", "a")).isInstanceOf(UnknownInstanceException.class);
        assertThatThrownBy(() -> backend.node("orders", "c"))
                .isInstanceOf(BackendException.class)
                .hasMessage("'orders' has no node 'c'; known are [a, b]");
    }

    @Test
    void anInstanceThatIsThereAlreadyIsRefused() {
        SimulatedBackend.Builder builder = SimulatedBackend.builder().pair("orders");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.pair("orders"))
                .withMessage("The simulation has an instance 'orders' already; give this one another id");
    }

    @Test
    void whatHappenedStandsInColumnsWhateverTheTime() {
        Instant noon = Instant.parse("2026-03-01T12:00:00Z");
        assertThat(new SimulatedEvent(noon, "process 1", "describe orders", ""))
                .hasToString("2026-03-01T12:00:00.000Z  process 1   describe orders");
        assertThat(new SimulatedEvent(noon.plusNanos(1_999_999), "orders/a", "crashes", "done"))
                .hasToString("2026-03-01T12:00:00.001Z  orders/a    crashes: done");
    }
}
