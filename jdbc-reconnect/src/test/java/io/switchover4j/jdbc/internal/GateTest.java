package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.TimeSource;
import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.spi.Deadline;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The gate as the watch opens and closes it, and who waits at it. */
final class GateTest extends GateFixture {

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
}
