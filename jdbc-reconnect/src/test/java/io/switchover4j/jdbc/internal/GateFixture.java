package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Endpoint;
import io.switchover4j.TimeSource;
import io.switchover4j.Topology;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** A gate before two nodes that are told what to answer. */
@Timeout(30)
abstract class GateFixture {

    static final int A = 0;
    static final int B = 1;
    final FakePool poolA = new FakePool("a");
    final FakePool poolB = new FakePool("b");
    final UnitRegistry registry = new UnitRegistry();
    final JoinedUnits joined = new JoinedUnits();
    final List<Integer> looked = new CopyOnWriteArrayList<>();
    final List<Integer> demoted = new CopyOnWriteArrayList<>();
    final ExecutorService threads = Executors.newCachedThreadPool();
    final Gate gate = gate(64, TimeSource.system());

    Gate gate(int releases, TimeSource time) {
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

    void answer(int node, boolean writable, long history) {
        gate.asked(node);
        gate.answered(
                node,
                new RoleAnswer(writable, history, "server " + node, "db"),
                gate.clock().nanoTime());
    }

    void primaryIsA() {
        answer(A, true, 1);
        answer(B, false, 0);
    }

    static HoldRequest request(String operation, Duration drain, Duration hold) {
        return new HoldRequest("shop", operation, Deadline.after(drain), Deadline.after(hold));
    }

    DrainResult hold(String operation) throws InterruptedException {
        return gate.hold(request(operation, Duration.ofMillis(200), Duration.ofSeconds(30)));
    }

    static Topology topology(String primary) {
        return new Topology("shop", primary, new Endpoint("localhost", 1));
    }

    Future<Route> awaiting(FakeUnit unit) throws InterruptedException {
        int before = gate.waitingUnits();
        Future<Route> route = threads.submit(() -> gate.await(unit, gate.newDeadline()));
        while (gate.waitingUnits() == before && !route.isDone()) {
            Thread.onSpinWait();
        }
        return route;
    }

    /** Runs on a thread of its own, which it keeps. */
    static <T> T elsewhere(ExecutorService thread, Callable<T> call) throws Exception {
        return thread.submit(call).get(5, TimeUnit.SECONDS);
    }

    static final class FakeUnit extends Unit {

        boolean pinned;
        long epoch;
        volatile boolean aborted;
        volatile @Nullable String cutOff;

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

    static final class FakePool implements NodePool {

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
