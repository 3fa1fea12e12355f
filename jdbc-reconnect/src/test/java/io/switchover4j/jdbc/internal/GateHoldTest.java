package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Endpoint;
import io.switchover4j.Timeline;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.PrepareRequest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The gate while a coordinator holds, drains, cuts and releases the traffic. */
final class GateHoldTest extends GateFixture {

    @Test
    void aHoldDrainsAtOnceIfNothingIsOpen() throws Exception {
        primaryIsA();

        assertThat(hold("op").isDrained()).isTrue();
        assertThat(gate.route().open).isFalse();
        assertThat(gate.route().reason).isEqualTo("held by switchover 'op' of 'shop'");
    }

    @Test
    void aHoldWaitsForOpenUnits() throws Exception {
        primaryIsA();
        FakeUnit unit = new FakeUnit();
        gate.register(unit);
        unit.openUnit(gate.coarseNanoTime());
        Future<DrainResult> drain =
                threads.submit(() -> gate.hold(request("op", Duration.ofSeconds(10), Duration.ofSeconds(30))));
        while (gate.route().open) {
            Thread.onSpinWait();
        }
        assertThat(drain.isDone()).isFalse();

        unit.closeUnit();
        gate.unitEnded();

        assertThat(drain.get(1, TimeUnit.SECONDS).isDrained()).isTrue();
    }

    @Test
    void aClosedDataSourceIsDrainedOnlyOnceItsOpenUnitsHaveEnded() throws Exception {
        primaryIsA();
        FakeUnit unit = new FakeUnit();
        gate.register(unit);
        unit.openUnit(gate.coarseNanoTime());
        gate.close();

        assertThat(hold("op").open()).hasSize(1);
        unit.closeUnit();
        assertThat(hold("op").isDrained()).isTrue();
    }

    @Test
    void aDrainThatTimesOutNamesWhatIsOpenAndGoesOnHolding() throws Exception {
        primaryIsA();
        FakeUnit unit = new FakeUnit();
        gate.register(unit);
        unit.openUnit(gate.coarseNanoTime());
        unit.executing("UPDATE account");
        unit.executed();

        DrainResult result = hold("op");

        assertThat(result.open()).singleElement().satisfies(open -> {
            assertThat(open.thread()).isEqualTo(Thread.currentThread().getName());
            assertThat(open.lastStatement()).isEqualTo("UPDATE account");
            assertThat(open.idle()).isTrue();
            assertThat(open.age()).isPositive();
        });
        assertThat(gate.route().open).isFalse();

        unit.closeUnit();
        assertThat(hold("op").isDrained()).isTrue();
    }

    @Test
    void whatIsOpenIsNamedWithoutTheValuesInItsText() throws Exception {
        primaryIsA();
        FakeUnit unit = new FakeUnit();
        gate.register(unit);
        unit.openUnit(0);
        unit.executing("ALTER ROLE app PASSWORD 'secret'");

        assertThat(hold("op").open().get(0).toString())
                .contains("ALTER ROLE app PASSWORD ?")
                .doesNotContain("secret");
    }

    @Test
    void aSecondOperationIsRefusedWhileOneHolds() throws Exception {
        primaryIsA();
        hold("first");

        assertThatThrownBy(() -> hold("second"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "'orders' is already held by switchover 'first' of 'shop'; switchover 'second' of 'shop' must wait"
                                + " until that is released. Nothing was changed.");
        gate.release("second", topology("a"));
        assertThat(gate.cut("second")).isZero();
        assertThat(gate.isHeld()).isTrue();
    }

    @Test
    void aThreadWithAnOpenUnitIsLetThrough() throws Exception {
        primaryIsA();
        FakeUnit outer = new FakeUnit();
        ExecutorService worker = Executors.newSingleThreadExecutor();
        try {
            gate.register(outer);
            elsewhere(worker, () -> {
                outer.openUnit(gate.coarseNanoTime());
                return true;
            });
            assertThat(hold("op").isDrained()).isFalse();

            Route nested = elsewhere(worker, () -> gate.await(new FakeUnit(), gate.newDeadline()));
            assertThat(nested.open).isFalse();
            assertThat(nested.primary).isSameAs(poolA);
            assertThat(awaiting(new FakeUnit()).isDone()).isFalse();
        } finally {
            worker.shutdownNow();
        }
    }

    @Test
    void aThreadThatWaitedBeforeTheHoldBeganIsLetThroughIfItsOtherUnitIsOpen() throws Exception {
        FakeUnit outer = new FakeUnit();
        gate.register(outer);
        Future<Route> nested = threads.submit(() -> {
            outer.openUnit(gate.coarseNanoTime());
            return gate.await(new FakeUnit(), gate.newDeadline());
        });
        while (gate.waitingUnits() == 0) {
            Thread.onSpinWait();
        }
        Future<DrainResult> drain =
                threads.submit(() -> gate.hold(request("op", Duration.ofSeconds(10), Duration.ofSeconds(30))));
        while (!gate.isHeld()) {
            Thread.onSpinWait();
        }

        primaryIsA();

        assertThat(nested.get(5, TimeUnit.SECONDS).primary).isSameAs(poolA);
        outer.closeUnit();
        gate.unitEnded();
        assertThat(drain.get(5, TimeUnit.SECONDS).isDrained()).isTrue();
    }

    @Test
    void aThreadThatJoinedAnOpenUnitIsLetThroughUntilItLeavesOrTheUnitEnds() throws Exception {
        primaryIsA();
        FakeUnit outer = new FakeUnit();
        gate.register(outer);
        outer.openUnit(gate.coarseNanoTime());
        hold("op");
        OpenUnitOfWork handedOver = new OpenUnitOfWork(outer, joined);

        Route through = elsewhere(threads, () -> {
            try (var tie = handedOver.join()) {
                return gate.await(new FakeUnit(), gate.newDeadline());
            }
        });
        assertThat(through.primary).isSameAs(poolA);

        assertThatThrownBy(() -> elsewhere(threads, () -> {
                    try (var tie = handedOver.join()) {
                        outer.closeUnit();
                        return gate.await(new FakeUnit(), Deadline.after(Duration.ofMillis(20)));
                    }
                }))
                .hasCauseInstanceOf(NoPrimaryException.class);
    }

    @Test
    void aPinnedSessionIsLetThroughWhileADrainGoesOn() throws Exception {
        primaryIsA();
        FakeUnit pinned = new FakeUnit();
        pinned.pinned = true;
        FakeUnit other = new FakeUnit();
        gate.register(other);
        other.openUnit(gate.coarseNanoTime());
        hold("op");
        assertThat(gate.await(pinned, gate.newDeadline()).primary).isSameAs(poolA);

        other.closeUnit();
        assertThat(hold("op").isDrained()).isTrue();

        assertThat(awaiting(pinned).isDone()).isFalse();
    }

    @Test
    void aNewerPrimaryThatWasSeenOpensTheGateAtOnce() throws Exception {
        primaryIsA();
        hold("op");
        Future<Route> waiting = awaiting(new FakeUnit());
        gate.failed(A, new SQLException("terminating", "57P01"));
        answer(B, true, 2);
        assertThat(waiting.isDone()).isFalse();

        gate.release("op", topology("b"));

        assertThat(gate.route().open).isTrue();
        assertThat(gate.route().primary).isSameAs(poolB);
        assertThat(gate.route().epoch).isEqualTo(2);
        assertThat(waiting.get(1, TimeUnit.SECONDS).primary).isSameAs(poolB);
        assertThat(demoted).containsExactly(A);
    }

    @Test
    void whatWasSeenBeforeTheReleaseDoesNotOpenTheGateOnTheOldPrimary() throws Exception {
        primaryIsA();
        hold("op");
        looked.clear();

        gate.release("op", topology("b"));

        assertThat(gate.route().open).isFalse();
        assertThat(looked).containsExactly(B, A);
        answer(A, true, 1);
        assertThat(gate.route().open).isFalse();
        answer(B, true, 2);
        assertThat(gate.route().primary).isSameAs(poolB);
    }

    private static Topology promoted(String lineage, long timeline) {
        return new Topology("shop", "b", new Endpoint("127.0.0.1", 5432), Optional.of(new Timeline(lineage, timeline)));
    }

    private void prepareFor(String node) throws InterruptedException {
        gate.prepare(new PrepareRequest("shop", "op", node, Deadline.after(Duration.ofSeconds(5))));
    }

    @Test
    void whatTheCoordinatorSawOpensTheGateAtOnceAndIsCheckedBehindIt() throws Exception {
        primaryIsA();
        prepareFor("b");
        answer(B, false, 0);
        hold("op");
        Future<Route> waiting = awaiting(new FakeUnit());
        looked.clear();

        gate.release("op", promoted("db", 2));

        assertThat(waiting.get(5, TimeUnit.SECONDS).primary).isSameAs(poolB);
        assertThat(gate.route().epoch).isEqualTo(2);
        assertThat(demoted).containsExactly(A);
        assertThat(looked).containsExactly(A, B);
        Route opened = gate.route();
        answer(B, true, 2);
        assertThat(gate.route()).as("the node's own answer changes nothing").isSameAs(opened);
    }

    @Test
    void anAnswerToAQuestionFromBeforeThePromotionIsOlderThanWhatTheCoordinatorSaw() throws Exception {
        primaryIsA();
        prepareFor("b");
        answer(B, false, 0);
        hold("op");
        gate.asked(B);
        long askedBefore = gate.clock().nanoTime();
        gate.release("op", promoted("db", 2));

        gate.answered(B, new RoleAnswer(false, 0, "server 1", "db"), askedBefore);
        assertThat(gate.route().primary).isSameAs(poolB);
        assertThat(gate.route().open).isTrue();

        answer(B, false, 0);
        assertThat(gate.route().open).as("a later answer counts").isFalse();
    }

    @Test
    void theCoordinatorsWordDoesNotReplaceTheQuestionWhereTheServerMayBeAnotherOne() throws Exception {
        primaryIsA();
        answer(B, false, 0);
        hold("op");

        gate.release("op", promoted("db", 2));

        assertThat(gate.route().open).as("never announced").isFalse();
        answer(B, true, 2);
        assertThat(gate.route().primary).isSameAs(poolB);
    }

    @Test
    void theCoordinatorsWordDoesNotReplaceTheQuestionWhereTheNodeHasNotAnsweredSinceTheAnnouncement() throws Exception {
        primaryIsA();
        prepareFor("b");
        hold("op");

        gate.release("op", promoted("db", 2));

        assertThat(gate.route().open).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"other, 2", "db, 1"})
    void theCoordinatorsWordDoesNotReplaceTheQuestionWhereTheTimelineIsNotNewerThanWhatWasSeen(
            String lineage, long timeline) throws Exception {
        primaryIsA();
        prepareFor("b");
        answer(B, false, 0);
        hold("op");

        gate.release("op", promoted(lineage, timeline));

        assertThat(gate.route().open).isFalse();
    }

    @Test
    void afterARollbackTheSamePrimaryGoesOnUnderANewRouteOfTheSameEpoch() throws Exception {
        primaryIsA();
        Route before = gate.route();
        hold("op");

        gate.release("op", topology("a"));
        answer(A, true, 1);
        answer(B, false, 0);

        assertThat(gate.route().open).isTrue();
        assertThat(gate.route()).isNotSameAs(before);
        assertThat(gate.route().epoch).isEqualTo(before.epoch);
    }

    @Test
    void aHoldThatNobodyReleasesEndsByItself() throws Exception {
        primaryIsA();
        gate.hold(request("op", Duration.ofMillis(1), Duration.ofMillis(1)));
        while (gate.isHeld()) {
            gate.tick();
        }
        assertThat(gate.route().open).isFalse();

        primaryIsA();

        assertThat(gate.route().open).isTrue();
        gate.release("op", topology("b"));
        assertThat(gate.route().open).isTrue();
    }

    @Test
    void aReleaseWithoutHoldDoesNothing() {
        primaryIsA();
        Route before = gate.route();

        gate.release("op", topology("b"));

        assertThat(gate.route()).isSameAs(before);
    }

    @Test
    void anInterruptedHoldGoesOnHolding() throws Exception {
        primaryIsA();
        FakeUnit unit = new FakeUnit();
        gate.register(unit);
        unit.openUnit(gate.coarseNanoTime());
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> hold("op")).isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
        Thread holder = Thread.currentThread();
        threads.execute(() -> {
            while (!gate.isHeld()) {
                Thread.onSpinWait();
            }
            holder.interrupt();
        });
        assertThatThrownBy(() -> gate.hold(request("op", Duration.ofSeconds(20), Duration.ofSeconds(30))))
                .isInstanceOf(InterruptedException.class);

        assertThat(gate.isHeld()).isTrue();
    }

    @Test
    void aUnitThatWasLetThroughBeforeACutAndOpensAfterItAsksAgain() throws Exception {
        primaryIsA();
        FakeUnit open = new FakeUnit();
        gate.register(open);
        open.openUnit(0);
        hold("op");
        Route letThrough = gate.await(new FakeUnit(), gate.newDeadline());
        assertThat(letThrough.primary).isSameAs(poolA);

        gate.cut("op");

        assertThat(gate.route()).isNotSameAs(letThrough);
        assertThat(gate.route().open).isFalse();
    }

    @Test
    void cutEndsTheOpenUnitsOfTheOperationThatHolds() throws Exception {
        primaryIsA();
        FakeUnit open = new FakeUnit();
        FakeUnit idle = new FakeUnit();
        gate.register(open);
        gate.register(idle);
        open.openUnit(gate.coarseNanoTime());
        assertThat(gate.cut("op")).isZero();
        hold("op");

        assertThat(gate.cut("op")).isEqualTo(1);
        assertThat(open.cutOff)
                .isEqualTo("switchover 'op' of 'shop' ended it, because it had not ended within the drain timeout");
        assertThat(idle.cutOff).isNull();
    }
}
