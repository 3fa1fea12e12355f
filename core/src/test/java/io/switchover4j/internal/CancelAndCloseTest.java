package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverInProgressException;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.spi.Deadline;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CancelAndCloseTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    private final ScriptedJournal journal = new ScriptedJournal();
    private final FakeTraffic traffic = new FakeTraffic("shop");

    /** Tells when the switchover has come to a point, and keeps it there. */
    private static final class Barrier implements FakePair.Fault {

        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch open = new CountDownLatch(1);

        @Override
        public void at(Deadline deadline) throws InterruptedException {
            reached.countDown();
            open.await();
        }

        void awaitReached() throws InterruptedException {
            assertThat(reached.await(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"open", "check", "plan", "apply catch up", "verify lease"})
    void cancelEndsEveryWaitBeforeTheFence(String point) throws Exception {
        Barrier barrier = new Barrier();
        try (Rig rig = new Rig(new FakePair().before(point, barrier), journal, traffic)) {
            Switchover switchover = rig.coordinator.start(Rig.request().build());
            barrier.awaitReached();

            assertThat(switchover.cancel()).isTrue();
            // By then it may have ended, so the answer is not asked for.
            switchover.cancel();

            SwitchoverReport report = switchover.await(SOON);
            assertThat(report.outcome()).isEqualTo(Phase.CANCELLED);
            assertThat(report.message())
                    .contains(
                            "was cancelled in",
                            "the caller cancelled",
                            "'a' is the primary; its writes were not stopped.");
            assertThat(rig.pair.calls).doesNotContain("apply stop a");
            assertThat(switchover.cancel()).isFalse();
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void whoWaitsForEverIsToldTheEnd() throws Exception {
        Duration forever = Duration.ofSeconds(Long.MAX_VALUE);
        try (Rig rig = new Rig(new FakePair(), journal, traffic)) {
            assertThat(rig.coordinator
                            .start(Rig.request().build())
                            .await(forever)
                            .outcome())
                    .isEqualTo(Phase.COMPLETED);
        }
        assertThat(Deadline.after(forever).isExpired()).isFalse();
        assertThat(Deadline.after(Duration.ZERO).orAfter(forever).isExpired()).isTrue();
        assertThat(Deadline.after(forever).orAfter(SOON).remaining()).isLessThanOrEqualTo(SOON);
    }

    /** Met only behind the point of no return, its overflow would end a good switchover as a degraded one. */
    @Test
    void aTimeOutThatCannotBeAddedUpIsRefusedWhereItIsTyped() {
        Duration forever = Duration.ofSeconds(Long.MAX_VALUE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rig.request().rejoinTimeout(forever))
                .withMessage("rejoinTimeout is %s; it must be at most PT8760H", forever);
        assertThatIllegalArgumentException().isThrownBy(() -> Rig.request().pauseBudget(forever));
    }

    @Test
    void cancelEndsADrain() throws Exception {
        FakeTraffic waiting = new FakeTraffic("shop").answeringAfter(new CountDownLatch(1));
        try (Rig rig = new Rig(new FakePair(), journal, waiting)) {
            Switchover switchover = rig.coordinator.start(Rig.request().build());
            assertThat(waiting.holding.await(10, TimeUnit.SECONDS)).isTrue();

            assertThat(switchover.cancel()).isTrue();

            SwitchoverReport report = switchover.await(Duration.ofSeconds(4));
            assertThat(report.outcome()).isEqualTo(Phase.CANCELLED);
            rig.assertSafe(report, journal, waiting);
        }
    }

    @Test
    void cancelIsHeededByAStepThatDoesNotNoticeIt() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        FakePair stubborn = new FakePair().after("apply catch up", deadline -> {
            reached.countDown();
            boolean interrupted = false;
            while (!interrupted) {
                interrupted = Thread.currentThread().isInterrupted();
                Thread.onSpinWait();
            }
        });
        try (Rig rig = new Rig(stubborn, journal, traffic)) {
            Switchover switchover = rig.coordinator.start(Rig.request().build());
            assertThat(reached.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(switchover.cancel()).isTrue();

            SwitchoverReport report = switchover.await(SOON);
            assertThat(report.outcome()).isEqualTo(Phase.CANCELLED);
            assertThat(traffic.calls).isEmpty();
            rig.assertSafe(report, journal, traffic);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "apply stop a",
                "apply confirm position",
                "apply promote b",
                "apply first write",
                "apply rejoin a"
            })
    void cancelIsRefusedFromTheFenceOn(String point) throws Exception {
        Barrier barrier = new Barrier();
        try (Rig rig = new Rig(new FakePair().before(point, barrier), journal, traffic)) {
            Switchover switchover = rig.coordinator.start(Rig.request().build());
            barrier.awaitReached();

            assertThat(switchover.cancel()).isFalse();

            barrier.open.countDown();
            SwitchoverReport report = switchover.await(SOON);
            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void whatCancelAnswersIsWhatHappens() throws Exception {
        long seed = System.nanoTime();
        System.out.println("whatCancelAnswersIsWhatHappens: seed " + seed);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int i = 0; i < 200; i++) {
            ScriptedJournal each = new ScriptedJournal();
            try (Rig rig = new Rig(new FakePair(), each, traffic)) {
                Switchover switchover = rig.coordinator.start(Rig.request().build());
                long until = System.nanoTime() + random.nextLong(2_000_000);
                while (System.nanoTime() < until) {
                    Thread.onSpinWait();
                }
                boolean heeded = switchover.cancel();

                SwitchoverReport report = switchover.await(SOON);
                assertThat(report.outcome())
                        .as("seed %d, round %d: %s", seed, i, each.lines())
                        .isEqualTo(heeded ? Phase.CANCELLED : Phase.COMPLETED);
                rig.assertSafe(report, each, traffic);
            }
        }
    }

    @Test
    void aSecondSwitchoverIsRefusedWithWhoSinceWhenAndPhase() throws Exception {
        Barrier barrier = new Barrier();
        try (Rig rig = new Rig(new FakePair().before("apply catch up", barrier), journal)) {
            Switchover first = rig.coordinator.start(Rig.request().build());
            barrier.awaitReached();

            assertThatThrownBy(() -> rig.coordinator.start(Rig.request().build()))
                    .isInstanceOfSatisfying(SwitchoverInProgressException.class, e -> {
                        assertThat(e.operationId()).contains(first.operationId());
                        assertThat(e.phase()).contains(Phase.CATCHING_UP);
                    })
                    .hasMessageContaining("is being switched by 'alice' since 20")
                    .hasMessageContaining("Nothing was changed");
            assertThat(rig.coordinator.running(FakePair.ID)).containsSame(first);
            assertThat(rig.coordinator.instance(FakePair.ID).id())
                    .as("reads go on")
                    .isEqualTo(FakePair.ID);

            barrier.open.countDown();
            assertThat(first.await(SOON).outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(rig.run().outcome()).as("and the next one may start").isEqualTo(Phase.COMPLETED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"open", "check", "plan", "apply catch up", "verify lease"})
    void closeCancelsBeforeTheFenceAndSaysThatItWasTheClose(String point) throws Exception {
        Barrier barrier = new Barrier();
        Rig rig = new Rig(new FakePair().before(point, barrier), journal, traffic);
        Switchover switchover = rig.coordinator.start(Rig.request().build());
        barrier.awaitReached();

        rig.close();

        assertThat(switchover.phase()).isEqualTo(Phase.CANCELLED);
        SwitchoverReport report = switchover.await(SOON);
        assertThat(report.message())
                .contains("the coordinator was closed. ", "Start it again with another coordinator")
                .doesNotContain("caller");
        assertThat(rig.coordinator.history(FakePair.ID).get(0).message()).isEqualTo(report.message());
        rig.assertSafe(report, journal, traffic);
    }

    @Test
    void whoCancelledFirstIsNamed() {
        Operation operation = new Operation("op", Rig.request().build(), Instant.EPOCH, Phase.CATCHING_UP);

        assertThat(operation.cancel()).isTrue();
        assertThat(operation.cancel(Canceller.CLOSE)).isTrue();

        assertThat(operation.cancelledIn(Phase.CATCHING_UP)).isEqualTo(Canceller.CALLER.in(Phase.CATCHING_UP));
    }

    @Test
    void closeLetsASwitchoverPastItsFenceFinish() throws Exception {
        Barrier barrier = new Barrier();
        Rig rig = new Rig(new FakePair().before("apply confirm position", barrier), journal, traffic);
        Switchover switchover = rig.coordinator.start(Rig.request().build());
        barrier.awaitReached();

        CompletableFuture<Void> closing = CompletableFuture.runAsync(rig::close);
        assertThatThrownBy(() -> closing.get(200, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        assertThatIllegalStateException()
                .isThrownBy(() -> rig.coordinator.start(Rig.request().build()))
                .withMessage("The coordinator of fake is closed. Nothing was changed; make a new one.");
        barrier.open.countDown();
        closing.get(10, TimeUnit.SECONDS);

        assertThat(switchover.phase()).isEqualTo(Phase.COMPLETED);
        assertThat(rig.listener.ends).as("the last events are delivered").hasSize(1);
        rig.assertSafe(switchover.await(SOON), journal, traffic);
    }

    @Test
    void closeIsIdempotentAndClosesNothingThatItDoesNotOwn() {
        Rig rig = new Rig(new FakePair(), journal);

        rig.close();
        rig.close();

        assertThat(rig.pair.calls).doesNotContain("close backend");
        assertThatIllegalStateException().isThrownBy(() -> rig.coordinator.instances());
        assertThatIllegalStateException().isThrownBy(() -> rig.coordinator.instance(FakePair.ID));
        assertThatIllegalStateException()
                .isThrownBy(() -> rig.coordinator.preflight(Rig.request().build()));
        assertThat(rig.coordinator.history(FakePair.ID)).isEmpty();
    }

    @Test
    void anInterruptedCloseLeavesTheSwitchoverToFinish() throws Exception {
        Barrier barrier = new Barrier();
        Rig rig = new Rig(new FakePair().before("apply confirm position", barrier), journal, traffic);
        Switchover switchover = rig.coordinator.start(Rig.request().build());
        barrier.awaitReached();

        Thread.currentThread().interrupt();
        rig.close();
        assertThat(Thread.interrupted()).as("the flag is kept").isTrue();

        barrier.open.countDown();
        assertThat(switchover.await(SOON).outcome()).isEqualTo(Phase.COMPLETED);
    }

    @Test
    void awaitWithATimeOutNamesThePhaseAndLeavesTheSwitchoverAlone() throws Exception {
        Barrier barrier = new Barrier();
        try (Rig rig = new Rig(new FakePair().before("apply promote b", barrier), journal)) {
            Switchover switchover = rig.coordinator.start(Rig.request().build());
            barrier.awaitReached();

            assertThatThrownBy(() -> switchover.await(Duration.ofMillis(20)))
                    .isInstanceOf(TimeoutException.class)
                    .hasMessage(
                            "The switchover of 'orders' has not ended within 20 ms; it is in the phase PROMOTING and goes"
                                    + " on (switchover %s)",
                            switchover.operationId());
            assertThat(switchover.completion().toCompletableFuture().cancel(true))
                    .isTrue();

            barrier.open.countDown();
            assertThat(switchover.await(SOON).outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(switchover
                            .completion()
                            .toCompletableFuture()
                            .get(10, TimeUnit.SECONDS)
                            .isSwitched())
                    .isTrue();
        }
    }

    @Test
    void anInterruptOfACallerThatAwaitsLeavesTheSwitchoverAlone() throws Exception {
        Barrier barrier = new Barrier();
        try (Rig rig = new Rig(new FakePair().before("apply catch up", barrier), journal)) {
            Switchover switchover = rig.coordinator.start(Rig.request().build());
            barrier.awaitReached();

            Thread.currentThread().interrupt();
            assertThatThrownBy(switchover::await).isInstanceOf(InterruptedException.class);

            barrier.open.countDown();
            assertThat(switchover.await().outcome()).isEqualTo(Phase.COMPLETED);
        }
    }
}
