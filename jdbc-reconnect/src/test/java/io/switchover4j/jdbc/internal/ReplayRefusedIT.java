package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.ReplayControl;
import io.switchover4j.jdbc.ReplayOff;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a replay refuses to do again, and what of it the application is told. */
final class ReplayRefusedIT extends KilledSessions {

    static Stream<Map.Entry<String, ReplayOff>> statementsThatSwitchItOff() {
        return Map.ofEntries(
                Map.entry("select pg_advisory_lock(1)", ReplayOff.ADVISORY_LOCK),
                Map.entry("create temp table tt (a int)", ReplayOff.TEMPORARY_TABLE),
                Map.entry("create table pg_temp.tt (a int)", ReplayOff.TEMPORARY_TABLE),
                Map.entry("explain analyze create temp table tt as select 1 as a", ReplayOff.TEMPORARY_TABLE),
                Map.entry("select 1 as a into temp tt", ReplayOff.TEMPORARY_TABLE),
                Map.entry("select 1 as a into pg_temp.tt", ReplayOff.TEMPORARY_TABLE),
                Map.entry("select 1 as a into local temp tt", ReplayOff.TEMPORARY_TABLE),
                Map.entry("listen x", ReplayOff.LISTEN),
                Map.entry("declare c cursor with hold for select 1", ReplayOff.HELD_CURSOR),
                Map.entry("select lo_creat(-1)", ReplayOff.LARGE_OBJECT),
                Map.entry("select setval('s', 7)", ReplayOff.SEQUENCE),
                Map.entry("select setseed(0.5)", ReplayOff.LASTING_STATE),
                Map.entry("prepare q as select set_config('a.b', 'x', false)", ReplayOff.LASTING_STATE),
                Map.entry(
                        "update pg_settings set setting = '77s' where name = 'lock_timeout'", ReplayOff.SESSION_STATE),
                Map.entry("select set_config('a.b', 'x', not true)", ReplayOff.SESSION_STATE),
                Map.entry("select U&\"set\\005fconfig\"('a.b', 'x', false)", ReplayOff.SESSION_STATE),
                Map.entry("select set_config('a.b', v, false) from t", ReplayOff.SESSION_STATE))
                .entrySet()
                .stream();
    }

    @ParameterizedTest
    @MethodSource("statementsThatSwitchItOff")
    void whatCannotBeReplayedSwitchesItOffTheMomentItIsSeen(Map.Entry<String, ReplayOff> row) throws SQLException {
        int pid = pid();
        try (Statement statement = connection.createStatement()) {
            statement.execute(row.getKey());
        }
        assertThat(connection.unwrap(ReplayControl.class).whyOff()).contains(row.getValue());
        kill(pid);
        assertThatThrownBy(() -> update("insert into t (v) values ('x')"))
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("It was not replayed: " + row.getValue().reason());
        assertThat(counters.snapshot().refused()).containsEntry(row.getValue(), 1L);
        assertThat(counters.snapshot().switchedOff()).containsEntry(row.getValue(), 1L);
        connection.rollback();
    }

    @Test
    void whatTheSessionHoldsIsNotForgottenWithTheErrorOfALaterStatement() throws SQLException {
        connection.setAutoCommit(true);
        text("select pg_advisory_lock(5)");
        assertThat(connection.isPinned()).isTrue();

        assertThatThrownBy(() -> text("select 1/0")).hasMessageContaining("division by zero");
        assertThat(connection.isPinned()).isTrue();

        assertThatThrownBy(() -> text("select pg_advisory_lock(1/0)")).hasMessageContaining("division by zero");
        assertThat(connection.isPinned()).isTrue();
        text("select pg_advisory_unlock_all()");
    }

    @Test
    void whatAStatementTookBeforeItFailedIsNotForgotten() throws SQLException {
        connection.setAutoCommit(true);
        int pid = pid();
        assertThatThrownBy(() -> text("select pg_try_advisory_lock(6), 1 / (random() * 0)::int"))
                .hasMessageContaining("division by zero");
        assertThat(number("select count(*) from pg_locks where locktype = 'advisory' and pid = " + pid))
                .isEqualTo(1);
        assertThat(connection.isPinned()).isTrue();

        connection.close();
        connection = LogicalConnection.open(traffic);
        assertThatThrownBy(() -> update("set a.failed = 'kept'; commit; select 1 / 0"))
                .hasMessageContaining("division by zero");
        assertThat(text("select current_setting('a.failed')")).isEqualTo("kept");
        assertThat(connection.isPinned()).isTrue();
        admin("select pg_terminate_backend(" + pid + ", 5000)");
    }

    @Test
    void whatSpeaksOfANumberThatWasKeptIsNotDoneAgainWithAnotherOne() throws SQLException {
        int pid = pid();
        assertThat(text("select nextval('s')")).isEqualTo("1");
        update("insert into t (v) values (currval('s'))");
        kill(pid);

        refused(ReplayOff.SEQUENCE);
        assertThat(values()).isEmpty();
    }

    @Test
    void aParameterThatMayHaveChangedAndCannotBeCopiedIsNotSentAgain() throws SQLException {
        int pid = pid();
        AtomicInteger reused = new AtomicInteger(1);
        try (PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?::text)")) {
            insert.setObject(1, reused, Types.INTEGER);
            insert.executeUpdate();
        }
        reused.set(2);
        kill(pid);

        refused(ReplayOff.PARAMETER);
        assertThat(values()).isEmpty();
    }

    @Test
    void aStatementThatIsSetUpInAnotherWayAfterwardsIsNotExecutedAgain() throws SQLException {
        int pid = pid();
        try (Statement statement = connection.createStatement()) {
            statement.setMaxRows(2);
            statement.setFetchSize(2);
            statement.execute("select nextval('s') from generate_series(1, 5)");
            statement.setQueryTimeout(10);
            assertThat(connection.unwrap(ReplayControl.class).whyOff()).isEmpty();
            statement.setMaxRows(0);
        }
        kill(pid);

        refused(ReplayOff.STATEMENT);
    }

    @Test
    void whoAskedWhetherThereAreRowsMayHaveActedOnIt() throws SQLException {
        int pid = pid();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select v from t")) {
            assertThat(rows.isBeforeFirst()).isFalse();
        }
        kill(pid);

        refused(ReplayOff.POSITION);
    }

    @Test
    void rowsThatAreReadThroughASecondObjectAreNotCompared() throws SQLException {
        admin("insert into t (v) values ('10')");
        try (Statement statement = connection.createStatement()) {
            statement.executeQuery("select v from t for update");
            ResultSet row = statement.getResultSet();
            row.next();
            int seen = Integer.parseInt(row.getString(1));
            kill();
            admin("update t set v = '110'");
            assertThatThrownBy(() -> update("update t set v = '" + (seen + 1) + "'"))
                    .isInstanceOf(UnitNotAppliedException.class);
        }
        connection.rollback();
        assertThat(values()).containsExactly("110");
    }

    @Test
    void whatMayCommitByItselfIsUnknownAndNeverReplayed() throws SQLException {
        int pid = pid();
        update("do $$ begin insert into t (v) values ('x'); end $$");
        assertThat(connection.unwrap(ReplayControl.class).whyOff()).contains(ReplayOff.UNKNOWN_BODY);
        kill(pid);
        assertThatThrownBy(() -> update("insert into t (v) values ('y')"))
                .isInstanceOf(UnitOutcomeUnknownException.class);
        connection.rollback();
    }

    @Test
    void tooMuchToRememberSwitchesItOff() throws SQLException {
        open(1_000);
        int pid = pid();
        update("insert into t (v) values ('" + "x".repeat(1_000) + "')");
        assertThat(connection.unwrap(ReplayControl.class).whyOff()).contains(ReplayOff.LIMIT);
        kill(pid);
        assertThatThrownBy(() -> update("insert into t (v) values ('x')")).isInstanceOf(UnitNotAppliedException.class);
        connection.rollback();
        connection.commit();
        assertThat(connection.unwrap(ReplayControl.class).whyOff()).isEmpty();
    }

    @Test
    void tooManyRowsSwitchItOff() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select generate_series(1, 10001)")) {
            while (rows.next()) {
                assertThat(rows.getInt(1)).isPositive();
            }
        }
        assertThat(connection.unwrap(ReplayControl.class).whyOff()).contains(ReplayOff.ROWS);
    }

    @Test
    void anApplicationCanSwitchItOffForOneTransactionOrOneRequest() throws SQLException {
        ReplayControl control = connection.unwrap(ReplayControl.class);
        assertThat(connection.isWrapperFor(ReplayControl.class)).isTrue();
        control.disable();
        int pid = pid();
        kill(pid);
        assertThatThrownBy(() -> update("insert into t (v) values ('x')"))
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("the application switched replay off");
        connection.rollback();
        assertThat(control.whyOff()).isEmpty();

        connection.beginRequest();
        control.disable();
        update("insert into t (v) values ('x')");
        connection.commit();
        assertThat(control.whyOff()).contains(ReplayOff.APPLICATION);
        connection.endRequest();
        assertThat(control.whyOff()).isEmpty();
    }

    @Test
    void theCommitOfAFailedTransactionIsNeverTakenForACommit() throws SQLException {
        update("insert into t (v) values ('x')");
        assertThatThrownBy(() -> update("insert into nowhere values (1)")).hasMessageContaining("nowhere");
        kill(pid());
        connection.commit();
        assertThat(values()).isEmpty();
        assertThat(counters.snapshot().cut()).isZero();
    }

    @Test
    void aCommitThatTheServerRefusedIsNotReplayed() throws SQLException {
        update("create table if not exists once (a int unique deferrable initially deferred)");
        connection.commit();
        update("insert into once values (1), (1)");
        assertThatThrownBy(connection::commit).hasMessageContaining("once_a_key");
        int pid = pid();
        kill(pid);
        assertThat(text("select count(*) from once")).isEqualTo("0");
        connection.commit();
    }

    @Test
    void aCommitWhoseAnswerIsLostIsUnknownAndNotReplayed() throws SQLException {
        update("insert into t (v) values ('x')");
        kill(pid());
        assertThatThrownBy(connection::commit).isInstanceOf(UnitOutcomeUnknownException.class);
        assertThat(counters.snapshot().attempts()).isZero();
        assertThat(values()).isEmpty();
    }
}
