package io.switchover4j.jdbc.internal;

import static io.switchover4j.testkit.MessageMatcher.COMMIT;
import static io.switchover4j.testkit.MessageMatcher.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import io.switchover4j.testkit.FaultTrigger;
import io.switchover4j.testkit.Hold;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** What a commit does beside rows, with a commit ledger, when its answer is lost. */
final class NotificationLedgerIT extends LostAnswers {

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
}
