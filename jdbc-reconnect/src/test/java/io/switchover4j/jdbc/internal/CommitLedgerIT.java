package io.switchover4j.jdbc.internal;

import static io.switchover4j.testkit.MessageMatcher.COMMIT;
import static io.switchover4j.testkit.MessageMatcher.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.CommitLedger;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import io.switchover4j.testkit.Bank;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.BankRun;
import io.switchover4j.testkit.FaultPoint;
import io.switchover4j.testkit.FaultTrigger;
import io.switchover4j.testkit.Hold;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an application gets of its transactions with a commit ledger when answers are lost, on a real pair. */
final class CommitLedgerIT extends LostAnswers {

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

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatTurnsReadOnlyUnseenBehindItsWritesIsNotCommitted(boolean cut) throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = transaction(dataSource);
                PreparedStatement config = connection.prepareStatement("SELECT set_config(?, ?, true)")) {
            config.setString(1, "transaction_read_only");
            config.setString(2, "on");
            config.execute();
            if (cut) {
                proxy.on(COMMIT).afterApplied().cut();
            }
            assertThatThrownBy(connection::commit).hasMessageContaining("turned READ ONLY behind its writes");
            proxy.heal();
            connection.rollback();
            assertThat(rows()).isZero();
            insert(connection, id);
            connection.commit();
        }
        assertThat(rows()).isEqualTo(1);
    }

    @Test
    void aReadOnlyTransactionMayWriteATemporaryTable() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        try (Connection connection = transaction(dataSource)) {
            execute(connection, "CREATE TEMP TABLE mine (id int)");
            connection.commit();
            execute(
                    connection,
                    "SELECT set_config('transaction_read_only', 'on', true)",
                    "INSERT INTO mine VALUES (1)");
            connection.commit();
            execute(connection, "SET TRANSACTION READ ONLY", "INSERT INTO mine VALUES (1)");
            connection.commit();
        }
    }

    @Test
    void aTransactionThatBeginsWithAQuestionAboutTheDatabaseHasAMark() throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        for (String first : new String[] {"schema", "catalog", "tables"}) {
            try (Connection connection = dataSource.getConnection()) {
                connection.setAutoCommit(false);
                switch (first) {
                    case "schema" -> connection.getSchema();
                    case "catalog" -> connection.getCatalog();
                    default ->
                        connection
                                .getMetaData()
                                .getTables(null, null, "x", null)
                                .close();
                }
                insert(connection, id);
                proxy.on(COMMIT).afterApplied().cut();
                connection.commit();
                proxy.heal();
            }
        }
        assertThat(rows()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a refused commit", "abort"})
    void slotsThatCannotBeUsedAgainAreDeleted(String end) throws Exception {
        ReconnectingDataSource dataSource = dataSource("extended", b -> b);
        long before = count("SELECT count(*) FROM switchover4j_commit");
        for (int round = 0; round < 40; round++) {
            try (Connection connection = dataSource.getConnection()) {
                connection.setAutoCommit(false);
                if (end.equals("abort")) {
                    insert(connection, id);
                    connection.commit();
                    connection.abort(Runnable::run);
                } else {
                    execute(connection, "INSERT INTO late VALUES (1), (1)");
                    assertThatThrownBy(connection::commit).hasMessageContaining("duplicate key");
                }
            }
        }
        assertThat(count("SELECT count(*) FROM switchover4j_commit") - before).isLessThan(15);
    }
}
