package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Endpoint;
import io.switchover4j.TimeSource;
import io.switchover4j.Timeline;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.PrepareRequest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class GateTest {

    private static final int A = 0;
    private static final int B = 1;

    private final FakePool poolA = new FakePool("a");
    private final FakePool poolB = new FakePool("b");
    private final UnitRegistry registry = new UnitRegistry();
    private final JoinedUnits joined = new JoinedUnits();
    private final List<Integer> looked = new CopyOnWriteArrayList<>();
    private final List<Integer> demoted = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Gate gate = gate(64, TimeSource.system());

    private Gate gate(int releases, TimeSource time) {
        Gate made = new Gate(
                new GateOptions(
                        "orders",
                        Duration.ofSeconds(10),
                        releases,
                        false,
                        WatchRules.of(Duration.ofMillis(500), false),
                        ReplayOptions.OFF),
                List.of(poolA, poolB),
                registry,
                joined,
                time,
                new WatchClock(time, Duration.ofMinutes(1).toNanos()),
                new Counters());
        made.watchedBy(new Watcher() {
            @Override
            public void look(int node) {
                looked.add(node);
            }

            @Override
            public void lookSoon(int node) {
                looked.add(node);
            }

            @Override
            public void demoted(int node) {
                demoted.add(node);
            }

            @Override
            public void tickSoon() {}
        });
        return made;
    }

    @AfterEach
    void stopThreads() throws InterruptedException {
        gate.close();
        threads.shutdownNow();
        assertThat(threads.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    }

    private void answer(int node, boolean writable, long history) {
        gate.asked(node);
        gate.answered(
                node,
                new RoleAnswer(writable, history, "server " + node, "db"),
                gate.clock().nanoTime());
    }

    private void primaryIsA() {
        answer(A, true, 1);
        answer(B, false, 0);
    }

    private static HoldRequest request(String operation, Duration drain, Duration hold) {
        return new HoldRequest("shop", operation, Deadline.after(drain), Deadline.after(hold));
    }

    private DrainResult hold(String operation) throws InterruptedException {
        return gate.hold(request(operation, Duration.ofMillis(200), Duration.ofSeconds(30)));
    }

    private static Topology topology(String primary) {
        return new Topology("shop", primary, new Endpoint("localhost", 1));
    }

    private Future<Route> awaiting(FakeUnit unit) throws InterruptedException {
        int before = gate.waitingUnits();
        Future<Route> route = threads.submit(() -> gate.await(unit, gate.newDeadline()));
        while (gate.waitingUnits() == before && !route.isDone()) {
            Thread.onSpinWait();
        }
        return route;
    }

    /** Runs on a thread of its own, which it keeps. */
    private static <T> T elsewhere(ExecutorService thread, Callable<T> call) throws Exception {
        return thread.submit(call).get(5, TimeUnit.SECONDS);
    }

    @Test
    void unitsWaitUntilAPrimaryIsKnown() throws Exception {
        Future<Route> waiting = awaiting(new FakeUnit());
        assertThat(waiting.isDone()).isFalse();

        primaryIsA();

        assertThat(waiting.get(1, TimeUnit.SECONDS).primary).isSameAs(poolA);
        assertThat(gate.route().epoch).isEqualTo(1);
    }

    @Test
    void waitingEndsAtTheDeadlineWithEveryNodesReason() throws Exception {
        SQLException refused = new SQLException("Connection to 10.0.0.1:5432 refused", "08001");
        gate.asked(A);
        gate.failed(A, refused);
        answer(B, false, 0);

        assertThatThrownBy(() -> gate.await(new FakeUnit(), Deadline.after(Duration.ofMillis(30))))
                .isInstanceOf(NoPrimaryException.class)
                .hasMessageMatching(
                        "No primary for 'orders' within \\d+ ms: a failed: Connection to 10.0.0.1:5432 refused;"
                                + " b is a standby. The unit of work was not started.")
                .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08001"))
                .satisfies(e -> assertThat(e.getSuppressed()).containsExactly(refused));
    }

    @Test
    void anInterruptEndsTheWaitAndStaysSet() throws Exception {
        CompletableFuture<Boolean> flag = new CompletableFuture<>();
        CompletableFuture<Exception> failure = new CompletableFuture<>();
        Thread waiting = new Thread(() -> {
            try {
                gate.await(new FakeUnit(), gate.newDeadline());
            } catch (SQLException e) {
                flag.complete(Thread.currentThread().isInterrupted());
                failure.complete(e);
            }
        });
        waiting.start();
        while (gate.waitingUnits() == 0) {
            Thread.onSpinWait();
        }

        waiting.interrupt();

        assertThat(failure.get(5, TimeUnit.SECONDS))
                .isInstanceOf(NoPrimaryException.class)
                .hasMessageStartingWith("Interrupted after ")
                .hasMessageEndingWith("The unit of work was not started.");
        assertThat(flag.get(5, TimeUnit.SECONDS)).isTrue();
        assertThat(gate.waitingUnits()).isZero();
    }

    @Test
    void anAbortEndsTheWait() throws Exception {
        FakeUnit unit = new FakeUnit();
        Future<Route> waiting = awaiting(unit);

        unit.aborted = true;
        gate.aborted(unit);

        assertThatThrownBy(() -> waiting.get(5, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(SQLNonTransientConnectionException.class)
                .hasMessage("This connection is closed");
        assertThat(gate.waitingUnits()).isZero();
    }

    @Test
    void closeEndsTheWait() throws Exception {
        Future<Route> waiting = awaiting(new FakeUnit());

        gate.close();

        assertThatThrownBy(() -> waiting.get(5, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(SQLNonTransientConnectionException.class)
                .hasMessage("The DataSource 'orders' is closed; the unit of work was not started")
                .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08003"));
    }

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
        threads.submit(() -> {
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

    @Test
    void aNewerPrimaryCutsOffWhatIsInUseOnTheOlderOne() {
        primaryIsA();
        FakeUnit old = new FakeUnit();
        old.epoch = 1;
        gate.register(old);
        old.openUnit(gate.coarseNanoTime());

        answer(B, true, 2);

        assertThat(old.cutOff).isEqualTo("another node became the primary: b");
        assertThat(gate.route().primary).isSameAs(poolB);
    }

    @Test
    void troubleClosesTheGateUntilTheNodeAnsweredAgain() throws Exception {
        primaryIsA();
        Route before = gate.route();
        looked.clear();

        gate.trouble(poolA, new SQLException("lost", "08006"));

        assertThat(gate.route().open).isFalse();
        assertThat(looked).containsExactly(A, B);
        Future<Route> waiting = awaiting(new FakeUnit());
        answer(A, true, 1);
        assertThat(waiting.get(1, TimeUnit.SECONDS).epoch).isEqualTo(before.epoch);
        assertThat(gate.route()).isNotSameAs(before);
    }

    @Test
    void aSecondReportOfTheSameTroubleHasTheNodeAskedOnly() {
        FakeTime time = new FakeTime();
        Gate still = gate(64, time);
        RoleAnswer primary = new RoleAnswer(true, 1, "s", "db");
        still.answered(A, primary, still.clock().nanoTime());
        time.pass(1);
        still.trouble(poolA, new SQLException("lost", "08006"));
        assertThat(still.route().open).isFalse();
        time.pass(1);
        still.answered(A, primary, still.clock().nanoTime());
        Route verified = still.route();
        assertThat(verified.open).isTrue();
        looked.clear();

        still.trouble(poolA, new SQLException("lost", "08006"));
        assertThat(still.route()).isSameAs(verified);
        assertThat(looked).containsExactly(A);

        time.pass(TimeUnit.MILLISECONDS.toNanos(51));
        still.trouble(poolA, new SQLException("lost", "08006"));
        assertThat(still.route().open).isFalse();
    }

    @Test
    void aServerThatIsFullIsAskedOnly() {
        primaryIsA();

        gate.trouble(poolA, new SQLException("too many clients", "53300"));

        assertThat(gate.route().open).isTrue();
        assertThat(looked).containsExactly(A);
    }

    @Test
    void troubleOnAnotherNodeLeavesTheGateOpen() throws Exception {
        primaryIsA();

        gate.trouble(poolB, new SQLException("lost", "08006"));

        assertThat(gate.route().open).isTrue();
        assertThat(looked).containsExactly(B);
    }

    @Test
    void waitersAreWokenInBoundedNumbersAndEachEndWakesTheNext() throws Exception {
        Gate narrow = gate(2, TimeSource.system());
        List<Future<Route>> waiting = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            int before = narrow.waitingUnits();
            waiting.add(threads.submit(() -> narrow.await(new FakeUnit(), narrow.newDeadline())));
            while (narrow.waitingUnits() == before) {
                Thread.onSpinWait();
            }
        }

        narrow.asked(A);
        narrow.answered(A, new RoleAnswer(true, 1, "s", "db"), narrow.clock().nanoTime());

        waiting.get(0).get(1, TimeUnit.SECONDS);
        waiting.get(1).get(1, TimeUnit.SECONDS);
        assertThat(narrow.waitingUnits()).isEqualTo(3);
        FakeUnit ended = new FakeUnit();
        narrow.register(ended);
        narrow.unregister(ended);
        narrow.tick();
        assertThat(narrow.waitingUnits())
                .as("the first two have no connection yet")
                .isEqualTo(3);

        narrow.arrived();
        narrow.register(ended);
        narrow.unregister(ended);
        waiting.get(2).get(1, TimeUnit.SECONDS);
        assertThat(narrow.waitingUnits()).isEqualTo(2);

        narrow.arrived();
        narrow.arrived();
        narrow.tick();
        waiting.get(3).get(1, TimeUnit.SECONDS);
        waiting.get(4).get(1, TimeUnit.SECONDS);
        assertThat(narrow.hasBacklog()).isFalse();
        narrow.close();
    }

    /** Else nobody would be let go in the end. */
    @Test
    void whoArrivedOrGaveUpTakesNoPlace() throws Exception {
        Gate narrow = gate(1, TimeSource.system());
        for (int round = 1; round <= 3; round++) {
            FakeUnit unit = new FakeUnit();
            Future<Route> waiting = threads.submit(() -> narrow.await(unit, narrow.newDeadline()));
            while (narrow.waitingUnits() == 0) {
                Thread.onSpinWait();
            }
            narrow.asked(A);
            narrow.answered(
                    A,
                    new RoleAnswer(true, round, "s" + round, "db"),
                    narrow.clock().nanoTime());
            waiting.get(1, TimeUnit.SECONDS);
            assertThat(unit.arrives()).as("round %d", round).isTrue();
            assertThat(unit.arrives()).isFalse();
            narrow.arrived();
            narrow.hold(request("op" + round, Duration.ZERO, Duration.ofSeconds(30)));
            Future<Route> late =
                    threads.submit(() -> narrow.await(new FakeUnit(), Deadline.after(Duration.ofMillis(1))));
            assertThatThrownBy(() -> late.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(SQLException.class);
            narrow.release("op" + round, topology("a"));
        }
        narrow.close();
    }

    @Test
    void theFirstOpenUnitOfAThreadIsItsCurrentOne() throws Exception {
        FakeUnit unit = new FakeUnit();
        gate.register(unit);
        assertThat(registry.openUnitOf(Thread.currentThread(), null)).isNull();

        unit.openUnit(0);

        assertThat(registry.openUnitOf(Thread.currentThread(), null)).isSameAs(unit);
        assertThat(registry.openUnitOf(Thread.currentThread(), unit)).isNull();
        CountDownLatch asked = new CountDownLatch(1);
        Unit elsewhere = elsewhere(threads, () -> {
            asked.countDown();
            return registry.openUnitOf(Thread.currentThread(), null);
        });
        assertThat(elsewhere).isNull();
    }

    @Test
    void aPauseOfOurOwnMakesNobodySuspect() {
        FakeTime time = new FakeTime();
        WatchClock clock = new WatchClock(time, TimeUnit.MILLISECONDS.toNanos(300));
        Gate paused = new Gate(
                new GateOptions(
                        "orders",
                        Duration.ofSeconds(10),
                        64,
                        false,
                        WatchRules.of(Duration.ofMillis(500), false),
                        ReplayOptions.OFF),
                List.of(poolA, poolB),
                registry,
                joined,
                time,
                clock,
                new Counters());
        paused.asked(A);
        paused.answered(A, new RoleAnswer(true, 1, "server", "db"), clock.nanoTime());
        paused.asked(B);
        paused.answered(B, new RoleAnswer(false, 0, "server", "db"), clock.nanoTime());
        assertThat(paused.route().open).isTrue();
        paused.asked(A);

        // Ten seconds in which neither the watch nor anything else in this JVM ran.
        time.pass(TimeUnit.SECONDS.toNanos(10));
        paused.tick();

        assertThat(paused.route().open).isTrue();
        assertThat(paused.isSuspected(A)).isFalse();

        // The node's own silence counts as ever.
        for (int i = 0; i < 8; i++) {
            time.pass(TimeUnit.MILLISECONDS.toNanos(100));
            paused.tick();
        }
        assertThat(paused.isSuspected(A)).isTrue();
        assertThat(paused.route().open).isFalse();
        paused.close();
    }

    @Test
    void aNodeThatFailsEndsNothing() {
        primaryIsA();
        FakeUnit unit = new FakeUnit();
        unit.epoch = gate.route().epoch;
        unit.openUnit(0);
        gate.register(unit);
        gate.asked(A);
        gate.failed(A, new SQLException("read timed out", "08006"));

        assertThat(gate.route().open).isFalse();
        assertThat(unit.cutOff).isNull();
    }

    @Test
    void aHandleBetweenUnitsLosesItsConnectionToTheOldPrimaryAndIsNotCounted() {
        primaryIsA();
        FakeUnit idle = new FakeUnit();
        idle.epoch = gate.route().epoch;
        gate.register(idle);

        answer(B, true, 2);

        assertThat(idle.cutOff).contains("another node became the primary: b");
    }

    private static final class FakeUnit extends Unit {

        private boolean pinned;
        private long epoch;
        private volatile boolean aborted;
        private volatile @Nullable String cutOff;

        @Override
        boolean isOpen() {
            return !aborted;
        }

        @Override
        boolean isPinned() {
            return pinned;
        }

        @Override
        void cutOff(String reason) {
            cutOff = reason;
        }

        @Override
        long attachedEpoch() {
            return epoch;
        }
    }

    private static final class FakePool implements NodePool {

        private final String name;

        FakePool(String name) {
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Connection borrow() throws SQLException {
            throw new SQLException("no connection", "08001");
        }

        @Override
        public void discard(Connection physical) {}

        @Override
        public void abort(Connection physical, java.util.concurrent.Executor executor) {}

        @Override
        public void evictAll() {}
    }
}
