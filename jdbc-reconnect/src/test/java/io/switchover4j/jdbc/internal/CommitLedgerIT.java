package io.switchover4j.jdbc.internal;

import static io.switchover4j.testkit.MessageMatcher.COMMIT;
import static io.switchover4j.testkit.MessageMatcher.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.Endpoint;
import io.switchover4j.jdbc.CommitLedger;
import io.switchover4j.jdbc.LostCommits;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import io.switchover4j.testkit.Bank;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.BankRun;
import io.switchover4j.testkit.FaultPoint;
import io.switchover4j.testkit.FaultProxy;
import io.switchover4j.testkit.FaultTrigger;
import io.switchover4j.testkit.Hold;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import io.switchover4j.testkit.ProxiedPair;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** What an application gets with a commit ledger when answers are lost, on a real pair. */
@SuppressWarnings("NullAway.Init")
@Timeout(120)
class CommitLedgerIT {

    private static final Duration SOON = Duration.ofSeconds(10);
    private static final CommitLedger LEDGER = CommitLedger.table("switchover4j_commit");
    private static final Random RANDOM = new Random();

    private static PostgresPair shared;
    private static ProxiedPair proxied;
    private static FaultProxy proxy;

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private final List<LostCommits> alarms = new CopyOnWriteArrayList<>();
    private final int id = RANDOM.nextInt(Integer.MAX_VALUE);
    private PostgresPair pair = shared;

    @BeforeAll
    static void start() throws SQLException {
        shared = PostgresPair.start();
        proxied = shared.proxied();
        proxy = proxied.proxy("a");
        prepare(shared);
    }

    private static void prepare(PostgresPair pair) throws SQLException {
        LEDGER.createTable(pair.node("a").dataSource(pair.superuser()));
        try (Connection connection =
                pair.node("a").dataSource(pair.application()).getConnection()) {
            execute(
                    connection,
                    "CREATE TABLE t (id int, note text)",
                    "CREATE TABLE u (id int PRIMARY KEY)",
                    "CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)",
                    "CREATE FUNCTION put(int) RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES ($1, NULL) RETURNING id'");
        }
        pair.awaitStreaming();
    }

    @AfterAll
    static void stopShared() {
        proxied.close();
        shared.close();
    }

    @AfterEach
    void stop() throws Exception {
        proxy.heal();
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"extended", "extendedForPrepared", "simple"})
    void aCommitThatWasAppliedReturnsNormally(String mode) throws Exception {
        ReconnectingDataSource dataSource = dataSource(mode, b -> b);
        try (Connection connection = transaction(dataSource)) {
            proxy.on(COMMIT).afterApplied().cut();
            connection.commit();
            // The same handle goes on.
            insert(connection, id);
            connection.commit();
        }
        assertThat(rows()).isEqualTo(2);
        assertThat(dataSource.ledgerStatistics().committed()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"extended", "extendedForPrepared", "simple"})
    void aCommitThatWasNotSentIsReplayed(String mode) throws Exception {
        ReconnectingDataSource dataSource = dataSource(mode, b -> b);
        try (Connection connection = transaction(dataSource)) {
            proxy.on(query("_mark")).beforeSent().cut();
            connection.commit();
        }
        assertThat(rows()).isEqualTo(1);
        assertThat(dataSource.ledgerStatistics().notCommitted()).isEqualTo(1);
        assertThat(dataSource.replayStatistics().replayed()).isEqualTo(1);
    }

    @Test
    void aTransactionThatOnlySetASchemaIsCommittedAlthoughItsAnswerIsLost() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            connection.setSchema("pg_catalog");
            proxy.on(COMMIT).beforeSent().cut();
            connection.commit();
            assertThat(connection.getSchema()).isEqualTo("pg_catalog");
            connection.rollback();
        }
    }

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
    void aSchemaThatBeganATransactionDoesNotCostItsMark() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            connection.setSchema("public");
            insert(connection, id);
            proxy.on(COMMIT).afterApplied().cut();
            connection.commit();
        }
        assertThat(rows()).isEqualTo(1);
        assertThat(dataSource.ledgerStatistics().committed()).isEqualTo(1);
    }

    @Test
    void aCommitThatWasNotAppliedFailsAsSuchWithoutReplay() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b.replay(false));
        try (Connection connection = transaction(dataSource)) {
            proxy.on(query("_mark")).beforeSent().cut();

            assertThatThrownBy(connection::commit)
                    .isInstanceOf(UnitNotAppliedException.class)
                    .hasMessageContaining("which the commit ledger found missing and refuses from now on");

            connection.rollback();
            insert(connection, id);
            connection.commit();
        }
        assertThat(rows()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"extended", "extendedForPrepared", "simple"})
    void aCommitThatArrivesAfterItsReplayIsNotApplied(String mode) throws Exception {
        ReconnectingDataSource dataSource = dataSource(mode, b -> b);
        try (Connection connection = transaction(dataSource)) {
            connection.setNetworkTimeout(Runnable::run, 500);
            Hold late = proxy.on(query("_mark")).beforeSent().hold();

            connection.commit();

            late.awaitReached(SOON);
            assertThat(rows()).isEqualTo(1);
            late.release();
            PostgresLedgerIT.await("the late session has ended", () -> idleInTransaction() == 0);
        }
        assertThat(rows()).isEqualTo(1);
        assertThat(dataSource.ledgerStatistics().notCommitted()).isEqualTo(1);
    }

    @Test
    void aMarkWhoseCommitNeverArrivesDoesNotHoldUpItsSettlement() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = transaction(dataSource)) {
            connection.setNetworkTimeout(Runnable::run, 300);
            Hold late = proxy.on(COMMIT).beforeSent().hold();

            connection.commit();

            late.awaitReached(SOON);
            assertThat(rows()).isEqualTo(1);
            assertThat(idleInTransaction()).isZero();
            late.release();
        }
        assertThat(rows()).isEqualTo(1);
        assertThat(dataSource.ledgerStatistics().notCommitted()).isEqualTo(1);
        assertThat(dataSource.replayStatistics().replayed()).isEqualTo(1);
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

    private static FaultPoint at(FaultTrigger trigger, int point) {
        return switch (point) {
            case 0 -> trigger.beforeSent();
            case 1 -> trigger.afterSent();
            default -> trigger.afterApplied();
        };
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

    /** What is committed without a row, and without a transaction id that a mark could stand for. */
    private static final List<String> NOTIFICATIONS =
            List.of("NOTIFY told, 'x'", "SELECT pg_notify('told', 'x')", "EXECUTE tell");

    static Stream<Arguments> notifications() {
        return Stream.of("extended", "extendedForPrepared", "simple")
                .flatMap(mode -> NOTIFICATIONS.stream().map(sql -> Arguments.of(mode, sql)));
    }

    @ParameterizedTest
    @MethodSource("notifications")
    void aNotificationIsSentOnceWhereverItsCommitIsCut(String mode, String sql) throws Exception {
        ReconnectingDataSource dataSource = dataSource(mode, b -> b);
        try (Connection listener = listener();
                Connection connection = dataSource.getConnection()) {
            execute(connection, "PREPARE tell AS SELECT pg_notify('told', 'x')");
            connection.setAutoCommit(false);
            execute(connection, "SELECT 1");
            connection.commit();
            for (FaultTrigger message : List.of(proxy.on(query("_mark")), proxy.on(COMMIT))) {
                for (int point = 0; point < 3; point++) {
                    at(message, point).cut();
                    execute(connection, sql);
                    connection.commit();
                    assertThat(notifications(listener))
                            .as(message + " at " + point)
                            .isEqualTo(1);
                    proxy.heal();
                }
            }
        }
        assertThat(dataSource.ledgerStatistics().settled()).isEqualTo(6);
        assertThat(dataSource.ledgerStatistics().unknown()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"extended", "extendedForPrepared", "simple"})
    void aNotificationThatArrivesAfterItsReplayIsNotSent(String mode) throws Exception {
        ReconnectingDataSource dataSource = dataSource(mode, b -> b);
        try (Connection listener = listener();
                Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            execute(connection, "NOTIFY told, 'x'");
            connection.setNetworkTimeout(Runnable::run, 500);
            Hold late = proxy.on(query("_mark")).beforeSent().hold();

            connection.commit();

            late.awaitReached(SOON);
            late.release();
            PostgresLedgerIT.await("the late session has ended", () -> idleInTransaction() == 0);
            assertThat(notifications(listener)).isEqualTo(1);
        }
        assertThat(dataSource.ledgerStatistics().notCommitted()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"NOTIFY told, 'x'", "SELECT pg_notify('told', 'x')"})
    void aNotificationOfAutocommitIsSentOnceWhereverItIsCut(String sql) throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection listener = listener();
                Connection connection = dataSource.getConnection()) {
            openSlots(connection);
            for (FaultTrigger message : List.of(proxy.on(query("told")), proxy.on(query("_mark")), proxy.on(COMMIT))) {
                for (int point = 0; point < 3; point++) {
                    at(message, point).cut();
                    execute(connection, sql);
                    assertThat(notifications(listener))
                            .as(message + " at " + point)
                            .isEqualTo(1);
                    proxy.heal();
                }
            }
        }
        assertThat(dataSource.ledgerStatistics().unknown()).isZero();
    }

    @Test
    void theQueryOfAHeldCursorRunsInItsCommitOrNotAtAll() throws Exception {
        String held = "DECLARE held CURSOR WITH HOLD FOR SELECT put(" + id + ")";
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            execute(connection, held);
            proxy.on(query("_mark")).beforeSent().cut();
            assertThatThrownBy(connection::commit).isInstanceOf(UnitNotAppliedException.class);
            assertThat(rows()).isZero();
        }
        proxy.heal();
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            execute(connection, held);
            proxy.on(COMMIT).afterApplied().cut();
            connection.commit();
            assertThat(rows()).isEqualTo(1);
        }
        assertThat(dataSource.ledgerStatistics().unknown()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"extended", "extendedForPrepared", "simple"})
    void aNotificationOfWhatBecameReadOnlyUnseenIsCommittedAndUnknownIfItsAnswerIsLost(String mode) throws Exception {
        ReconnectingDataSource dataSource = dataSource(mode, b -> b);
        try (Connection listener = listener();
                Connection connection = dataSource.getConnection()) {
            execute(connection, "PREPARE shut AS SELECT set_config('transaction_read_only', 'on', true)");
            connection.setAutoCommit(false);
            insert(connection, id);
            execute(connection, "NOTIFY told, 'x'", "EXECUTE shut");
            connection.commit();
            assertThat(rows()).isEqualTo(1);
            assertThat(notifications(listener)).isEqualTo(1);

            insert(connection, id);
            execute(connection, "NOTIFY told, 'x'", "EXECUTE shut");
            proxy.on(COMMIT).nth(2).afterApplied().cut();
            assertThatThrownBy(connection::commit)
                    .isInstanceOf(UnitOutcomeUnknownException.class)
                    .hasMessageContaining("cannot be marked in the commit ledger");
            assertThat(rows()).isEqualTo(2);
            assertThat(notifications(listener)).isEqualTo(1);
        }
        assertThat(dataSource.ledgerStatistics().unknown()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET TRANSACTION READ ONLY",
                "SET transaction_read_only = on",
                "UPDATE pg_settings SET setting = 'on' WHERE name = 'transaction_read_only'"
            })
    void whatBecameReadOnlyBehindItsWriteIsNotDoneAgain(String sql) throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = transaction(dataSource)) {
            execute(connection, sql);
            proxy.on(COMMIT).afterApplied().cut();
            assertThatThrownBy(connection::commit).isInstanceOf(UnitOutcomeUnknownException.class);
        }
        assertThat(rows()).isEqualTo(1);
        assertThat(dataSource.ledgerStatistics().unknown()).isEqualTo(1);
    }

    private Connection listener() throws SQLException {
        Connection listener = pair.primary().dataSource(pair.application()).getConnection();
        execute(listener, "LISTEN told");
        return listener;
    }

    private static int notifications(Connection listener) throws SQLException {
        execute(listener, "SELECT 1");
        PGNotification[] all = listener.unwrap(PGConnection.class).getNotifications();
        return all == null ? 0 : all.length;
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

    @Test
    void transactionsThatWroteNothingCommit() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            for (int i = 0; i < 3; i++) {
                execute(connection, "SELECT count(*) FROM t");
                connection.commit();
            }
            connection.setReadOnly(true);
            execute(connection, "SELECT count(*) FROM t");
            connection.commit();
            connection.setReadOnly(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            insert(connection, id);
            connection.commit();
        }
        assertThat(rows()).isEqualTo(1);
        assertThat(dataSource.ledgerStatistics().settled()).isZero();
    }

    @Test
    void aMissingTableFailsTheFirstUnitLoudly() throws Exception {
        ReconnectingDataSource dataSource =
                dataSource("extended", b -> b.commitLedger(CommitLedger.table("no_such_ledger")));
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            assertThatThrownBy(() -> insert(connection, id))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("The commit ledger 'public.no_such_ledger' cannot be used");
            connection.rollback();
        }
        assertThat(rows()).isZero();
    }

    @Test
    void aCommitCutShortWhileItWaitsForItsStandbyIsNotCalledCommitted() throws Exception {
        pair = own(PostgresPair.builder().synchronous(true));
        ReconnectingDataSource dataSource = dataSource("extended", b -> b.reconnectTimeout(Duration.ofSeconds(3)));
        PostgresNode standby = pair.standby();
        try (Connection connection = transaction(dataSource)) {
            standby.stop();
            Future<Boolean> commit = PostgresLedgerIT.async(() -> {
                connection.commit();
                return true;
            });
            Backend waiting = PostgresLedgerIT.until("the commit waits for its standby", this::waitingForStandby);
            assertThat(rows()).isZero();
            try (Connection settler = pair.primary().connect()) {
                PostgresReplay.endUnread(waiting, settler);
                PostgresReplay.INSTANCE.end(waiting, settler, Duration.ZERO);
            }
            assertThat(waitingForStandby()).contains(waiting);
            PostgresLedgerIT.await("the commit waits for its standby", () -> endWaitForStandby() == 1);
            PostgresLedgerIT.await("its row is visible", () -> rows() == 1);

            assertThatThrownBy(() -> PostgresLedgerIT.get(commit))
                    .hasCauseInstanceOf(SQLException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08007"));
        }
        assertThat(dataSource.ledgerStatistics().committed()).isZero();
        assertThat(dataSource.ledgerStatistics().unknown()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"notice", "error"})
    void aSettlementCutShortWhileItWaitsForItsStandbyIsInDoubtHoweverLittleTheSessionHears(String heard)
            throws Exception {
        pair = own(PostgresPair.builder().synchronous(true));
        try (Connection admin = pair.primary().dataSource(pair.superuser()).getConnection()) {
            execute(admin, "ALTER ROLE app SET client_min_messages TO " + heard);
        }
        ReconnectingDataSource dataSource = dataSource("extended", b -> b.reconnectTimeout(Duration.ofSeconds(5)));
        PostgresNode standby = pair.standby();
        try (Connection connection = transaction(dataSource)) {
            standby.stop();
            Future<Boolean> commit = PostgresLedgerIT.async(() -> {
                connection.commit();
                return true;
            });
            PostgresLedgerIT.await("the commit waits for its standby", () -> endWaitForStandby() == 1);
            PostgresLedgerIT.await("its row is visible", () -> rows() == 1);
            PostgresLedgerIT.await(
                    "the settlement waits for the standby",
                    () -> count(
                                    "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                                            + " AND usename = 'app'")
                            == 1);

            assertThatThrownBy(() -> PostgresLedgerIT.get(commit))
                    .hasCauseInstanceOf(SQLException.class)
                    .cause()
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08007"));
        }
    }

    @Test
    @Tag("soak")
    void aCommitCutShortWhileItWaitsForItsStandbyIsCommittedOnceItIsThere() throws Exception {
        pair = own(PostgresPair.builder().synchronous(true));
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        PostgresNode standby = pair.standby();
        try (Connection connection = transaction(dataSource)) {
            standby.stop();
            Future<Boolean> commit = PostgresLedgerIT.async(() -> {
                connection.commit();
                return true;
            });
            PostgresLedgerIT.await("the commit waits for its standby", () -> endWaitForStandby() == 1);
            PostgresLedgerIT.await("its row is visible", () -> rows() == 1);
            assertThat(commit).isNotDone();
            standby.start();
            assertThat(PostgresLedgerIT.get(commit)).isTrue();
        }
        assertThat(rows()).isEqualTo(1);
        assertThat(dataSource.ledgerStatistics().committed()).isEqualTo(1);
    }

    @Test
    void commitsThatAFailoverLostAreMissedAndNeverCalledCommitted() throws Exception {
        pair = own(PostgresPair.builder());
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = transaction(dataSource)) {
            connection.commit();
            pair.awaitStreaming();
            PostgresNode standby = pair.standby();
            PostgresNode old = pair.primary();
            stopReceiving(standby);
            for (int i = 0; i < 5; i++) {
                insert(connection, id);
                connection.commit();
            }
            insert(connection, id);
            old.crash();
            promote(standby);
            // Whatever it becomes, a replay included, it must be true on the new primary.
            connection.commit();
            assertThat(rows()).isEqualTo(2);

            for (int i = 0; i < 300; i++) {
                insert(connection, id);
                connection.commit();
            }
        }
        assertThat(rows()).isEqualTo(302);
        assertThat(alarms).hasSize(1);
        assertThat(alarms.get(0).atLeast()).isEqualTo(5);
        assertThat(dataSource.ledgerStatistics().lostAcknowledged()).isEqualTo(5);
    }

    @Test
    void theBankIsFlawlessUnderRandomCuts() throws Exception {
        bankUnderCuts(Duration.ofSeconds(3));
    }

    @Test
    @Tag("soak")
    @Timeout(180)
    void theBankIsFlawlessUnderRandomCutsForLong() throws Exception {
        bankUnderCuts(Duration.ofSeconds(60));
    }

    private void bankUnderCuts(Duration duration) throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        ReconnectingDataSource dataSource = dataSource("extendedForPrepared", b -> b);
        Bank bank = Bank.builder(dataSource).retryOn40001().seed(seed).build();
        bank.createSchema(pair.node("a").dataSource(pair.application()));
        BankReport report;
        try (BankRun run = bank.start()) {
            run.awaitCommits(50, SOON);
            long until = System.nanoTime() + duration.toNanos();
            while (System.nanoTime() < until) {
                FaultTrigger trigger = proxy.on(random.nextInt(4) == 0 ? query("update") : COMMIT)
                        .nth(1 + random.nextInt(10));
                FaultPoint point = at(trigger, random.nextInt(3));
                if (random.nextBoolean()) {
                    point.cut();
                } else {
                    point.reset();
                }
                Thread.sleep(30); // the pace of the faults
            }
            proxy.heal();
            run.awaitCommits(50, SOON);
            run.stop();
            report = run.reconcile(pair.node("a").dataSource(pair.application()));
        }
        System.out.println(report);
        System.out.println(dataSource.ledgerStatistics());
        System.out.println(dataSource.replayStatistics());
        assertThat(dataSource.ledgerStatistics().settled()).isPositive();
        assertThat(report.isConsistent()).as(report.toString()).isTrue();
        assertThat(report.errorsBySqlState().keySet()).as(report.toString()).isSubsetOf(Set.of("40001"));
        assertThat(dataSource.ledgerStatistics().unknown()).isZero();
    }

    // Tools

    private PostgresPair own(PostgresPair.Builder builder) throws SQLException {
        PostgresPair started = builder.start();
        resources.push(started);
        prepare(started);
        return started;
    }

    private ReconnectingDataSource dataSource(String mode, UnaryOperator<ReconnectingDataSource.Builder> options) {
        ReconnectingDataSource.Builder builder =
                ReconnectingDataSource.builder().name("ledger").commitLedger(LEDGER.onLostCommits(alarms::add));
        for (PostgresNode node : pair.nodes()) {
            Endpoint endpoint = pair == shared ? proxied.proxy(node.id()).endpoint() : node.endpoint();
            builder.node(node.id(), pool(node.id(), endpoint, mode));
        }
        ReconnectingDataSource dataSource = options.apply(builder).build();
        resources.push(dataSource);
        return dataSource;
    }

    private HikariDataSource pool(String name, Endpoint at, String mode) {
        var config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl("jdbc:postgresql://%s:%d/%s?preferQueryMode=%s"
                .formatted(at.host(), at.port(), PostgresPair.APPLICATION_DATABASE, mode));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(10);
        config.setConnectionTimeout(5_000);
        config.setInitializationFailTimeout(-1);
        var pool = new HikariDataSource(config);
        resources.push(pool);
        return pool;
    }

    private Connection transaction(ReconnectingDataSource dataSource) throws SQLException {
        Connection connection = dataSource.getConnection();
        connection.setAutoCommit(false);
        insert(connection, id);
        return connection;
    }

    /** So that the next COMMIT is that of a write. */
    private static void openSlots(Connection connection) throws SQLException {
        execute(connection, "DELETE FROM u WHERE id = 0");
    }

    private static int insert(Connection connection, int id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO t VALUES (?, 'x')")) {
            statement.setInt(1, id);
            return statement.executeUpdate();
        }
    }

    private static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private long rows() throws SQLException {
        return count("SELECT count(*) FROM t WHERE id = " + id);
    }

    private long idleInTransaction() throws SQLException {
        return count("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'");
    }

    private Optional<Backend> waitingForStandby() throws SQLException {
        try (Connection connection = pair.primary().connect();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT pid, (extract(epoch FROM backend_start) * 1000000)::bigint"
                                + " FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = 'app'")) {
            return row.next() ? Optional.of(new Backend(row.getInt(1), row.getLong(2))) : Optional.empty();
        }
    }

    private long endWaitForStandby() throws SQLException {
        return count("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                + " AND usename = 'app'");
    }

    private long count(String sql) throws SQLException {
        try (Connection connection = pair.primary().dataSource(pair.superuser()).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET search_path = public");
            try (ResultSet row = statement.executeQuery(sql)) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private static void stopReceiving(PostgresNode standby) throws Exception {
        try (Connection connection = standby.connect()) {
            execute(connection, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()");
            PostgresLedgerIT.await("the standby has let go", () -> {
                try (Statement statement = connection.createStatement();
                        ResultSet row = statement.executeQuery("SELECT count(*) FROM pg_stat_wal_receiver")) {
                    row.next();
                    return row.getLong(1) == 0;
                }
            });
        }
    }

    private static void promote(PostgresNode node) throws SQLException {
        try (Connection connection = node.connect()) {
            execute(connection, "SELECT pg_promote(true)");
        }
    }
}
