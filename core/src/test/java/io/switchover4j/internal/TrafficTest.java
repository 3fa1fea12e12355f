package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.OnDrainTimeout;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.TimeSource;
import io.switchover4j.Topology;
import io.switchover4j.internal.CoordinatorSettings.Registration;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class TrafficTest {

    private final ScriptedJournal journal = new ScriptedJournal();

    @Test
    void oneOpenUnitIsToldInTheSingular() throws Exception {
        try (Rig rig = new Rig(new FakePair(), journal, new FakeTraffic("shop").withOpenUnit(""))) {
            assertThat(rig.run(Rig.hasty().build()).message())
                    .contains("1 unit of work was still open after the drainTimeout of 150 ms");
        }
    }

    @Test
    void openUnitsAbortAndTheMessageNamesEachOfThem() throws Exception {
        FakeTraffic shop = new FakeTraffic("shop").withOpenUnit("update stock set n = ?");
        FakeTraffic billing = new FakeTraffic("billing").withOpenUnit("");
        FakeTraffic idle = new FakeTraffic("idle");
        try (Rig rig = new Rig(new FakePair(), journal, shop, billing, idle)) {
            SwitchoverReport report = rig.run(Rig.hasty().build());

            assertThat(report.outcome()).isEqualTo(Phase.ABORTED);
            assertThat(report.message())
                    .contains(
                            "2 units of work were still open after the drainTimeout of 150 ms",
                            "'shop': thread 'worker-1', open for 2100 ms, idle in transaction, last statement: update stock",
                            "'billing': thread 'worker-1', open for 2100 ms, idle in transaction, last statement: none",
                            "'a' is the primary; its writes were not stopped",
                            "OnDrainTimeout.CUT");
            assertThat(report.hold()).isPresent();
            assertThat(report.writePause()).as("writes never stopped").isEmpty();
            assertThat(rig.pair.calls).doesNotContain("apply stop a");
            assertThat(idle.calls).containsExactly("hold", "release");
            rig.assertSafe(report, journal, shop, billing, idle);
        }
    }

    @Test
    void openUnitsAreCutWhereTheRequestSaysSo() throws Exception {
        FakeTraffic shop = new FakeTraffic("shop").withOpenUnit("update stock set n = ?");
        FakeTraffic idle = new FakeTraffic("idle");
        try (Rig rig = new Rig(new FakePair(), journal, shop, idle)) {
            SwitchoverReport report =
                    rig.run(Rig.request().onDrainTimeout(OnDrainTimeout.CUT).build());

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(shop.calls).containsExactly("hold", "cut", "release");
            assertThat(idle.calls).containsExactly("hold", "release");
            assertThat(report.notes().get("units cut")).startsWith("1: 'shop': thread 'worker-1'");
            assertThat(report.phases().stream().filter(timing -> timing.phase() == Phase.DRAINING))
                    .hasSize(1);
            rig.assertSafe(report, journal, shop, idle);
        }
    }

    @Test
    void aCutThatDoesNotEndIsGivenUpWithinThePauseBudgetAndEverybodyIsReleased() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        FakeTraffic stuck =
                new FakeTraffic("stuck").withOpenUnit("update stock set n = ?").cuttingAfter(never);
        FakeTraffic shop = new FakeTraffic("shop");
        try (Rig rig = new Rig(new FakePair(), journal, stuck, shop)) {
            SwitchoverReport report =
                    rig.run(Rig.hasty().onDrainTimeout(OnDrainTimeout.CUT).build());

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ABORTED);
            assertThat(report.message()).contains("participant 'stuck' did not end its open units in time");
            assertThat(rig.pair.calls).doesNotContain("apply stop a");
            rig.assertSafe(report, journal, stuck, shop);
        }
    }

    @Test
    void aParticipantThatThrowsAbortsAndEverybodyIsReleased() throws Exception {
        FakeTraffic broken = new FakeTraffic("broken").failingToHold("no route to the proxy");
        FakeTraffic shop = new FakeTraffic("shop");
        try (Rig rig = new Rig(new FakePair(), journal, broken, shop)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.ABORTED);
            assertThat(report.message()).contains("participant 'broken' failed to hold: no route to the proxy");
            assertThat(broken.calls)
                    .as("a release follows every hold, also one that failed")
                    .containsExactly("hold", "release");
            rig.assertSafe(report, journal, broken, shop);
        }
    }

    @Test
    void aParticipantThatDoesNotAnswerAbortsAndIsInterrupted() throws Exception {
        FakeTraffic silent = new FakeTraffic("silent").answeringAfter(new CountDownLatch(1));
        FakeTraffic shop = new FakeTraffic("shop");
        try (Rig rig = new Rig(new FakePair(), journal, silent, shop)) {
            SwitchoverReport report =
                    rig.run(Rig.request().drainTimeout(Duration.ofMillis(50)).build());

            assertThat(report.outcome()).isEqualTo(Phase.ABORTED);
            assertThat(report.message()).contains("participant 'silent'");
            rig.assertSafe(report, journal, silent, shop);
        }
    }

    /** Closes its gate only after everybody else was released: nobody would open it again. */
    @Test
    void aHoldThatComesTooLateIsReleasedOnceItHasCome() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        CountDownLatch releasedAgain = new CountDownLatch(1);
        List<String> calls = new CopyOnWriteArrayList<>();
        TrafficParticipant late = new TrafficParticipant() {
            @Override
            public String name() {
                return "late";
            }

            @Override
            public DrainResult hold(HoldRequest request) {
                boolean done = false;
                while (!done) {
                    try {
                        released.await();
                        done = true;
                    } catch (InterruptedException e) {
                        calls.add("ignored an interrupt");
                    }
                }
                calls.add("held");
                return DrainResult.drained();
            }

            @Override
            public int cut(String operationId) {
                return 0;
            }

            @Override
            public void release(String operationId, Topology topology) {
                calls.add("release " + topology.primaryNodeId());
                if (released.getCount() == 0) {
                    releasedAgain.countDown();
                }
                released.countDown();
            }
        };
        try (Rig rig = new Rig(new FakePair(), journal, late)) {
            SwitchoverReport report =
                    rig.run(Rig.request().drainTimeout(Duration.ofMillis(50)).build());

            assertThat(report.outcome()).isEqualTo(Phase.ABORTED);
            assertThat(report.message()).contains("participant 'late' did not answer after its drain time-out");
            assertThat(releasedAgain.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(calls).contains("ignored an interrupt");
            assertThat(calls)
                    .filteredOn(call -> !call.startsWith("ignored"))
                    .containsExactly("release a", "held", "release a");
        }
    }

    @Test
    void aParticipantThatFailsToReleaseDoesNotStopTheOthers() throws Exception {
        FakeTraffic broken = new FakeTraffic("broken").failingToRelease("proxy restarted");
        FakeTraffic shop = new FakeTraffic("shop");
        try (Rig rig = new Rig(new FakePair(), journal, broken, shop)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            rig.assertSafe(report, journal, shop);
        }
    }

    @Test
    void everybodyIsHeldAtOnceAndReleasedInTheOrderOfRegistration() throws Exception {
        CyclicBarrier together = new CyclicBarrier(3);
        List<String> releases = new CopyOnWriteArrayList<>();
        TrafficParticipant[] three = new TrafficParticipant[3];
        for (int i = 0; i < 3; i++) {
            String name = "p" + i;
            three[i] = new TrafficParticipant() {
                @Override
                public String name() {
                    return name;
                }

                @Override
                public DrainResult hold(HoldRequest request) throws InterruptedException {
                    try {
                        together.await(10, TimeUnit.SECONDS);
                    } catch (java.util.concurrent.BrokenBarrierException | java.util.concurrent.TimeoutException e) {
                        throw new IllegalStateException(e);
                    }
                    return DrainResult.drained();
                }

                @Override
                public int cut(String operationId) {
                    return 0;
                }

                @Override
                public void release(String operationId, Topology topology) {
                    releases.add(name + " to " + topology.primaryNodeId());
                }
            };
        }
        try (Rig rig = new Rig(new FakePair(), journal, three)) {
            assertThat(rig.run().outcome()).isEqualTo(Phase.COMPLETED);

            assertThat(releases).containsExactly("p0 to b", "p1 to b", "p2 to b");
        }
    }

    @Test
    void trafficIsReleasedBeforeTheFirstWriteAndBeforeTheJournalIsTold() throws Exception {
        List<String> order = new CopyOnWriteArrayList<>();
        FakePair pair = new FakePair().before("apply first write", deadline -> order.add("first write"));
        TrafficParticipant recording = new TrafficParticipant() {
            @Override
            public String name() {
                return "recording";
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
            public void release(String operationId, Topology topology) {
                order.add("release, last record "
                        + journal.lines().get(journal.lines().size() - 1));
            }
        };
        try (Rig rig = new Rig(pair, journal, recording)) {
            assertThat(rig.run().outcome()).isEqualTo(Phase.COMPLETED);

            assertThat(order).containsExactly("release, last record INTENT PROMOTING promote b", "first write");
        }
    }

    @Test
    void theTrafficOfOtherInstancesIsLeftAlone() throws Exception {
        FakeTraffic ours = new FakeTraffic("ours");
        FakeTraffic theirs = new FakeTraffic("theirs");
        DefaultCoordinator coordinator = DefaultCoordinator.start(
                new CoordinatorSettings(
                        new FakePair(),
                        journal,
                        List.of(
                                new Registration(Optional.of(FakePair.ID), ours),
                                new Registration(Optional.of("billing"), theirs)),
                        List.of(),
                        TimeSource.system(),
                        null),
                Rig.SHORT);
        try (coordinator) {
            assertThat(coordinator.start(Rig.request().build()).await().outcome())
                    .isEqualTo(Phase.COMPLETED);
        }

        assertThat(ours.calls).containsExactly("hold", "release");
        assertThat(theirs.calls).isEmpty();
    }

    @Test
    void aHoldIsBoundedByTheRequestAndByTheLimitsThatFollowIt() throws Exception {
        FakeTraffic shop = new FakeTraffic("shop");
        try (Rig rig = new Rig(new FakePair(), journal, shop)) {
            SwitchoverReport report = rig.run();

            HoldRequest request = shop.request.orElseThrow();
            assertThat(request.instanceId()).isEqualTo(FakePair.ID);
            assertThat(request.operationId()).isEqualTo(report.operationId()).matches("[a-z0-9_]{24}");
            assertThat(request.drainUntil().remaining()).isLessThanOrEqualTo(Duration.ofSeconds(5));
            assertThat(request.holdUntil().remaining())
                    .isBetween(
                            Duration.ofSeconds(5), Rig.SHORT.hold(Rig.request().build()));
        }
    }
}
