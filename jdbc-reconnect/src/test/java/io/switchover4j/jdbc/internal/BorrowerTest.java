package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads that hang in the pool of a node that is not the primary any more. */
@Timeout(60)
final class BorrowerTest {

    private final HangingNode a = new HangingNode("a");
    private final FakeNode b = new FakeNode("b");
    private final FakeTraffic traffic = new FakeTraffic(a);
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stopThreads() throws InterruptedException {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    }

    /** As HikariCP does, which sets the flag again. */
    private static final class HangingNode extends FakeNode {

        private final CountDownLatch entered = new CountDownLatch(1);
        private volatile boolean hangs = true;

        HangingNode(String name) {
            super(name);
        }

        @Override
        public boolean mayBorrowAtOnce(int held) {
            return !hangs;
        }

        @Override
        public Connection borrow() throws SQLException {
            if (!hangs) {
                return super.borrow();
            }
            entered.countDown();
            try {
                new CountDownLatch(1).await();
                throw new AssertionError("nobody opens it");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new SQLException("Interrupted during connection acquisition", e);
            }
        }
    }

    private LogicalConnection attached() throws SQLException {
        a.hangs = false;
        LogicalConnection connection = LogicalConnection.open(traffic);
        a.hangs = true;
        return connection;
    }

    @Test
    void anAbortCallsAThreadBackThatHangsInThePool() throws Exception {
        LogicalConnection connection = attached();
        traffic.open(2, a);
        Future<Integer> hanging =
                threads.submit(() -> connection.createStatement().executeUpdate("insert 1"));
        a.entered.await();

        connection.abort(Runnable::run);

        assertThatThrownBy(() -> hanging.get(5, TimeUnit.SECONDS)).hasRootCauseMessage("This connection is closed");
        assertThat(traffic.troubles).isEmpty();
    }

    private LedgerPath committed(LogicalConnection connection) throws SQLException {
        traffic.ledgerDialect = new FakeLedger();
        var options = new LedgerOptions(LedgerTable.parse("ledger"), 2, Duration.ofDays(1), lost -> {});
        var path = new LedgerPath(
                new Ledger("orders", options, new FakeTime(), new LedgerCounters()), traffic, connection);
        Connection physical = new FakeNode("c").borrow();
        assertThat(path.prepare(physical, 1, "a")).isTrue();
        path.send(physical, Marking.IF_WRITTEN, on -> {});
        return path;
    }

    @Test
    void anAbortEndsASettlementThatGetsNoConnection() throws Exception {
        LogicalConnection connection = attached();
        LedgerPath path = committed(connection);
        Future<CommitPath.Outcome> settling =
                threads.submit(() -> path.settle(new SQLException("lost", "08006"), null));
        a.entered.await();

        connection.abort(Runnable::run);

        assertThatThrownBy(() -> settling.get(5, TimeUnit.SECONDS)).hasRootCauseMessage("This connection is closed");
        assertThat(traffic.troubles).isEmpty();
    }

    @Test
    void aSettlementAfterAnAbortWaitsForNoConnection() throws Exception {
        LogicalConnection connection = attached();
        LedgerPath path = committed(connection);
        connection.abort(Runnable::run);

        assertThatThrownBy(() -> path.settle(new SQLException("lost", "08006"), null))
                .hasMessage("This connection is closed");
    }

    @Test
    void anAbortEndsASettlementWhosePoolRefuses() throws Exception {
        LogicalConnection connection = attached();
        LedgerPath path = committed(connection);
        a.hangs = false;
        for (int i = 0; i < 1_000; i++) {
            a.refuse(new SQLException("Connection is not available", "08001"));
        }
        Future<CommitPath.Outcome> settling =
                threads.submit(() -> path.settle(new SQLException("lost", "08006"), null));
        while (!a.events.contains("refused")) {
            LockSupport.parkNanos(1_000_000);
        }

        connection.abort(Runnable::run);

        assertThatThrownBy(() -> settling.get(5, TimeUnit.SECONDS)).hasRootCauseMessage("This connection is closed");
    }

    /** As the gate does it once another node is the primary. */
    private void moveTo(long epoch, FakeNode node) {
        traffic.open(epoch, node);
        traffic.registered.forEach(unit -> unit.callBack(epoch));
    }

    @Test
    void aThreadThatHangsInThePoolGoesToTheNewPrimary() throws Exception {
        Future<Boolean> interrupted = threads.submit(() -> {
            try (LogicalConnection connection = LogicalConnection.open(traffic)) {
                connection.createStatement().executeUpdate("insert 1");
                return Thread.currentThread().isInterrupted();
            }
        });
        a.entered.await();

        moveTo(2, b);

        assertThat(interrupted.get(5, TimeUnit.SECONDS)).isFalse();
        assertThat(b.sent()).contains("b1.s1.executeUpdate(insert 1)");
        assertThat(traffic.troubles).isEmpty();
        assertThat(traffic.registered).isEmpty();
    }

    @Test
    void aThreadThatHangsKeepsNoOtherWaiting() throws Exception {
        Future<?> unused = threads.submit(() -> LogicalConnection.open(traffic));
        a.entered.await();

        a.hangs = false;
        LogicalConnection.open(traffic).close();

        assertThat(a.events).contains("borrowed a1");
    }

    @Test
    void nobodyIsCalledBackFromThePoolOfTheNewPrimary() throws Exception {
        Future<LogicalConnection> hanging = threads.submit(() -> LogicalConnection.open(traffic));
        a.entered.await();

        traffic.registered.forEach(
                unit -> assertThat(unit.callBack(traffic.route().epoch)).isFalse());

        assertThat(hanging.isDone()).isFalse();
    }

    @Test
    void anInterruptOfTheApplicationIsNotTakenBack() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        FakeNode deaf = new FakeNode("a") {
            @Override
            public Connection borrow() throws SQLException {
                entered.countDown();
                while (answered.getCount() > 0) {
                    // A read from a socket, which heeds no interrupt.
                    Thread.onSpinWait();
                }
                return super.borrow();
            }
        };
        FakeTraffic moving = new FakeTraffic(deaf);
        Thread[] borrower = new Thread[1];
        Future<Boolean> flag = threads.submit(() -> {
            borrower[0] = Thread.currentThread();
            assertThatThrownBy(() -> LogicalConnection.open(moving)).hasMessageContaining("Interrupted");
            return Thread.interrupted();
        });
        entered.await();
        borrower[0].interrupt();
        moving.open(2, b);
        moving.registered.forEach(unit -> assertThat(unit.callBack(2)).isTrue());
        assertThat(moving.registered).allMatch(Borrower::isCalledBack);
        answered.countDown();

        assertThat(flag.get(5, TimeUnit.SECONDS)).isTrue();
        assertThat(deaf.events).containsExactly("borrowed a1", "discarded a1");
    }

    @Test
    void whoBorrowsWhileTheRouteIsReplacedIsFoundOrSeesItAndNoInterruptIsLeftBehind() throws Exception {
        FakeNode node = new FakeNode("a") {
            @Override
            public Connection borrow() throws SQLException {
                // Long enough to be called back in it now and then; hangs only if the new route was not seen.
                LockSupport.parkNanos(20_000);
                return super.borrow();
            }
        };
        int rounds = 2_000;
        AtomicInteger leaks = new AtomicInteger();
        for (int round = 0; round < 4; round++) {
            FakeTraffic moving = new FakeTraffic(node);
            CountDownLatch started = new CountDownLatch(1);
            Future<?> borrowing = threads.submit(() -> {
                started.countDown();
                for (int i = 0; i < rounds; i++) {
                    LogicalConnection.open(moving).close();
                    // Lists that are copied at each addition.
                    node.calls.clear();
                    node.events.clear();
                    if (Thread.interrupted()) {
                        leaks.incrementAndGet();
                    }
                }
                return null;
            });
            started.await();
            for (long epoch = 2; !borrowing.isDone(); epoch++) {
                moving.open(epoch, node);
                long now = epoch;
                moving.registered.forEach(unit -> unit.callBack(now));
                LockSupport.parkNanos(50_000);
            }
            borrowing.get();
        }
        assertThat(leaks).hasValue(0);
    }
}
