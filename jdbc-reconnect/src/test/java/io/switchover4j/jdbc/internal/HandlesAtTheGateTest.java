package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handles while the gate is closed, and what other threads do to them. */
@Timeout(30)
final class HandlesAtTheGateTest {

    private final FakeNode a = new FakeNode("a");
    private final FakeNode b = new FakeNode("b");
    private final FakeTraffic traffic = new FakeTraffic(a);
    private LogicalConnection connection;

    @BeforeEach
    void open() throws SQLException {
        connection = LogicalConnection.open(traffic);
    }

    @Test
    void whoWaitsHoldsNoPhysicalConnectionAndNoOpenUnit() throws SQLException {
        traffic.close("hold");
        traffic.onAwait(() -> {
            assertThat(a.events).containsExactly("borrowed a1", "returned a1");
            assertThat(connection.isUnitOpen()).isFalse();
            assertThat(connection.attachedEpoch()).isZero();
            traffic.open(2, b);
        });

        update("insert 1");

        assertThat(b.sent()).containsExactly("b1.createStatement()", "b1.s1.executeUpdate(insert 1)");
    }

    /** Else the next borrower would get a connection in the middle of which autocommit is off. */
    @Test
    void whoWaitsGivesNothingBackToAPoolThatDoesNotResetIt() throws SQLException {
        a.resets = false;
        connection.setAutoCommit(false);
        traffic.close("hold");
        traffic.onAwait(() -> traffic.open(2, b));

        update("insert 1");

        assertThat(a.events).containsExactly("borrowed a1", "discarded a1");
    }

    @Test
    void rowsThatAreStillBeingReadOutliveAHold() throws SQLException {
        try (Statement reading = connection.createStatement()) {
            ResultSet rows = reading.executeQuery("select 1");
            assertThat(rows.next()).isTrue();
            traffic.close("hold");
            traffic.onAwait(() -> traffic.open(2, b));
            update("insert 1");

            assertThat(a.events).containsExactly("borrowed a1", "discarded a1");
            assertThat(rows.next()).isTrue();
            assertThat(rows.next()).isFalse();
        }
        traffic.close("hold");
        traffic.onAwait(() -> traffic.open(3, a));
        update("insert 1");
        assertThat(b.events).containsExactly("borrowed b1", "returned b1");
    }

    @Test
    void aConnectionThatIsAskedForWaitsBeforeItBorrows() throws SQLException {
        traffic.close("hold");
        traffic.onAwait(() -> traffic.open(2, b));

        try (LogicalConnection other = LogicalConnection.open(traffic)) {
            assertThat(other.attachedEpoch()).isEqualTo(2);
        }
        assertThat(a.events).containsExactly("borrowed a1");
    }

    @Test
    void anOpenTransactionGoesOnUntilItsCommitAndTheDrainIsTold() throws SQLException {
        connection.setAutoCommit(false);
        update("insert 1");
        traffic.close("hold");

        update("insert 2");
        connection.commit();

        assertThat(traffic.awaited).isZero();
        assertThat(a.calls).endsWith("a1.commit()");
        assertThat(traffic.unitsEnded).isEqualTo(1);
    }

    @Test
    void aHoldThatIsReleasedWithoutASwitchLetsTheConnectionStayAfterItWasValidated() throws SQLException {
        traffic.close("hold");
        traffic.open(1, a);
        a.calls.clear();

        update("insert 1");
        update("insert 2");

        assertThat(a.sent())
                .containsExactly(
                        "a1.createStatement()",
                        "a1.isValid(1)",
                        "a1.s1.executeUpdate(insert 1)",
                        "a1.createStatement()",
                        "a1.s2.executeUpdate(insert 2)");
    }

    @Test
    void aConnectionThatDoesNotPassItsValidationIsReplacedBeforeAnythingIsSent() throws SQLException {
        traffic.open(1, a);
        a.valid = false;

        update("insert 1");

        assertThat(a.events).containsExactly("borrowed a1", "discarded a1", "borrowed a2");
        assertThat(traffic.troubles).containsExactly("a: 08006");
        assertThat(a.sent()).endsWith("a2.s1.executeUpdate(insert 1)");
    }

    @Test
    void aUnitThatIsLetThroughRunsOnTheHeldPrimaryAndTheNextOneAsksAgain() throws SQLException {
        traffic.letThrough = true;
        traffic.close("hold");
        update("insert 1");
        assertThat(a.sent()).contains("a2.s1.executeUpdate(insert 1)");
        update("insert 2");
        assertThat(traffic.awaited).isEqualTo(2);

        traffic.letThrough = false;
        traffic.onAwait(() -> traffic.open(2, b));
        update("insert 3");

        assertThat(traffic.awaited).isEqualTo(3);
        assertThat(b.sent()).contains("b1.s1.executeUpdate(insert 3)");
        assertThat(a.sent()).noneMatch(call -> call.contains("insert 3"));
    }

    @Test
    void aSessionThatCannotMoveIsLetThroughAndFailsLoudlyOnceThePrimaryIsAnother() throws SQLException {
        execute("LISTEN secret_channel 'x'");
        assertThat(connection.isPinned()).isTrue();
        traffic.close("hold");
        update("insert 1");
        assertThat(a.events).containsExactly("borrowed a1");

        traffic.open(2, b);
        assertThatThrownBy(() -> update("insert 2"))
                .isInstanceOf(SQLException.class)
                .hasMessage(
                        "The session of this connection carries state that cannot move to another physical connection"
                                + " ('LISTEN secret_channel'), and the physical connection is gone; the primary is 'b' now. Nothing"
                                + " was sent. Close this connection, take a new one and set the state up again.")
                .extracting(e -> ((SQLException) e).getSQLState())
                .isEqualTo("08003");
        assertThatThrownBy(() -> update("insert 2")).hasMessageContaining("cannot move");
        assertThat(b.events).isEmpty();
        assertThat(connection.isUnitOpen()).isFalse();
        connection.close();
    }

    @Test
    void aSessionStatementThatFailedPinsNothing() {
        a.fail("execute", new SQLException("unknown parameter", "42704"));
        assertThatThrownBy(() -> execute("SET x = 1")).hasMessage("unknown parameter");
        assertThat(connection.isPinned()).isFalse();
    }

    @Test
    void aWaitThatEndsWithoutAPrimarySaysSoAndLeavesTheConnectionUsable() throws SQLException {
        traffic.patience = Duration.ofMillis(20);
        traffic.close("hold of the test");
        assertThatThrownBy(() -> update("insert 1"))
                .isInstanceOf(NoPrimaryException.class)
                .hasMessageContaining("hold of the test");
        assertThat(connection.isUnitOpen()).isFalse();
        traffic.open(2, b);
        update("insert 1");
        assertThat(b.sent()).contains("b1.s1.executeUpdate(insert 1)");
    }

    @Test
    void callsThatMustNotWaitDoNot() throws SQLException {
        Statement statement = connection.createStatement();
        traffic.close("hold");
        connection.isValid(1);
        connection.clearWarnings();
        assertThat((Object) connection.getWarnings()).isNull();
        connection.setAutoCommit(false);
        connection.rollback();
        statement.cancel();
        statement.close();
        connection.close();
        assertThat(connection.isClosed()).isTrue();
        assertThat(traffic.awaited).isZero();
    }

    @Test
    void cuttingOffFromOutsideEndsTheCallInFlightAndItsTransaction() throws Exception {
        connection.setAutoCommit(false);
        update("insert 1");
        var inFlight = new CountDownLatch(1);
        var cut = new CountDownLatch(1);
        a.on("executeUpdate", () -> {
            inFlight.countDown();
            awaitQuietly(cut);
            throw new SQLException("This connection has been closed.", "08003");
        });
        CompletableFuture<Void> owner = CompletableFuture.runAsync(() -> {
            try {
                update("insert 2");
            } catch (SQLException e) {
                throw new CompletionException(e);
            }
        });
        assertThat(inFlight.await(10, TimeUnit.SECONDS)).isTrue();

        traffic.open(2, b);
        connection.cutOff("'b' is the primary now");
        cut.countDown();

        assertThatThrownBy(owner::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("('b' is the primary now)");
        assertThat(a.events).containsExactly("borrowed a1", "aborted a1");
        assertThat(traffic.troubles).as("the gate knows already").isEmpty();
    }

    @Test
    void aRefusalAfterACutProvesNothingInAutocommit() {
        a.on("executeUpdate", () -> {
            traffic.open(2, b);
            connection.cutOff("'b' is the primary now");
            throw new SQLException("This connection has been closed.", "08003");
        });
        assertThatThrownBy(() -> update("insert 1"))
                .isInstanceOf(UnitOutcomeUnknownException.class)
                .hasMessageContaining("('b' is the primary now)");
    }

    @Test
    void anIdleTransactionThatWasCutOffDuringAHoldHearsOfItAtItsNextStatement() throws SQLException {
        connection.setAutoCommit(false);
        update("insert 1");
        traffic.close("hold");
        connection.cutOff("the drain of switchover 'x' timed out");
        assertThat(a.events).contains("aborted a1");

        assertThatThrownBy(() -> update("insert 2"))
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("the drain of switchover 'x' timed out");
        assertThat(traffic.unitsEnded).isEqualTo(1);
        traffic.open(2, b);
        connection.rollback();
        update("insert 2");
        connection.commit();
        assertThat(b.calls).endsWith("b1.commit()");
    }

    @Test
    void whoMovedOnAlreadyIsNotCutOff() throws SQLException {
        traffic.open(2, b);
        connection.setAutoCommit(false);
        update("insert 1");
        connection.cutOff("too late");
        connection.commit();
        assertThat(b.events).containsExactly("borrowed b1");
    }

    @Test
    void aConnectionThatWentBackToItsPoolIsNeverAborted() throws Exception {
        for (int round = 0; round < 300; round++) {
            var node = new FakeNode("n");
            var gate = new FakeTraffic(node);
            var other = LogicalConnection.open(gate);
            gate.close("hold");
            var start = new CountDownLatch(1);
            CompletableFuture<Void> cutter = CompletableFuture.runAsync(() -> {
                awaitQuietly(start);
                other.cutOff("race");
            });
            start.countDown();
            other.close();
            cutter.get(10, TimeUnit.SECONDS);
            assertThat(node.events).as("round %d", round).hasSize(2).containsAnyOf("returned n1", "aborted n1");
        }
    }

    @Test
    void closeIsIdempotentGivesThePhysicalBackAndRollsBackWhatIsOpen() throws SQLException {
        connection.setAutoCommit(false);
        update("insert 1");
        connection.close();
        connection.close();

        assertThat(a.calls).containsSubsequence("a1.rollback()", "a1.close()");
        assertThat(a.events).containsExactly("borrowed a1", "returned a1");
        assertThat(traffic.registered).isEmpty();
        assertThat(connection.isUnitOpen()).isFalse();
        assertThat(connection.isValid(1)).isFalse();
        assertThatThrownBy(connection::commit).hasMessage("This connection is closed");
        assertThatThrownBy(() -> connection.createStatement()).hasMessage("This connection is closed");
    }

    @Test
    void aTransactionOfSqlTextNeverGoesBackToThePool() throws SQLException {
        execute("BEGIN");
        connection.close();
        assertThat(a.events).containsExactly("borrowed a1", "discarded a1");
    }

    @Test
    void aConnectionToAnOldPrimaryNeverGoesBackToThePool() throws SQLException {
        traffic.open(2, b);
        a.calls.clear();
        connection.close();
        assertThat(a.events).containsExactly("borrowed a1", "discarded a1");
        assertThat(a.calls).isEmpty();
    }

    @Test
    void closeTellsADrainThatWaitsForTheUnit() throws SQLException {
        connection.setAutoCommit(false);
        update("insert 1");
        traffic.close("hold");
        connection.close();
        assertThat(traffic.unitsEnded).isEqualTo(1);
    }

    @Test
    void abortEndsTheConnectionForEver() throws SQLException {
        connection.abort(Runnable::run);
        connection.abort(Runnable::run);
        assertThat(a.events).containsExactly("borrowed a1", "aborted a1");
        assertThat(connection.isClosed()).isTrue();
        assertThat(traffic.registered).isEmpty();
        assertThatThrownBy(() -> connection.getMetaData().getURL()).hasMessage("This connection is closed");
        connection.close();
    }

    @Test
    void abortByAnotherThreadEndsAWaitAtTheGate() throws Exception {
        Statement statement = connection.createStatement();
        traffic.close("hold");
        CompletableFuture<Void> aborted = abortedOnceItWaits(connection);
        assertThatThrownBy(() -> statement.executeUpdate("insert 1")).hasMessage("This connection is closed");
        aborted.join();
        assertThat(traffic.route().open).as("still held").isFalse();
        assertThat(b.events).isEmpty();
    }

    @Test
    void abortWhileAConnectionIsBorrowedGivesItBack() throws Exception {
        Statement statement = connection.createStatement();
        traffic.close("hold");
        traffic.onAwait(() -> {
            traffic.open(2, b);
            connection.abort(Runnable::run);
        });
        assertThatThrownBy(() -> statement.executeUpdate("insert 1")).hasMessage("This connection is closed");
        assertThat(b.events).containsExactly("borrowed b1", "returned b1");
    }

    @Test
    void abortByAnotherThreadEndsAReplay() throws Exception {
        traffic.dialect = new PostgresDialect();
        traffic.replayOptions = new ReplayOptions(true, ReplayOptions.DEFAULT_LIMIT, new ReplayCounters());
        try (LogicalConnection replaying = LogicalConnection.open(traffic);
                Statement statement = replaying.createStatement()) {
            replaying.setAutoCommit(false);
            statement.executeUpdate("insert 1");
            a.fail("executeUpdate", new SQLException("I/O error", "08006"));
            traffic.close("hold");
            CompletableFuture<Void> aborted = abortedOnceItWaits(replaying);
            assertThatThrownBy(() -> statement.executeUpdate("insert 2"))
                    .isInstanceOf(UnitNotAppliedException.class)
                    .hasMessageContaining("It was not replayed: This connection is closed");
            aborted.join();
        }
        assertThat(traffic.route().open).as("still held").isFalse();
    }

    private CompletableFuture<Void> abortedOnceItWaits(LogicalConnection waiting) {
        int before = traffic.awaited;
        return CompletableFuture.runAsync(() -> {
            try {
                traffic.awaitWaiter(before + 1);
            } catch (InterruptedException e) {
                throw new CompletionException(e);
            }
            waiting.abort(Runnable::run);
        });
    }

    @Test
    void manyThreadsMoveTogether() throws Exception {
        int threads = 8;
        traffic.close("hold");
        CompletableFuture<?>[] all = new CompletableFuture<?>[threads];
        for (int i = 0; i < threads; i++) {
            all[i] = CompletableFuture.runAsync(
                    () -> {
                        try (LogicalConnection other = LogicalConnection.open(traffic);
                                Statement statement = other.createStatement()) {
                            statement.executeUpdate("insert 1");
                        } catch (SQLException e) {
                            throw new CompletionException(e);
                        }
                    },
                    task -> new Thread(task).start());
        }
        traffic.awaitWaiter(threads);
        assertThat(a.events).containsExactly("borrowed a1");
        traffic.open(2, b);
        CompletableFuture.allOf(all).get(10, TimeUnit.SECONDS);
        assertThat(b.events.stream().filter(event -> event.startsWith("returned")))
                .hasSize(threads);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aCloseWhoseRollbackIsNeverAnsweredIsEndedOnceANewerPrimaryIsKnown() throws Exception {
        connection.setAutoCommit(false);
        update("insert 1");
        CountDownLatch aborted = new CountDownLatch(1);
        CountDownLatch rollingBack = new CountDownLatch(1);
        a.on("rollback", () -> {
            rollingBack.countDown();
            awaitQuietly(aborted);
            throw new SQLException("Socket closed", "08006");
        });
        CompletableFuture<Void> closing = CompletableFuture.runAsync(() -> connection.close());
        rollingBack.await();

        // As the gate does when another node has become the primary.
        traffic.open(2, b);
        assertThat(traffic.registered).containsExactly(connection);
        connection.cutOff("another node became the primary");
        aborted.countDown();

        closing.get(5, TimeUnit.SECONDS);
        assertThat(a.events).containsExactly("borrowed a1", "aborted a1");
        assertThat(traffic.registered).isEmpty();
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void aDriverThatStumblesInCloseLeaksNothing() throws SQLException {
        connection.setAutoCommit(false);
        update("insert 1");
        a.on("rollback", () -> {
            throw new IllegalStateException("the driver stumbled");
        });
        connection.close();

        assertThat(a.events).containsExactly("borrowed a1", "discarded a1");
        assertThat(traffic.registered).isEmpty();
    }

    @Test
    void aDriverThatStumblesWhileTheSessionIsRestoredLeaksNothing() throws SQLException {
        connection.setSchema("shop");
        traffic.open(2, b);
        b.on("setSchema", () -> {
            throw new IllegalArgumentException("the driver stumbled");
        });
        assertThatThrownBy(() -> update("insert 1")).hasMessage("the driver stumbled");

        assertThat(b.events).containsExactly("borrowed b1", "discarded b1");
        assertThat(connection.isUnitOpen()).isFalse();
        update("insert 1");
    }

    @Test
    void aDriverThatStumblesWhileAStatementIsMadeLeavesNoUnitOpen() throws SQLException {
        Statement statement = connection.createStatement();
        traffic.open(2, b);
        b.on("createStatement", () -> {
            throw new IllegalArgumentException("the driver stumbled");
        });
        assertThatThrownBy(() -> statement.executeUpdate("insert 1")).hasMessage("the driver stumbled");

        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void aWaitInVainDoesNotShortenTheNextOne() throws SQLException {
        traffic.patience = Duration.ofMillis(1);
        a.fail("executeUpdate", new SQLException("closed", "08003"));
        traffic.onTrouble(() -> traffic.close("nobody is primary"));
        assertThatThrownBy(() -> update("insert 1")).isInstanceOf(NoPrimaryException.class);

        traffic.patience = Duration.ofSeconds(10);
        traffic.onAwait(() ->
                CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS).execute(() -> traffic.open(2, b)));
        update("insert 2");

        assertThat(b.sent()).contains("b1.s1.executeUpdate(insert 2)");
    }

    private void update(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
