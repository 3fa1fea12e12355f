package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import java.sql.BatchUpdateException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the application gets for what was in flight when a connection was lost. */
final class FailureTest {

    private static final String LOST = "08006";
    private static final String REFUSED = "08003";
    private static final String READ_ONLY = "25006";

    private final FakeNode a = new FakeNode("a");
    private final FakeNode b = new FakeNode("b");
    private final FakeTraffic traffic = new FakeTraffic(a);
    private LogicalConnection connection;

    @BeforeEach
    void open() throws SQLException {
        connection = LogicalConnection.open(traffic);
        traffic.onTrouble(() -> traffic.open(2, b));
    }

    @Nested
    final class InAutocommit {

        @Test
        void aWriteThatWasSentIsUnknown() throws SQLException {
            a.fail("executeUpdate", new SQLException("I/O error", LOST));

            assertThatThrownBy(() -> update("insert into t values ('secret')"))
                    .isInstanceOf(UnitOutcomeUnknownException.class)
                    .hasMessage(
                            "The outcome of 'insert into' in autocommit on 'a' is unknown (I/O error). It was sent and"
                                    + " may have been applied. Look before you repeat it.")
                    .hasRootCauseMessage("I/O error");

            assertThat(traffic.troubles).containsExactly("a: 08006");
            assertThat(a.events).containsExactly("borrowed a1", "discarded a1");
            assertThat(b.sent()).isEmpty();
            update("insert 2");
            assertThat(b.sent()).contains("b1.s1.executeUpdate(insert 2)");
        }

        @ParameterizedTest
        @ValueSource(strings = {"insertRow", "updateRow", "deleteRow"})
        void aRowThatWasWrittenThroughAResultIsUnknownAlsoWhereQueriesAreSafe(String call) throws SQLException {
            traffic.selectsAreSafe = true;
            Statement statement = connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_UPDATABLE);
            ResultSet rows = statement.executeQuery("select 1");
            a.fail(call, new SQLException("I/O error", LOST));

            assertThatThrownBy(() -> {
                        switch (call) {
                            case "insertRow" -> rows.insertRow();
                            case "updateRow" -> rows.updateRow();
                            default -> rows.deleteRow();
                        }
                    })
                    .isInstanceOf(UnitOutcomeUnknownException.class);
        }

        @ParameterizedTest
        @ValueSource(strings = {"insertRow", "updateRow", "deleteRow"})
        void aRowThatAnOldPrimaryAcknowledgedIsUnknownAlsoWhereQueriesAreSafe(String call) throws SQLException {
            traffic.selectsAreSafe = true;
            Statement statement = connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_UPDATABLE);
            ResultSet rows = statement.executeQuery("select 1");
            a.on(call, () -> traffic.open(2, b));

            assertThatThrownBy(() -> {
                        switch (call) {
                            case "insertRow" -> rows.insertRow();
                            case "updateRow" -> rows.updateRow();
                            default -> rows.deleteRow();
                        }
                    })
                    .isInstanceOf(UnitOutcomeUnknownException.class);
        }

        @Test
        void aQueryThatWasSentIsUnknownBecauseAViewMayWrite() {
            a.fail("executeQuery", new SQLException("I/O error", LOST));

            assertThatThrownBy(() -> query("select 1")).isInstanceOf(UnitOutcomeUnknownException.class);
        }

        @Test
        void aQueryOfAConnectionThatWasDeclaredReadOnlyRunsAgain() throws SQLException {
            connection.setReadOnly(true);
            a.fail("executeQuery", new SQLException("I/O error", LOST));

            query("select 1");

            assertThat(b.sent())
                    .containsExactly("b1.setReadOnly(true)", "b1.createStatement()", "b1.s1.executeQuery(select 1)");
        }

        @Test
        void aWriteOnAConnectionThatWasDeclaredReadOnlyDoesNot() throws SQLException {
            connection.setReadOnly(true);
            a.fail("executeQuery", new SQLException("I/O error", LOST));

            assertThatThrownBy(() -> query("insert into t values (1) returning id"))
                    .isInstanceOf(UnitOutcomeUnknownException.class);
        }

        @Test
        void aQueryRunsAgainWhereQueriesAreSaid() throws SQLException {
            traffic.selectsAreSafe = true;
            a.fail("executeQuery", new SQLException("I/O error", LOST));

            query("select 1");

            assertThat(b.sent()).contains("b1.s1.executeQuery(select 1)");
            a.fail("executeQuery", new SQLException("I/O error", LOST));
        }

        @Test
        void aStatementThatTheDriverRefusedBeforeAnyIoRunsOnTheNewPrimary() throws SQLException {
            a.fail("executeUpdate", new SQLException("This connection has been closed", REFUSED));

            update("insert 1");

            assertThat(b.sent()).containsExactly("b1.createStatement()", "b1.s1.executeUpdate(insert 1)");
            assertThat(connection.isUnitOpen()).isFalse();
        }

        @Test
        void theSameErrorOfAServerThatRanTheStatementIsNotTakenForARefusal() throws SQLException {
            // dblink, inside a function whose first remote statement was applied.
            a.on("executeUpdate", () -> {
                throw new SQLException("connection \"audit\" not available", "08003");
            });
            assertThatThrownBy(() -> update("select audit(1)")).hasMessage("connection \"audit\" not available");

            assertThat(a.events).containsExactly("borrowed a1");
            assertThat(traffic.troubles).isEmpty();
            assertThat(connection.isUnitOpen()).isFalse();
        }

        @Test
        void aRefusalThatABatchReportsCountsAsSent() throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.addBatch("insert 1");
                BatchUpdateException refusal = new BatchUpdateException("closed", REFUSED, 0, new int[0], null);
                a.fail("executeBatch", refusal);

                assertThatThrownBy(statement::executeBatch).isInstanceOf(UnitOutcomeUnknownException.class);
            }
        }

        @Test
        void aBatchIsUnknownAlsoIfTheLossIsOnlyInTheChain() throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.addBatch("insert 1");
                BatchUpdateException chained = new BatchUpdateException("batch", "HY000", 0, new int[0], null);
                chained.setNextException(new SQLException("I/O error", LOST));
                a.fail("executeBatch", chained);

                assertThatThrownBy(statement::executeBatch)
                        .isInstanceOf(UnitOutcomeUnknownException.class)
                        .hasMessageContaining("'insert 1' in autocommit");
            }
        }

        @Test
        void aBeginBySqlTextRunsAgain() throws SQLException {
            a.fail("execute", new SQLException("I/O error", LOST));

            execute("BEGIN");

            assertThat(b.sent()).contains("b1.s1.execute(BEGIN)");
            assertThat(connection.isUnitOpen()).isTrue();
        }

        @Test
        void metadataRunsAgain() throws SQLException {
            a.fail("getTables", new SQLException("I/O error", LOST));

            connection.getMetaData().getTables(null, null, "%", null);

            assertThat(b.sent()).containsExactly("b1.getMetaData()", "b1.meta.getTables(null,null,%,null)");
        }

        @Test
        void rowsThatWereLostWhileReadingAreUnknownUnlessTheConnectionIsReadOnly() throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(1);
                ResultSet rows = statement.executeQuery("select 1");
                a.fail("next", new SQLException("I/O error", LOST));

                assertThatThrownBy(rows::next).isInstanceOf(UnitOutcomeUnknownException.class);
                assertThatThrownBy(() -> {
                            a.fail("getInt", new SQLException("This ResultSet is closed", "55000"));
                            rows.getInt(1);
                        })
                        .hasMessageContaining("belongs to a physical connection that was replaced");

                connection.setReadOnly(true);
                ResultSet again = statement.executeQuery("select 1");
                b.fail("next", new SQLException("I/O error", LOST));
                assertThatThrownBy(again::next).isInstanceOf(UnitNotAppliedException.class);
            }
        }

        @Test
        void noMoreRowsAreAskedOfAnOldPrimary() throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(1);
                ResultSet rows = statement.executeQuery("select 1");
                traffic.open(2, b);
                a.calls.clear();

                assertThatThrownBy(rows::next).hasMessageContaining("a newer primary is known");

                assertThat(a.calls).isEmpty();
                assertThat(connection.isUnitOpen()).isFalse();
            }
        }

        @Test
        void theApplicationsOwnErrorsPassThroughUntouched() {
            for (String state : new String[] {"23505", "40001", "53100", "XX000", "58030"}) {
                SQLException error = new SQLException("own", state);
                a.fail("executeUpdate", error);
                assertThatThrownBy(() -> update("insert 1")).isSameAs(error);
            }
            assertThat(traffic.troubles).isEmpty();
            assertThat(a.events).containsExactly("borrowed a1");
        }
    }

    @Nested
    final class InATransaction {

        @BeforeEach
        void begin() throws SQLException {
            connection.setAutoCommit(false);
            update("insert 1");
        }

        @Test
        void aLossBeforeTheCommitIsNotApplied() {
            a.fail("executeUpdate", new SQLException("terminating connection", "57P01"));

            assertThatThrownBy(() -> update("insert 2"))
                    .isInstanceOf(UnitNotAppliedException.class)
                    .hasMessage(
                            "The transaction on 'a' was lost before its commit was sent (terminating connection). It is"
                                    + " certainly not applied. Roll back and repeat the transaction.");
        }

        @Test
        void theFirstStatementIsNotRepeatedOnceItWasSent() throws SQLException {
            connection.rollback();
            a.fail("executeUpdate", new SQLException("I/O error", LOST));

            assertThatThrownBy(() -> update("insert 1")).isInstanceOf(UnitNotAppliedException.class);
        }

        @Test
        void theFirstStatementRunsOnTheNewPrimaryIfItWasRefused() throws SQLException {
            connection.rollback();
            a.fail("executeUpdate", new SQLException("closed", REFUSED));

            update("insert 1");
            connection.commit();

            assertThat(b.sent())
                    .containsExactly(
                            "b1.setAutoCommit(false)",
                            "b1.createStatement()",
                            "b1.s1.executeUpdate(insert 1)",
                            "b1.commit()");
        }

        @Test
        void aRefusalAfterTheFirstStatementIsNotApplied() {
            a.fail("executeUpdate", new SQLException("closed", REFUSED));
            assertThatThrownBy(() -> update("insert 2")).isInstanceOf(UnitNotAppliedException.class);
        }

        @Test
        void aRefusedCommitIsNotApplied() {
            a.fail("commit", new SQLException("closed", REFUSED));
            assertThatThrownBy(connection::commit).isInstanceOf(UnitNotAppliedException.class);
        }

        @Test
        void whatMayCommitByItselfMakesItUnknown() throws SQLException {
            execute("CALL p()");
            a.fail("executeUpdate", new SQLException("I/O error", LOST));

            assertThatThrownBy(() -> update("insert 2"))
                    .isInstanceOf(UnitOutcomeUnknownException.class)
                    .hasMessageContaining("a transaction that may have committed by itself");
        }

        @Test
        void aCommitInFlightIsUnknown() throws SQLException {
            a.fail("commit", new SQLException("I/O error", LOST));

            assertThatThrownBy(connection::commit)
                    .isInstanceOf(UnitOutcomeUnknownException.class)
                    .hasMessageContaining("The outcome of the COMMIT of a transaction on 'a' is unknown (I/O error)");

            update("insert 2");
            connection.commit();
            assertThat(b.calls).endsWith("b1.commit()");
        }

        @Test
        void aCommitByAutocommitInFlightIsUnknown() {
            a.fail("setAutoCommit", new SQLException("I/O error", LOST));
            assertThatThrownBy(() -> connection.setAutoCommit(true)).isInstanceOf(UnitOutcomeUnknownException.class);
        }

        @Test
        void aCommitBySqlTextInFlightIsUnknownAndARollbackIsDone() throws SQLException {
            a.fail("execute", new SQLException("I/O error", LOST));
            assertThatThrownBy(() -> execute("COMMIT")).isInstanceOf(UnitOutcomeUnknownException.class);

            update("insert 2");
            b.fail("execute", new SQLException("I/O error", LOST));
            execute("ROLLBACK");
            assertThat(connection.isUnitOpen()).isFalse();
        }

        @Test
        void aLostCommitOfWorkThatWasDonePastUsIsUnknown() throws SQLException {
            connection.setAutoCommit(true);
            connection.unwrap(Runnable.class);
            connection.setAutoCommit(false);
            assertThat(connection.isUnitOpen()).isTrue();
            connection.commit();

            // The next transaction is not seen at all.
            a.fail("commit", new SQLException("gone", "08006"));
            assertThatThrownBy(connection::commit)
                    .isInstanceOf(UnitOutcomeUnknownException.class)
                    .hasMessageStartingWith("The outcome of the COMMIT of a transaction on 'a' is unknown (gone).");
            connection.commit();
        }

        @Test
        void aCommitOfWorkThatWasDonePastUsOnAnOldPrimaryIsUnknown() throws SQLException {
            connection.unwrap(Runnable.class);
            connection.commit();

            traffic.open(2, b);
            assertThatThrownBy(() -> connection.setAutoCommit(true)).isInstanceOf(UnitOutcomeUnknownException.class);
        }

        @Test
        void aRollbackOnALostConnectionSucceeds() throws SQLException {
            a.fail("rollback", new SQLException("I/O error", LOST));

            connection.rollback();

            assertThat(connection.isUnitOpen()).isFalse();
            assertThat(a.events).containsExactly("borrowed a1", "discarded a1");
        }

        @Test
        void aRollbackAfterTheLossTouchesNeitherNode() throws SQLException {
            a.fail("executeUpdate", new SQLException("I/O error", LOST));
            assertThatThrownBy(() -> update("insert 2")).isInstanceOf(UnitNotAppliedException.class);
            a.calls.clear();

            connection.rollback();
            connection.setAutoCommit(true);
            connection.close();

            assertThat(a.calls).isEmpty();
            assertThat(b.events).isEmpty();
            assertThat(traffic.awaited).isZero();
        }

        @Test
        void settingAutocommitAfterTheLossIsNoCommit() throws SQLException {
            a.fail("executeUpdate", new SQLException("I/O error", LOST));
            assertThatThrownBy(() -> update("insert 2")).isInstanceOf(UnitNotAppliedException.class);

            connection.setAutoCommit(true);
            update("insert 3");

            assertThat(b.sent()).containsExactly("b1.createStatement()", "b1.s1.executeUpdate(insert 3)");
        }

        @Test
        void halfATransactionIsNeverApplied() throws SQLException {
            a.fail("executeUpdate", new SQLException("I/O error", LOST));
            assertThatThrownBy(() -> update("insert 2")).isInstanceOf(UnitNotAppliedException.class);

            assertThatThrownBy(() -> update("insert 3"))
                    .isInstanceOf(UnitNotAppliedException.class)
                    .hasMessageStartingWith(
                            "The transaction of this connection was lost earlier, and was not rolled back since:");
            assertThatThrownBy(connection::commit).isInstanceOf(UnitNotAppliedException.class);
            assertThat(b.events).isEmpty();

            update("insert 4");
            connection.commit();
            assertThat(b.calls).endsWith("b1.commit()");
        }

        @Test
        void aSavepointOfALostTransactionCannotBeRolledBackTo() throws SQLException {
            Savepoint savepoint = connection.setSavepoint();
            a.fail("executeUpdate", new SQLException("I/O error", LOST));
            assertThatThrownBy(() -> update("insert 2")).isInstanceOf(UnitNotAppliedException.class);

            assertThatThrownBy(() -> connection.rollback(savepoint)).isInstanceOf(UnitNotAppliedException.class);
            connection.rollback();
            assertThatThrownBy(() -> connection.rollback(savepoint)).hasMessageContaining("has ended");
        }

        @Test
        void aLossInASavepointCallIsNotApplied() throws SQLException {
            Savepoint savepoint = connection.setSavepoint();
            a.fail("rollback", new SQLException("I/O error", LOST));
            assertThatThrownBy(() -> connection.rollback(savepoint)).isInstanceOf(UnitNotAppliedException.class);
        }

        @Test
        void aServersCertainRollbackPassesThrough() throws SQLException {
            SQLException serialization = new SQLException("could not serialize", "40001");
            a.fail("commit", serialization);

            assertThatThrownBy(connection::commit).isSameAs(serialization);
            connection.rollback();

            assertThat(a.calls).endsWith("a1.rollback()");
        }

        @Test
        void aTransactionBegunBySqlTextIsLostAsOneToo() throws SQLException {
            connection.setAutoCommit(true);
            execute("BEGIN");
            update("insert 1");
            a.fail("executeUpdate", new SQLException("I/O error", LOST));

            assertThatThrownBy(() -> update("insert 2")).isInstanceOf(UnitNotAppliedException.class);
            assertThatThrownBy(() -> update("insert 3")).isInstanceOf(UnitNotAppliedException.class);
            assertThatThrownBy(() -> execute("COMMIT")).isInstanceOf(UnitNotAppliedException.class);
            update("insert 4");
            assertThat(b.sent()).containsExactly("b1.createStatement()", "b1.s1.executeUpdate(insert 4)");
        }

        @Test
        void aRollbackBySqlTextEndsTheLostTransaction() throws SQLException {
            a.fail("executeUpdate", new SQLException("I/O error", LOST));
            assertThatThrownBy(() -> update("insert 2")).isInstanceOf(UnitNotAppliedException.class);

            execute("ROLLBACK");
            update("insert 3");

            assertThat(b.sent()).endsWith("b1.s2.executeUpdate(insert 3)");
        }
    }

    @Nested
    final class OnADemotedNode {

        @Test
        void anAutocommitWriteIsNotAppliedAndRunsOnTheNewPrimary() throws SQLException {
            a.fail("executeUpdate", new SQLException("read-only transaction", READ_ONLY));

            update("insert 1");

            assertThat(traffic.troubles).containsExactly("a: 25006");
            assertThat(b.sent()).contains("b1.s1.executeUpdate(insert 1)");
        }

        @Test
        void itIsTriedUntilTheWatchHasFoundTheNewPrimary() throws SQLException {
            var late = new FakeTraffic(a);
            late.onTrouble(() -> {});
            late.onTrouble(() -> {});
            late.onTrouble(() -> late.open(2, b));
            for (int i = 0; i < 3; i++) {
                a.fail("executeUpdate", new SQLException("read-only transaction", READ_ONLY));
            }
            try (LogicalConnection other = LogicalConnection.open(late);
                    Statement statement = other.createStatement()) {
                statement.executeUpdate("insert 1");
            }
            assertThat(late.troubles).hasSize(3);
            assertThat(b.sent()).contains("b1.s1.executeUpdate(insert 1)");
        }

        @Test
        void itGivesUpAtTheDeadline() throws SQLException {
            var stuck = new FakeTraffic(a);
            stuck.patience = Duration.ofMillis(30);
            for (int i = 0; i < 50; i++) {
                a.fail("executeUpdate", new SQLException("read-only transaction", READ_ONLY));
            }
            try (LogicalConnection other = LogicalConnection.open(stuck);
                    Statement statement = other.createStatement()) {
                assertThatThrownBy(() -> statement.executeUpdate("insert 1"))
                        .isInstanceOf(NoPrimaryException.class)
                        .hasMessageStartingWith("No usable connection to the primary in time, after ")
                        .hasMessageEndingWith("nothing was applied. Last error: read-only transaction");
                assertThat(other.isUnitOpen()).isFalse();
            }
        }

        @Test
        void aTransactionIsNotApplied() throws SQLException {
            connection.setAutoCommit(false);
            a.fail("executeUpdate", new SQLException("read-only transaction", READ_ONLY));

            assertThatThrownBy(() -> update("insert 1")).isInstanceOf(UnitNotAppliedException.class);
        }

        @Test
        void theErrorIsTheApplicationsOwnIfItSetTheConnectionReadOnly() throws SQLException {
            connection.setReadOnly(true);
            SQLException own = new SQLException("read-only transaction", READ_ONLY);
            a.fail("executeUpdate", own);

            assertThatThrownBy(() -> update("insert 1")).isSameAs(own);
            assertThat(traffic.troubles).isEmpty();
        }

        @Test
        void theErrorIsTheApplicationsOwnIfTheNodeSaysItIsWritable() throws SQLException {
            traffic.role = new RoleAnswer(true, 1, "x", "");
            SQLException own = new SQLException("read-only transaction", READ_ONLY);
            a.fail("executeUpdate", own);
            assertThatThrownBy(() -> update("insert 1")).isSameAs(own);

            connection.setAutoCommit(false);
            a.fail("executeUpdate", own);
            assertThatThrownBy(() -> update("insert 1")).isSameAs(own);
            assertThat(traffic.troubles).isEmpty();
            assertThatThrownBy(() -> update("insert 2"))
                    .as("its transaction was rolled back to ask")
                    .isInstanceOf(UnitNotAppliedException.class);
            connection.rollback();
            update("insert 3");
            connection.commit();
            assertThat(a.calls).endsWith("a1.commit()");
        }

        @Test
        void aBatchOfWhichAPartWasAppliedIsNotRepeated() throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.addBatch("insert 1");
                statement.addBatch("insert 2");
                BatchUpdateException part = new BatchUpdateException(
                        "read-only", READ_ONLY, 0, new int[] {1, Statement.EXECUTE_FAILED}, null);
                a.fail("executeBatch", part);
                assertThatThrownBy(statement::executeBatch).isSameAs(part);
                assertThat(traffic.troubles).containsExactly("a: 25006");
            }
        }
    }

    @Nested
    final class WhileBorrowing {

        @Test
        void aRefusedConnectionIsTriedAgainOnTheNewPrimary() throws SQLException {
            a.refuse(new SQLException("connection refused", "08001"));

            LogicalConnection other = LogicalConnection.open(traffic);

            assertThat(traffic.troubles).containsExactly("a: 08001");
            assertThat(other.attachedEpoch()).isEqualTo(2);
            assertThat(b.events).containsExactly("borrowed b1");
        }

        @Test
        void aServerThatIsStartingIsTriedAgain() throws SQLException {
            var same = new FakeTraffic(a);
            a.refuse(new SQLException("the database system is starting up", "57P03"));
            a.refuse(new SQLException("the database system is starting up", "57P03"));

            LogicalConnection.open(same);

            assertThat(a.events).containsExactly("borrowed a1", "refused", "refused", "borrowed a2");
        }

        @Test
        void itGivesUpAtTheDeadlineWithTheLastError() {
            var stuck = new FakeTraffic(a);
            stuck.patience = Duration.ofMillis(30);
            for (int i = 0; i < 50; i++) {
                a.refuse(new SQLException("connection refused", "08001"));
            }

            assertThatThrownBy(() -> LogicalConnection.open(stuck))
                    .isInstanceOf(NoPrimaryException.class)
                    .hasMessageEndingWith("Last error: connection refused");
            assertThat(stuck.registered).isEmpty();
        }

        @Test
        void anExhaustedPoolSaysSoItself() {
            SQLException exhausted = new SQLTransientConnectionException(
                    "HikariPool-1 - Connection is not available, request timed out after 30000ms (total=10, active=10,"
                            + " idle=0, waiting=3)");
            a.refuse(exhausted);

            assertThatThrownBy(() -> LogicalConnection.open(traffic)).isSameAs(exhausted);
            assertThat(traffic.troubles).isEmpty();
        }

        @Test
        void aRefusedPasswordIsNotWaitedFor() {
            SQLException refused = new SQLException("password authentication failed", "28P01");
            a.refuse(refused);

            assertThatThrownBy(() -> LogicalConnection.open(traffic)).isSameAs(refused);
        }

        @Test
        void anInterruptEndsTheWait() {
            var stuck = new FakeTraffic(a);
            for (int i = 0; i < 5; i++) {
                a.refuse(new SQLException("connection refused", "08001"));
            }
            Thread.currentThread().interrupt();

            assertThatThrownBy(() -> LogicalConnection.open(stuck))
                    .isInstanceOf(SQLTransientConnectionException.class)
                    .hasMessageStartingWith("Interrupted while waiting");
            assertThat(Thread.interrupted()).isTrue();
        }

        @Test
        void aStatementThatCannotBePreparedAnewBecauseTheConnectionIsLostIsTriedAgain() throws SQLException {
            Statement statement = connection.createStatement();
            traffic.open(2, b);
            b.fail("createStatement", new SQLException("I/O error", LOST));

            statement.executeUpdate("insert 1");

            assertThat(b.sent())
                    .containsExactly("b1.createStatement()", "b2.createStatement()", "b2.s1.executeUpdate(insert 1)");
        }

        @Test
        void aStatementIsMadeLaterIfTheConnectionIsLostWhenItIsAskedFor() throws SQLException {
            a.fail("createStatement", new SQLNonTransientConnectionException("closed", REFUSED));

            Statement statement = connection.createStatement();
            assertThat(b.events).isEmpty();
            statement.executeUpdate("insert 1");

            assertThat(b.sent()).containsExactly("b1.createStatement()", "b1.s1.executeUpdate(insert 1)");
        }
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

    private void query(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeQuery(sql).close();
        }
    }
}
