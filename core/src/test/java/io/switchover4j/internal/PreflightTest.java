package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.switchover4j.Check;
import io.switchover4j.Edition;
import io.switchover4j.OnDrainTimeout;
import io.switchover4j.Phase;
import io.switchover4j.PlannedStep;
import io.switchover4j.Preflight;
import io.switchover4j.Replication;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.Topology;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the dry run says, and that a real switchover with the same request is refused for the same reason. */
class PreflightTest {

    private final ScriptedJournal journal = new ScriptedJournal();

    @Test
    void aDryRunShowsChecksStepsAndThePredictedPauseAndChangesNothing() {
        FakeTraffic shop = new FakeTraffic("shop").warning(Check.warn("sessions", "2 cannot move", "Close them."));
        try (Rig rig = new Rig(new FakePair(), journal, shop)) {
            Preflight preflight = rig.coordinator.preflight(Rig.request().build());

            assertThat(preflight.isPassed()).isTrue();
            assertThat(preflight.checks()).extracting(Check::name).endsWith("zone", "own check", "sessions");
            assertThat(preflight.steps())
                    .extracting(PlannedStep::name)
                    .containsExactly("catch up", "stop a", "confirm position", "promote b", "first write", "rejoin a");
            assertThat(preflight.predictedPause()).contains(Duration.ofMillis(120));
            assertThat(preflight.describe())
                    .startsWith("Preflight of 'orders' (FakeSQL 1.0, HIGH_AVAILABILITY): passed\n")
                    .contains(
                            "Target: b (standby at 127.0.0.1:5002)\n",
                            "replication lag  PASS     0 B, limit 16 MiB\n",
                            "sessions         WARN     2 cannot move                     Close them.\n",
                            "FENCING              stop a            does: stop a\n",
                            "Predicted pause of writes: 120 ms (70 MiB dirty buffers)\n")
                    .endsWith("Nothing was changed.\n");
            assertThat(rig.pair.calls).containsExactly("describe", "check", "plan");
            assertThat(shop.calls).isEmpty();
            assertThat(journal.records).isEmpty();
        }
    }

    @Test
    void aPairWhoseTrafficNobodyHoldsIsWarnedOf() {
        try (Rig rig = new Rig(new FakePair(), journal)) {
            Preflight preflight = rig.coordinator.preflight(Rig.request().build());

            assertThat(preflight.isPassed()).isTrue();
            assertThat(preflight.checks())
                    .filteredOn(check -> check.verdict() == Check.Verdict.WARN)
                    .extracting(Check::name, Check::figure, Check::advice)
                    .contains(
                            tuple(
                                    "traffic",
                                    "no participant is registered",
                                    "Open transactions are cut off and clients see errors: register the DataSource as a participant."));
        }
    }

    @Test
    void aParticipantOfAnInstanceThatIsNotThisOneIsNamed() {
        SwitchoverCoordinator.Builder builder = SwitchoverCoordinator.builder()
                .backend(new FakePair())
                .journal(journal)
                .participant("ordres", new FakeTraffic("shop"))
                .participant("billing", new FakeTraffic("bills"));
        try (SwitchoverCoordinator coordinator = builder.build()) {
            assertThat(coordinator.preflight(Rig.request().build()).checks())
                    .filteredOn(check -> check.name().equals("traffic"))
                    .containsExactly(
                            Check.warn(
                                    "traffic",
                                    "no participant is registered for 'orders', only for 'billing', 'ordres'",
                                    "Open transactions are cut off and clients see errors: register the DataSource as a participant of this instance; look whether its id is misspelt."));
        }
    }

    @Test
    void whereOnlyAnAddressIsRePointedNobodyWaitsForOpenUnits() {
        TrafficParticipant endpoint = new TrafficParticipant() {
            @Override
            public String name() {
                return "endpoint";
            }

            @Override
            public boolean drains() {
                return false;
            }

            @Override
            public DrainResult hold(HoldRequest request) {
                return DrainResult.drained();
            }

            @Override
            public int cut(String operationId) {
                return 0;
            }

            @Override
            public void release(String operationId, Topology topology) {}
        };
        try (Rig rig = new Rig(new FakePair(), journal, endpoint)) {
            assertThat(warnings(rig))
                    .containsExactly(tuple("traffic", "no participant waits for open units of work: 'endpoint'"));
        }
        try (Rig rig = new Rig(new FakePair(), journal, endpoint, new FakeTraffic("shop"))) {
            assertThat(warnings(rig)).isEmpty();
        }
    }

    private static List<Tuple> warnings(Rig rig) {
        return rig.coordinator.preflight(Rig.request().build()).checks().stream()
                .filter(check -> check.verdict() == Check.Verdict.WARN)
                .map(check -> tuple(check.name(), check.figure()))
                .toList();
    }

    @Test
    void aUnitThatWouldOutlastTheDrainIsNamedWithWhatBecomesOfIt() {
        FakeTraffic shop = new FakeTraffic("shop").withOpenUnit("update stock set n = ?");
        try (Rig rig = new Rig(new FakePair(), journal, shop)) {
            assertThat(warnings(rig)).isEmpty();

            SwitchoverRequest.Builder brief = Rig.request().drainTimeout(Duration.ofSeconds(2));
            Check aborts = outlasting(rig.coordinator.preflight(brief.build()));
            Check cuts = outlasting(rig.coordinator.preflight(
                    brief.onDrainTimeout(OnDrainTimeout.CUT).build()));

            assertThat(aborts.verdict()).isEqualTo(Check.Verdict.WARN);
            assertThat(aborts.figure())
                    .isEqualTo(
                            "1 open for longer than the drainTimeout of 2000 ms: thread 'worker-1', open for 2100 ms,"
                                    + " idle in transaction, last statement: update stock set n = ?");
            assertThat(aborts.advice()).startsWith("The switchover is given up after the drain unless they end before");
            assertThat(cuts.advice()).startsWith("They are cut unless they end before");
        }
    }

    private static Check outlasting(Preflight preflight) {
        return preflight.checks().stream()
                .filter(check -> check.name().equals("open units of 'shop'"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aParticipantWhoseCheckFailsIsAWarning() {
        TrafficParticipant broken = new TrafficParticipant() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public List<Check> check() {
                throw new IllegalStateException("pool is closed");
            }

            @Override
            public DrainResult hold(HoldRequest request) {
                return DrainResult.drained();
            }

            @Override
            public int cut(String operationId) {
                return 0;
            }

            @Override
            public void release(String operationId, Topology topology) {}
        };
        try (Rig rig = new Rig(new FakePair(), journal, broken)) {
            assertThat(rig.coordinator.preflight(Rig.request().build()).checks())
                    .filteredOn(check -> check.verdict() == Check.Verdict.WARN)
                    .extracting(Check::name, Check::figure)
                    .containsExactly(tuple("traffic of 'broken'", "its check failed: pool is closed"));
        }
    }

    static Stream<Arguments> everyRefusal() {
        return Stream.of(
                refusal("basic edition", p -> p.edition = Edition.BASIC, "BASIC edition of FakeSQL 1.0 has no standby"),
                refusal("no standby", p -> p.answersB = false, "no node answers as a standby"),
                refusal("no primary", p -> p.answersA = false, "no node says that it is primary"),
                refusal("not streaming", p -> p.replication = Replication.State.DISCONNECTED, "'b' is not streaming"),
                refusal("lag", p -> p.lagBytes = OptionalLong.of(48L << 20), "48 MiB, limit 16 MiB"),
                refusal(
                        "own check",
                        p -> p.ownChecks = List.of(Check.block("slots", "none free", "Raise max_replication_slots.")),
                        "none free"));
    }

    private static Arguments refusal(String name, Consumer<FakePair> change, String message) {
        return Arguments.argumentSet(name, change, Rig.request(), message);
    }

    static Stream<Arguments> everyBadTarget() {
        Consumer<FakePair> nothing = pair -> {};
        return Stream.of(
                Arguments.argumentSet("unknown target", nothing, Rig.request().target("x"), "there is no node 'x'"),
                Arguments.argumentSet(
                        "target is primary", nothing, Rig.request().target("a"), "'a' is the primary already"));
    }

    @ParameterizedTest
    @MethodSource({"everyRefusal", "everyBadTarget"})
    void whatBlocksTheDryRunRejectsTheSwitchoverBeforeAnythingIsTouched(
            Consumer<FakePair> change, SwitchoverRequest.Builder request, String message) throws Exception {
        FakePair pair = new FakePair();
        change.accept(pair);
        FakeTraffic shop = new FakeTraffic("shop");
        try (Rig rig = new Rig(pair, journal, shop)) {
            Preflight preflight = rig.coordinator.preflight(request.build());
            assertThat(preflight.isPassed()).isFalse();
            assertThat(preflight.steps()).isEmpty();
            assertThat(preflight.predictedPause()).isEmpty();
            assertThat(preflight.describe()).contains("blocked by ", message);

            SwitchoverReport report = rig.run(request.build());
            assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
            assertThat(report.message())
                    .startsWith("Switchover of 'orders'")
                    .contains("was refused: ", message, "Nothing was changed; ");
            assertThat(pair.calls.stream().filter(call -> call.startsWith("apply ")))
                    .isEmpty();
            assertThat(shop.calls).isEmpty();
            rig.assertSafe(report, journal, shop);
        }
    }

    @Test
    void aBasicEditionIsRefusedBeforeTheLeaseIsAskedFor() throws Exception {
        FakePair pair = new FakePair();
        pair.edition = Edition.BASIC;
        try (Rig rig = new Rig(pair, journal)) {
            assertThat(rig.run().message())
                    .isEqualTo(
                            "Switchover of 'orders' from 'a' was refused: edition: BASIC edition of FakeSQL 1.0 has no"
                                    + " standby. Nothing was changed; 'a' was observed as the primary."
                                    + " Upgrade the instance to an edition with a standby.");
            assertThat(pair.calls).doesNotContain("open");
        }
    }

    @Test
    void anInstanceThatSomebodyElseSwitchesIsRefusedWithWho() throws Exception {
        FakePair pair = new FakePair();
        Rig other = new Rig(pair, new ScriptedJournal());
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch open = new CountDownLatch(1);
        pair.before("apply catch up", deadline -> {
            reached.countDown();
            open.await();
        });
        try (other;
                Rig rig = new Rig(pair, journal)) {
            Switchover theirs = other.coordinator.start(Rig.request().build());
            assertThat(reached.await(10, TimeUnit.SECONDS)).isTrue();

            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
            assertThat(report.message())
                    .contains(
                            "Instance 'orders' is being switched by '" + theirs.operationId() + "' since 10:00",
                            "Nothing was changed")
                    .endsWith("Wait until that switchover has ended.");
            assertThat(pair.isLeased())
                    .as("the other one's lease is not given back")
                    .isTrue();
            open.countDown();
            assertThat(theirs.await().outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void aTargetThatBecamePrimaryBeforeTheLeaseWasTakenIsRefused() throws Exception {
        FakePair pair = new FakePair();
        pair.after("open", deadline -> pair.replication = Replication.State.DISCONNECTED);
        try (Rig rig = new Rig(pair, journal)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).as("checked again under the lease").isEqualTo(Phase.REJECTED);
            assertThat(report.message()).contains("'b' is not streaming");
            rig.assertSafe(report, journal);
        }
    }

    @Test
    void anUnknownInstanceIsThrownAtTheCaller() {
        try (Rig rig = new Rig(new FakePair(), journal)) {
            SwitchoverRequest request = SwitchoverRequest.of("billing").build();

            for (Consumer<SwitchoverRequest> call : List.<Consumer<SwitchoverRequest>>of(
                    rig.coordinator::start,
                    rig.coordinator::preflight,
                    r -> rig.coordinator.instance(r.instanceId()),
                    r -> rig.coordinator.running(r.instanceId()),
                    r -> rig.coordinator.history(r.instanceId()))) {
                assertThatThrownBy(() -> call.accept(request))
                        .isInstanceOf(UnknownInstanceException.class)
                        .hasMessage("There is no instance 'billing'; known are [orders]. Nothing was changed.");
            }
            assertThat(rig.coordinator.instances()).hasSize(1);
        }
    }

    @Test
    void aBackendThatCannotAnswerStartsNothing() {
        try (Rig rig = new Rig(new FakePair().before("describe", FakePair.failing("agent is down")), journal)) {
            assertThatThrownBy(() -> rig.coordinator.start(Rig.request().build()))
                    .isInstanceOf(BackendException.class)
                    .hasMessage("agent is down");
            assertThat(journal.records).isEmpty();
        }
    }
}
