package io.switchover4j.jdbc.internal;

import static io.switchover4j.testkit.MessageMatcher.COMMIT;
import static io.switchover4j.testkit.MessageMatcher.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import io.switchover4j.testkit.FaultPoint;
import io.switchover4j.testkit.FaultTrigger;
import io.switchover4j.testkit.Hold;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

/** What an application gets of writes in autocommit with a commit ledger, where answers are lost and where none is. */
final class AutocommitLedgerIT extends LostAnswers {

    @Test
    void aWriteOfAutocommitWhoseAnswerTheDriverRefusesIsAppliedAsItIsWithoutLedger() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            String insert = "INSERT INTO t VALUES (%d, 'x')".formatted(id);
            assertThatThrownBy(() -> statement.executeQuery(insert)).hasMessageContaining("No results");
            assertThat(rows()).isEqualTo(1);
            assertThatThrownBy(() -> statement.executeUpdate(insert.replace("'x'", "1/0")))
                    .hasMessageContaining("division by zero");
            insert(connection, id);
        }
        assertThat(rows()).isEqualTo(2);
    }

    @Test
    void aWriteOfAutocommitThatFailsWithItsCommitSaysSoBeforeTheDriverRefusesItsAnswer() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            int session = connection.unwrap(PGConnection.class).getBackendPID();
            String insert = "INSERT INTO late VALUES (%d)".formatted(id);
            assertThat(statement.executeUpdate(insert)).isEqualTo(1);
            assertThatThrownBy(() -> statement.executeQuery(insert))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23505"));
            assertLeavesNoAnswer(statement);
            assertThat(connection.unwrap(PGConnection.class).getBackendPID()).isEqualTo(session);
            insert(connection, id);
        }
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void aWriteOfAutocommitThatFailsWithItsCommitLeavesNoAnswer() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                PreparedStatement prepared = connection.prepareStatement(
                        "INSERT INTO late VALUES (?), (?)", Statement.RETURN_GENERATED_KEYS)) {
            String insert = "INSERT INTO late VALUES (%d), (%1$d)".formatted(id);
            assertThatThrownBy(() -> statement.executeUpdate(insert, Statement.RETURN_GENERATED_KEYS))
                    .hasMessageContaining("duplicate key");
            assertLeavesNoAnswer(statement);
            assertThatThrownBy(() -> statement.execute(insert + " RETURNING id"))
                    .hasMessageContaining("duplicate key");
            assertLeavesNoAnswer(statement);
            statement.addBatch("INSERT INTO t VALUES (%d, 'batch')".formatted(id));
            assertThatThrownBy(() -> statement.execute(insert)).hasMessageContaining("duplicate key");
            assertThat(statement.executeBatch()).containsExactly(1);
            prepared.setInt(1, id);
            prepared.setInt(2, id);
            assertThatThrownBy(prepared::executeUpdate).hasMessageContaining("duplicate key");
            assertLeavesNoAnswer(prepared);
            prepared.setInt(2, ~id);
            assertThat(prepared.executeUpdate()).isEqualTo(2);
            try (ResultSet keys = prepared.getGeneratedKeys()) {
                assertThat(keys.next()).isTrue();
            }
        }
        assertThat(count("SELECT count(*) FROM late WHERE id = " + id)).isEqualTo(1);
    }

    private static void assertLeavesNoAnswer(Statement statement) throws SQLException {
        assertThat(statement.getUpdateCount()).isEqualTo(-1);
        assertThat(statement.getResultSet()).isNull();
        assertThat(statement.getMoreResults()).isFalse();
        try (ResultSet keys = statement.getGeneratedKeys()) {
            assertThat(keys.next()).isFalse();
        }
    }

    @Test
    void aTransactionWhoseBeginHadAnAnswerThatTheDriverRefusedIsNotCommittedByItsWrites() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            insert(connection, id);
            assertThatThrownBy(() -> statement.executeQuery("BEGIN")).hasMessageContaining("No results");
            insert(connection, id);
            statement.execute("ROLLBACK");
        }
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void aCommitThatTheDriverRefusesInAutocommitDoesNotCommitTheTransactionOfSqlText() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = dataSource.getConnection()) {
            insert(connection, id);
            execute(connection, "BEGIN");
            insert(connection, id);
            assertThatThrownBy(connection::commit).hasMessageContaining("autoCommit is enabled");
            execute(connection, "ROLLBACK");
        }
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void aWriteOfAutocommitIsNotHeldUpByItsOwnOldSession() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        int counted = 0;
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            insert(connection, id);
            connection.setNetworkTimeout(Runnable::run, 300);
            for (FaultPoint point : List.of(
                    proxy.on(query("update t")).afterApplied(),
                    proxy.on(query("_mark")).beforeSent(),
                    proxy.on(COMMIT).beforeSent())) {
                Hold late = point.hold();
                assertThat(statement.executeUpdate("UPDATE t SET note = note || '!' WHERE id = " + id))
                        .isEqualTo(1);
                late.awaitReached(SOON);
                late.release();
                assertThat(note()).as(point.toString()).isEqualTo("x" + "!".repeat(++counted));
            }
        }
        assertThat(dataSource.ledgerStatistics().unknown()).isZero();
    }

    private String note() throws SQLException {
        try (Connection connection = pair.primary().dataSource(pair.superuser()).getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT note FROM public.t WHERE id = " + id)) {
            row.next();
            return row.getString(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"extended", "extendedForPrepared"})
    void writesOfAutocommitAreAppliedOnceWhereverTheyAreCut(String mode) throws Exception {
        ReconnectingDataSource dataSource = dataSource(mode, b -> b);
        int expected = 0;
        try (Connection connection = dataSource.getConnection()) {
            for (String message : List.of("insert into t", "_mark", "COMMIT")) {
                for (int point = 0; point < 3; point++) {
                    FaultTrigger trigger = proxy.on(message.equals("COMMIT") ? COMMIT : query(message));
                    at(trigger, point).cut();
                    assertThat(insert(connection, id)).isEqualTo(1);
                    expected++;
                    proxy.heal();
                    assertThat(rows()).as(message + " at " + point).isEqualTo(expected);
                    assertThat(connection.getAutoCommit()).isTrue();
                }
            }
        }
        assertThat(dataSource.ledgerStatistics().unknown()).isZero();
    }

    @Test
    void theRowsOfAWriteWhoseCommitWasLostCanBeRead() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extendedForPrepared", b -> b);
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("INSERT INTO t VALUES (?, 'x') RETURNING id")) {
            openSlots(connection);
            statement.setInt(1, id);
            proxy.on(COMMIT).afterApplied().cut();
            try (ResultSet row = statement.executeQuery()) {
                assertThat(row.isClosed()).isFalse();
                assertThat(row.next()).isTrue();
                assertThat(row.getInt(1)).isEqualTo(id);
                assertThat(row.next()).isFalse();
            }
        }
        assertThat(rows()).isEqualTo(1);
        assertThat(dataSource.ledgerStatistics().committed()).isEqualTo(1);
    }

    @Test
    void whatAWriteAnsweredWhoseCommitWasLostCanBeAskedFor() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extendedForPrepared", b -> b);
        try (Connection connection = dataSource.getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "INSERT INTO t VALUES (?, 'x'), (?, 'y')", Statement.RETURN_GENERATED_KEYS)) {
            openSlots(connection);
            for (int round = 1; round <= 2; round++) {
                statement.setInt(1, id);
                statement.setInt(2, id);
                proxy.on(COMMIT).afterApplied().cut();
                assertThat(statement.execute()).isFalse();
                assertThat(statement.getUpdateCount()).isEqualTo(2);
                assertThat(statement.getParameterMetaData().getParameterCount()).isEqualTo(2);
                try (ResultSet keys = statement.getGeneratedKeys()) {
                    assertThat(keys.isClosed()).isFalse();
                    assertThat(keys.next()).isTrue();
                    assertThat(keys.getInt("id")).isEqualTo(id);
                    assertThat(keys.next()).isTrue();
                    assertThat(keys.getString("note")).isEqualTo("y");
                    assertThat(keys.next()).isFalse();
                    keys.close();
                    assertThat(keys.isClosed()).isTrue();
                }
                assertThat((Throwable) statement.getWarnings()).isNull();
                assertThat(statement.getMoreResults()).isFalse();
                assertThat(statement.getUpdateCount()).isEqualTo(-1);
                proxy.heal();
                assertThat(rows()).isEqualTo(2L * round);
            }
        }
        assertThat(dataSource.ledgerStatistics().committed()).isEqualTo(2);
    }

    @Test
    void anErrorOfAWriteOfAutocommitPassesAndChangesNothing() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            assertThat(statement.executeUpdate("INSERT INTO u VALUES (" + id + ")"))
                    .isEqualTo(1);
            assertThatThrownBy(() -> statement.executeUpdate("INSERT INTO u VALUES (" + id + ")"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23505"));
            assertThat(statement.executeUpdate("INSERT INTO t VALUES (" + id + ", 'x')"))
                    .isEqualTo(1);
            statement.execute("VACUUM t");
        }
        assertThat(rows()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"pg_logical_emit_message(false, 'x', 'y')::text", "dblink_exec('dbname=nowhere', 'select 1')"})
    void aWriteThatAlsoDoesWhatNoRollbackTakesBackIsNotRepeated(String call) throws Exception {
        try (Connection admin = pair.node("a")
                .dataSource(pair.superuser(), PostgresPair.APPLICATION_DATABASE)
                .getConnection()) {
            execute(admin, "CREATE EXTENSION IF NOT EXISTS dblink");
        }
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            openSlots(connection);
            proxy.on(query("INSERT INTO t")).afterSent().cut();
            assertThatThrownBy(() -> statement.executeUpdate("INSERT INTO t SELECT %d, %s".formatted(id, call)))
                    .isInstanceOf(UnitOutcomeUnknownException.class);
            proxy.heal();
        }
        assertThat(rows()).isLessThan(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"extended&defaultRowFetchSize=2", "extended"})
    void allRowsOfAWriteAreReadHoweverFewAreFetchedAtOnce(String mode) throws Exception {
        ReconnectingDataSource dataSource = dataSource(mode, b -> b);
        String insert = "INSERT INTO t SELECT %d, g::text FROM generate_series(1, 5) g".formatted(id);
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            if (mode.equals("extended")) {
                statement.setFetchSize(2);
            }
            openSlots(connection);
            proxy.on(COMMIT).afterApplied().cut();
            assertThat(rowsOf(statement.executeQuery(insert + " RETURNING note")))
                    .isEqualTo(5);
            assertThat(statement.getFetchSize()).isEqualTo(2);
            proxy.heal();
            statement.executeUpdate(insert, Statement.RETURN_GENERATED_KEYS);
            assertThat(rowsOf(statement.getGeneratedKeys())).isEqualTo(5);
            assertThat(statement.getFetchSize()).isEqualTo(2);
        }
        assertThat(rows()).isEqualTo(10);
    }

    private static int rowsOf(ResultSet result) throws SQLException {
        int rows = 0;
        while (result.next()) {
            rows++;
        }
        return rows;
    }
}
