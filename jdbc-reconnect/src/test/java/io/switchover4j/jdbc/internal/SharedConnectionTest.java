package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Threads that share one connection. */
@Timeout(30)
final class SharedConnectionTest {

    private final FakeNode a = new FakeNode("a");
    private final FakeNode b = new FakeNode("b");
    private final FakeTraffic traffic = new FakeTraffic(a);

    /** Holds a call within the driver. */
    private final CountDownLatch inDriver = new CountDownLatch(1);

    private final CountDownLatch letGo = new CountDownLatch(1);
    private LogicalConnection connection;

    @BeforeEach
    void open() throws SQLException {
        connection = LogicalConnection.open(traffic);
    }

    @AfterEach
    void letGo() {
        letGo.countDown();
    }

    private final class Caller<T> {
        private final FutureTask<T> result;
        private final Thread thread;

        Caller(Callable<T> call) {
            result = new FutureTask<>(call);
            thread = new Thread(result);
            thread.start();
        }

        /** It waits, whether for us or in the driver. */
        void awaitWaiting() throws InterruptedException {
            while (thread.getState() != Thread.State.WAITING
                    && thread.getState() != Thread.State.TIMED_WAITING
                    && thread.isAlive()) {
                Thread.sleep(1);
            }
            assertThat(thread.isAlive()).isTrue();
        }

        T get() throws Exception {
            try {
                return result.get(10, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                throw (Exception) e.getCause();
            }
        }
    }

    private Caller<Integer> update(String sql) {
        return new Caller<>(() -> {
            try (Statement statement = connection.createStatement()) {
                return statement.executeUpdate(sql);
            }
        });
    }

    private Caller<Integer> updateHeldInDriver(String sql) throws InterruptedException {
        hold("executeUpdate", null);
        Caller<Integer> caller = update(sql);
        inDriver.await();
        return caller;
    }

    private void hold(String method, @Nullable SQLException end) {
        a.on(method, () -> {
            inDriver.countDown();
            try {
                letGo.await();
            } catch (InterruptedException e) {
                throw new SQLException(e);
            }
            if (end != null) {
                throw end;
            }
        });
    }

    /** It had not, if the failure were that of a call which the other thread was about to make. */
    @Test
    void aLostWriteIsNotDoneAgainBecauseAnotherThreadCalls() throws Exception {
        Statement first = connection.createStatement();
        Statement second = connection.createStatement();
        traffic.open(2, a);
        first.executeUpdate("insert 0");
        hold("executeUpdate", new SQLException("I/O error", "08006"));
        Caller<Integer> lost = new Caller<>(() -> first.executeUpdate("insert 1"));
        inDriver.await();
        a.on("createStatement", () -> {
            while (!lost.result.isDone()) {
                LockSupport.parkNanos(1_000_000);
            }
        });
        Caller<Integer> other = new Caller<>(() -> second.executeUpdate("insert 2"));
        other.awaitWaiting();
        letGo.countDown();

        assertThatThrownBy(lost::get).isInstanceOf(UnitOutcomeUnknownException.class);
        assertThat(other.get()).isEqualTo(1);
        assertThat(a.sent().stream().filter(call -> call.contains("(insert 1)")))
                .hasSize(1);
    }

    @Test
    void callsComeOneAfterTheOtherInTheirOrder() throws Exception {
        Caller<Integer> first = updateHeldInDriver("insert 1");
        Caller<Integer> second = update("insert 2");
        second.awaitWaiting();
        Caller<String> third = new Caller<>(() -> connection.getMetaData().getURL());
        third.awaitWaiting();
        letGo.countDown();

        assertThat(first.get()).isEqualTo(1);
        assertThat(second.get()).isEqualTo(1);
        third.get();
        assertThat(a.sent())
                .containsSubsequence(
                        "a1.s1.executeUpdate(insert 1)", "a1.s2.executeUpdate(insert 2)", "a1.getMetaData()");
    }

    @Test
    void whoReadsRowsWaitsForNobody() throws Exception {
        try (Statement reading = connection.createStatement()) {
            ResultSet rows = reading.executeQuery("select 1");
            Caller<Integer> writing = updateHeldInDriver("insert 1");
            while (rows.next()) {
                rows.getInt(1);
            }
            rows.close();
            reading.close();
            letGo.countDown();
            assertThat(writing.get()).isEqualTo(1);
        }
    }

    @Test
    void aStatementIsMadeAndGivenItsParametersWhileAnotherThreadCalls() throws Exception {
        Caller<Integer> writing = updateHeldInDriver("insert 1");
        try (var prepared = connection.prepareStatement("insert ?")) {
            prepared.setInt(1, 2);
            letGo.countDown();
            assertThat(writing.get()).isEqualTo(1);
            prepared.executeUpdate();
        }
        assertThat(a.sent()).endsWith("a1.p2.setInt(1,2)", "a1.p2.executeUpdate()");
    }

    /** The physical connection may be gone, but the call that is in flight goes on to another one. */
    @Test
    void aConnectionIsValidWhileTheCallOfAnotherThreadMovesIt() throws Exception {
        Caller<Integer> writing = updateHeldInDriver("insert 1");
        a.valid = false;
        assertThat(connection.isValid(1)).isTrue();
        letGo.countDown();
        assertThat(writing.get()).isEqualTo(1);
        assertThat(connection.isValid(1)).isFalse();
        assertThat(a.events).containsExactly("borrowed a1", "discarded a1");
    }

    @Test
    void anInterruptEndsTheWait() throws Exception {
        Caller<Integer> first = updateHeldInDriver("insert 1");
        Caller<Integer> second = update("insert 2");
        second.awaitWaiting();
        second.thread.interrupt();

        assertThatThrownBy(second::get)
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("Interrupted while another thread's call");
        letGo.countDown();
        assertThat(first.get()).isEqualTo(1);
        assertThat(update("insert 3").get()).isEqualTo(1);
    }

    @Test
    void theQueryTimeoutEndsTheWait() throws Exception {
        Caller<Integer> first = updateHeldInDriver("insert 1");
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            assertThatThrownBy(() -> statement.executeUpdate("insert 2")).isInstanceOf(SQLTimeoutException.class);
        }
        letGo.countDown();
        assertThat(first.get()).isEqualTo(1);
        assertThat(a.sent()).noneMatch(call -> call.contains("insert 2"));
    }

    @Test
    void whoWaitsForACallThatWaitsForAPrimaryWaitsNoLonger() throws Exception {
        traffic.close("no primary");
        Caller<Integer> first = update("insert 1");
        first.awaitWaiting();
        traffic.awaitWaiter(1);
        traffic.patience = Duration.ofMillis(20);

        assertThatThrownBy(() -> update("insert 2").get())
                .isInstanceOf(NoPrimaryException.class)
                .hasMessageContaining("another thread's call");
        traffic.open(2, b);
        assertThat(first.get()).isEqualTo(1);
    }

    @Test
    void aCallWithinACallOfTheSameThreadGoesThrough() throws Exception {
        a.on("executeUpdate", () -> {
            connection.getMetaData().getURL();
            connection.setReadOnly(false);
        });
        assertThat(update("insert 1").get()).isEqualTo(1);
        assertThat(update("insert 2").get()).isEqualTo(1);
    }

    @Test
    void anAbortEndsTheWait() throws Exception {
        Caller<Integer> first = updateHeldInDriver("insert 1");
        Caller<Integer> second = update("insert 2");
        second.awaitWaiting();
        connection.abort(Runnable::run);

        assertThatThrownBy(second::get).hasMessage("This connection is closed");
        assertThat(first.thread.isAlive()).isTrue();
    }

    @Test
    void closeEndsTheCallOfAnotherThreadAndWaitsForNone() throws Exception {
        hold("executeUpdate", new SQLException("Socket closed", "08006"));
        Caller<Integer> first = update("insert 1");
        inDriver.await();
        Caller<Integer> second = update("insert 2");
        second.awaitWaiting();

        connection.close();

        assertThat(a.events).as("no pool gets what is in use").containsExactly("borrowed a1", "aborted a1");
        assertThat(traffic.registered).isEmpty();
        assertThatThrownBy(second::get).hasMessage("This connection is closed");
        letGo.countDown();
        assertThatThrownBy(first::get)
                .isInstanceOf(UnitOutcomeUnknownException.class)
                .hasMessageContaining("another thread closed it");
        connection.close();
        assertThat(a.events).hasSize(2);
    }

    @Test
    void closeEndsTheWaitOfAnotherThreadForAPrimary() throws Exception {
        Statement statement = connection.createStatement();
        traffic.close("no primary");
        Caller<Integer> waiting = new Caller<>(() -> statement.executeUpdate("insert 1"));
        traffic.awaitWaiter(1);

        connection.close();

        assertThatThrownBy(waiting::get).hasMessage("This connection is closed");
        assertThat(traffic.route().open).as("still closed").isFalse();
    }

    @Test
    void aStatementThatWasClosedWhileItWaitedForAPrimaryIsNotExecuted() throws Exception {
        Statement statement = connection.createStatement();
        traffic.close("no primary");
        Caller<Integer> waiting = new Caller<>(() -> statement.executeUpdate("insert 1"));
        traffic.awaitWaiter(1);

        statement.close();
        traffic.open(2, b);

        assertThatThrownBy(waiting::get).isInstanceOf(SQLException.class);
        assertThat(b.sent()).isEmpty();
        assertThat(connection.isUnitOpen()).isFalse();
        assertThat(update("insert 2").get()).isEqualTo(1);
    }
}
