package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Where units of work begin and end, and what a change of the primary does to each side of a boundary. */
final class UnitBoundaryTest {

    private final FakeNode a = new FakeNode("a");
    private final FakeNode b = new FakeNode("b");
    private final FakeTraffic traffic = new FakeTraffic(a);
    private LogicalConnection connection;

    @BeforeEach
    void open() throws SQLException {
        connection = LogicalConnection.open(traffic);
    }

    @Test
    void openBorrowsAndRegistersWithoutOpeningAUnit() {
        assertThat(a.events).containsExactly("borrowed a1");
        assertThat(traffic.registered).containsExactly(connection);
        assertThat(connection.isUnitOpen()).isFalse();
        assertThat(connection.attachedEpoch()).isEqualTo(1);
    }

    @Test
    void anAutocommitStatementIsAUnitOfItsOwn() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            a.on("executeUpdate", () -> {
                assertThat(connection.isUnitOpen()).isTrue();
                assertThat(connection.isExecuting()).isTrue();
                assertThat(connection.isOwnedBy(Thread.currentThread())).isTrue();
                assertThat(connection.lastStatement()).isEqualTo("insert 1");
            });
            statement.executeUpdate("insert 1");
        }

        assertThat(connection.isUnitOpen()).isFalse();
        assertThat(connection.isExecuting()).isFalse();
    }

    @Test
    void aTransactionIsAUnitFromItsFirstStatementToItsCommit() throws SQLException {
        connection.setAutoCommit(false);
        assertThat(connection.isUnitOpen()).isFalse();

        update("insert 1");
        assertThat(connection.isUnitOpen()).isTrue();
        assertThat(connection.isExecuting()).isFalse();
        connection.commit();
        assertThat(connection.isUnitOpen()).isFalse();

        update("insert 2");
        connection.rollback();
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void settingAutocommitInATransactionCommitsIt() throws SQLException {
        connection.setAutoCommit(false);
        update("insert 1");

        connection.setAutoCommit(true);

        assertThat(connection.isUnitOpen()).isFalse();
        assertThat(connection.getAutoCommit()).isTrue();
        assertThat(a.calls).endsWith("a1.setAutoCommit(true)");
    }

    @Test
    void aTransactionBegunBySqlTextLastsUntilItsEndBySqlText() throws SQLException {
        execute("BEGIN");
        assertThat(connection.isUnitOpen()).isTrue();
        update("insert 1");
        assertThat(connection.isUnitOpen()).isTrue();
        execute("COMMIT");
        assertThat(connection.isUnitOpen()).isFalse();

        execute("BEGIN");
        execute("ROLLBACK");
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void severalStatementsInOneStringMayLeaveATransactionOpen() throws SQLException {
        execute("BEGIN; insert 1");
        assertThat(connection.isUnitOpen()).isTrue();
        execute("insert 2; COMMIT");
        assertThat(connection.isUnitOpen()).isFalse();
        execute("BEGIN; insert 1; COMMIT");
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void aChainedCommitLeavesTheNextTransactionOpen() throws SQLException {
        execute("BEGIN");
        execute("COMMIT AND CHAIN");
        assertThat(connection.isUnitOpen()).isTrue();
        execute("COMMIT AND NO CHAIN");
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void aSavepointOpensTheUnit() throws SQLException {
        connection.setAutoCommit(false);
        Savepoint savepoint = connection.setSavepoint("s");
        assertThat(connection.isUnitOpen()).isTrue();
        connection.rollback(savepoint);
        connection.releaseSavepoint(savepoint);
        assertThat(connection.isUnitOpen()).isTrue();
        connection.commit();
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void anErrorOfTheApplicationEndsAnAutocommitUnitAndLeavesATransactionOpen() throws SQLException {
        a.fail("executeUpdate", new SQLException("duplicate key", "23505"));
        assertThatThrownBy(() -> update("insert 1")).hasMessage("duplicate key");
        assertThat(connection.isUnitOpen()).isFalse();

        connection.setAutoCommit(false);
        a.fail("executeUpdate", new SQLException("duplicate key", "23505"));
        assertThatThrownBy(() -> update("insert 1")).hasMessage("duplicate key");
        assertThat(connection.isUnitOpen()).isTrue();
    }

    @Test
    void anUncheckedExceptionOfTheDriverEndsAnAutocommitUnit() {
        a.on("executeUpdate", () -> {
            throw new IllegalStateException("driver bug");
        });

        assertThatThrownBy(() -> update("insert 1")).hasMessage("driver bug");

        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void aResultThatIsReadInPartsKeepsItsAutocommitUnitOpen() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(10);
            ResultSet read = statement.executeQuery("select 1");
            assertThat(connection.isUnitOpen()).isTrue();
            while (read.next()) {
                assertThat(connection.isUnitOpen()).isTrue();
            }
            assertThat(connection.isUnitOpen()).isFalse();

            ResultSet closed = statement.executeQuery("select 1");
            update("insert while reading");
            assertThat(connection.isUnitOpen()).isTrue();
            closed.close();
            assertThat(connection.isUnitOpen()).isFalse();

            statement.executeQuery("select 1");
            statement.executeQuery("select 2").close();
            assertThat(connection.isUnitOpen()).isFalse();

            statement.execute("select 3");
            assertThat(connection.isUnitOpen()).isTrue();
        }
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void metadataWithRowsBelongsToTheTransactionAndOtherMetadataToNoUnit() throws SQLException {
        connection.setAutoCommit(false);
        connection.getMetaData().getDatabaseProductName();
        assertThat(connection.isUnitOpen()).isFalse();
        connection.getMetaData().getTables(null, null, "%", null);
        assertThat(connection.isUnitOpen()).isTrue();
        connection.rollback();
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void whatIsUnwrappedInATransactionBelongsToIt() throws SQLException {
        assertThat(connection.unwrap(Connection.class)).isSameAs(connection);
        connection.setAutoCommit(false);
        connection.unwrap(Runnable.class);
        assertThat(connection.isUnitOpen()).isTrue();
        connection.commit();
        assertThat(connection.isUnitOpen()).isFalse();
        assertThat(a.calls).contains("a1.unwrap(interface java.lang.Runnable)").endsWith("a1.commit()");
    }

    @Test
    void betweenUnitsAConnectionMovesToTheNewPrimary() throws SQLException {
        update("insert 1");
        traffic.open(2, b);
        update("insert 2");

        assertThat(a.events).containsExactly("borrowed a1", "discarded a1");
        assertThat(b.sent()).containsExactly("b1.createStatement()", "b1.s1.executeUpdate(insert 2)");
        assertThat(connection.attachedEpoch()).isEqualTo(2);
    }

    @Test
    void insideATransactionNothingIsSentOnceANewerPrimaryIsKnown() throws SQLException {
        connection.setAutoCommit(false);
        update("insert 1");
        traffic.open(2, b);

        assertThatThrownBy(() -> update("insert 2"))
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessage(
                        "The transaction on 'a' was lost before its commit was sent (a newer primary is known). It is"
                                + " certainly not applied. Roll back and repeat the transaction.")
                .extracting(e -> ((SQLException) e).getSQLState())
                .isEqualTo("40001");

        assertThat(a.sent()).noneMatch(call -> call.contains("insert 2"));
        assertThat(a.events).contains("discarded a1");
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void aCommitIsNotSentOnceANewerPrimaryIsKnownAndTheNextTransactionRunsThere() throws SQLException {
        connection.setAutoCommit(false);
        update("insert 1");
        traffic.open(2, b);

        assertThatThrownBy(connection::commit).isInstanceOf(UnitNotAppliedException.class);
        update("insert 1");
        connection.commit();

        assertThat(a.calls).doesNotContain("a1.commit()");
        assertThat(b.sent())
                .containsExactly(
                        "b1.setAutoCommit(false)",
                        "b1.createStatement()",
                        "b1.s1.executeUpdate(insert 1)",
                        "b1.commit()");
    }

    @Test
    void aCommitThatAnOldPrimaryAcknowledgedIsReportedAsUnknown() throws SQLException {
        connection.setAutoCommit(false);
        update("insert 1");
        a.on("commit", () -> traffic.open(2, b));

        assertThatThrownBy(connection::commit)
                .isInstanceOf(UnitOutcomeUnknownException.class)
                .hasMessageContaining(
                        "The outcome of the COMMIT of a transaction on 'a' is unknown (acknowledged, but by")
                .extracting(e -> ((SQLException) e).getSQLState())
                .isEqualTo("08007");
        assertThat(connection.isUnitOpen()).isFalse();
        update("insert 2");
        connection.commit();
        assertThat(b.calls).endsWith("b1.commit()");
    }

    @Test
    void aChainedCommitThatAnOldPrimaryAcknowledgedIsReportedAsUnknown() throws SQLException {
        execute("BEGIN");
        update("insert 1");
        a.on("execute", () -> traffic.open(2, b));
        assertThatThrownBy(() -> execute("COMMIT AND CHAIN")).isInstanceOf(UnitOutcomeUnknownException.class);
    }

    @Test
    void anAutocommitWriteThatAnOldPrimaryAcknowledgedIsReportedAsUnknown() {
        a.on("executeUpdate", () -> traffic.open(2, b));

        assertThatThrownBy(() -> update("insert 1"))
                .isInstanceOf(UnitOutcomeUnknownException.class)
                .hasMessageContaining("The outcome of 'insert 1' in autocommit on 'a' is unknown");
    }

    @Test
    void aPreparedStatementIsClassifiedOnceAndARepeatedConstantTextNotAgain() throws SQLException {
        traffic.kindsAsked = 0;
        try (PreparedStatement prepared = connection.prepareStatement("insert 1");
                Statement statement = connection.createStatement()) {
            prepared.executeUpdate();
            prepared.executeUpdate();
            assertThat(traffic.kindsAsked).isEqualTo(1);
            statement.executeUpdate("insert 2");
            statement.executeUpdate("insert 2");
            assertThat(traffic.kindsAsked).isEqualTo(2);
        }
    }

    @Test
    void theKindOfALostCallDoesNotStickToTheText() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            String call = "CALL p()";
            statement.execute(call);
            connection.getMetaData().getURL();
            connection.setAutoCommit(false);
            statement.execute(call);
            a.fail("executeUpdate", new SQLException("gone", "08006"));
            assertThatThrownBy(() -> statement.executeUpdate("insert 1"))
                    .isInstanceOf(UnitOutcomeUnknownException.class);
        }
    }

    @Test
    void aCallThatFoundNoPrimaryDoesNotEndTheTransactionOfALaterOne() throws SQLException {
        traffic.patience = Duration.ofMillis(1);
        traffic.close("nobody is primary");
        assertThatThrownBy(() -> connection.createArrayOf("int", new Object[0])).isInstanceOf(NoPrimaryException.class);
        traffic.open(1, a);

        connection.setAutoCommit(false);
        update("insert 1");
        connection.createArrayOf("int", new Object[0]);
        assertThat(connection.isUnitOpen()).isTrue();

        traffic.open(2, b);
        assertThatThrownBy(connection::commit).isInstanceOf(UnitNotAppliedException.class);
    }

    @Test
    void metadataThatFailedLeavesNoUnitOpenAndEndsNoLaterOne() throws SQLException {
        DatabaseMetaData metaData = connection.getMetaData();
        a.on("getMetaData", () -> {
            throw new IllegalStateException("the driver stumbled");
        });
        assertThatThrownBy(metaData::getUserName).hasMessage("the driver stumbled");
        assertThat(connection.isUnitOpen()).isFalse();

        a.fail("getMetaData", new SQLException("permission denied", "42501"));
        assertThatThrownBy(metaData::getUserName).hasMessage("permission denied");
        connection.setAutoCommit(false);
        update("insert 1");
        metaData.getUserName();
        assertThat(connection.isUnitOpen()).isTrue();
    }

    @Test
    void aBlockInATransactionOfSqlTextDoesNotEndIt() throws SQLException {
        traffic.dialect = new PostgresDialect();
        execute("BEGIN");
        execute("DO $$ BEGIN INSERT INTO t VALUES (1); END $$");
        assertThat(connection.isUnitOpen()).isTrue();

        traffic.open(2, b);
        assertThatThrownBy(() -> execute("COMMIT")).isInstanceOf(UnitOutcomeUnknownException.class);
        assertThat(b.events).isEmpty();
    }

    @Test
    void severalStatementsOfWhichOneChangesTheSessionCannotMove() throws SQLException {
        traffic.dialect = new PostgresDialect();
        execute("SET statement_timeout = 0; LISTEN tenant");
        assertThat(connection.isPinned()).isTrue();
        assertThat(connection.pinnedBy()).isEqualTo("LISTEN tenant");

        traffic.open(2, b);
        assertThatThrownBy(() -> update("insert 1")).hasMessageContaining("cannot move");
        assertThat(b.events).isEmpty();
    }

    @Test
    void severalSettingsInOneTextComeAlongButNotWhereATransactionEndsBetweenThem() throws SQLException {
        traffic.dialect = new PostgresDialect();
        execute("SET statement_timeout = 0; SET search_path = tenant");
        assertThat(connection.isPinned()).isFalse();
        traffic.open(2, b);
        update("insert 1");
        assertThat(b.sent())
                .startsWith(
                        "b1.createStatement()",
                        "b1.s1.execute(DISCARD SEQUENCES)",
                        "b1.createStatement()",
                        "b1.s2.execute(SET statement_timeout = 0)",
                        "b1.s2.execute( SET search_path = tenant)");

        execute("SET statement_timeout = 1; ROLLBACK; SET search_path = x");
        assertThat(connection.pinnedBy()).isEqualTo("SET statement_timeout");
    }

    @Test
    void aBatchOfWhichOneStatementChangesTheSessionCannotMove() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.addBatch("insert 1");
            statement.addBatch("SET x = 1");
            statement.addBatch("CALL p()");
            statement.executeBatch();
        }
        assertThat(connection.isPinned()).isTrue();
        assertThat(connection.pinnedBy()).isEqualTo("SET x");
    }

    @Test
    void autocommitThatSqlTextSwitchedOffOnMySqlCannotMove() throws SQLException {
        traffic.dialect = new MySqlDialect(false);
        execute("SET autocommit = 0");
        update("insert into t values (1)");

        traffic.open(2, b);
        assertThatThrownBy(() -> execute("COMMIT")).hasMessageContaining("cannot move");
        assertThat(b.events).isEmpty();
    }

    @Test
    void whatAnOldPrimaryAcknowledgedWhileAResultIsReadInPartsIsUnknown() throws SQLException {
        Statement reading = connection.createStatement();
        reading.setFetchSize(10);
        ResultSet rows = reading.executeQuery("select");
        assertThat(rows.next()).isTrue();

        a.on("executeUpdate", () -> traffic.open(2, b));
        assertThatThrownBy(() -> update("insert 1")).isInstanceOf(UnitOutcomeUnknownException.class);
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void aWriteThatReturnsRowsInPartsAndWasAcknowledgedByAnOldPrimaryIsUnknown() throws SQLException {
        Statement writing = connection.createStatement();
        writing.setFetchSize(10);
        a.on("executeQuery", () -> traffic.open(2, b));
        assertThatThrownBy(() -> writing.executeQuery("insert 1 returning 1"))
                .isInstanceOf(UnitOutcomeUnknownException.class);
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void aChainedCommitThatAnOldPrimaryAcknowledgedIsUnknown() throws SQLException {
        connection.setAutoCommit(false);
        update("insert 1");
        a.on("execute", () -> traffic.open(2, b));
        assertThatThrownBy(() -> execute("COMMIT AND CHAIN")).isInstanceOf(UnitOutcomeUnknownException.class);
        assertThat(connection.isUnitOpen()).isFalse();
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
