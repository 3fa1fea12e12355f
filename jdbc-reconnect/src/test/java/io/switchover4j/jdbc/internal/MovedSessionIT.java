package io.switchover4j.jdbc.internal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import io.switchover4j.testkit.FaultProxy;
import java.sql.Array;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What of a session comes along to the next physical connection, and what becomes of the old one. */
final class MovedSessionIT extends KilledSessions {

    @Test
    void theSessionIsRestoredBeforeAnythingElseAndTheTransactionsOwnSettingsInTheirPlace() throws SQLException {
        connection.setAutoCommit(true);
        update("SET application_name TO 'first'");
        update("create schema if not exists other");
        connection.setAutoCommit(false);
        update("insert into t (v) select current_setting('application_name')");
        update("SET application_name TO 'second'");
        update("SET LOCAL statement_timeout TO '77s'");
        connection.setSchema("other");
        update("insert into public.t (v) select current_setting('application_name') || current_schema()");
        kill(pid());
        assertThat(text("show statement_timeout")).isEqualTo("77s");
        connection.commit();
        kill(pid());
        connection.rollback();

        assertThat(text("show statement_timeout")).isEqualTo("0");
        assertThat(text("select v from public.t order by id limit 1")).isEqualTo("first");
        assertThat(text("select v from public.t order by id desc limit 1")).isEqualTo("secondother");
        assertThat(text("show application_name")).isEqualTo("second");
        assertThat(text("select current_schema()")).isEqualTo("other");
        connection.setSchema("public");
        connection.commit();
    }

    @Test
    void anOldSessionThatLivesOnIsEndedWithItsLocksAndNoOtherSessionIs() throws SQLException {
        admin("insert into t (v) values ('x')");
        try (Connection old = pair.node("a").dataSource(pair.application()).getConnection();
                Statement statement = old.createStatement()) {
            old.setAutoCommit(false);
            Backend backend = requireNonNull(PostgresReplay.INSTANCE.backendOf(old));
            statement.executeUpdate("update t set v = 'locked'");

            PostgresReplay.INSTANCE.end(new Backend(backend.id(), backend.since() + 1), admin, Duration.ofSeconds(5));
            assertThat(old.isValid(1)).isTrue();
            PostgresReplay.INSTANCE.end(backend, admin, Duration.ofSeconds(5));
            admin("set lock_timeout = '1s'", "update t set v = 'free'", "reset lock_timeout");
            assertThat(old.isValid(1)).isFalse();
        }
        assertThat(values()).containsExactly("free");
    }

    @Test
    void aSessionThatDoesNotHearOfItsEndDoesNotBlockItsOwnReplay() throws Exception {
        admin("insert into t (v) values ('x')");
        try (FaultProxy proxy = FaultProxy.inFrontOf(pair.node("a"));
                HikariDataSource through = pool(proxy.endpoint().toString())) {
            openThrough(through);
            update("update t set v = v || ' mine'");
            int pid = pid();
            proxy.freeze();
            assertThat(number("select count(*) from pg_stat_activity where pid = " + pid))
                    .isEqualTo(1);

            traffic.open(2, NodePools.of("a", hikari));
            update("update t set v = v || '!'");
            connection.commit();

            assertThat(number("select count(*) from pg_stat_activity where pid = " + pid))
                    .isZero();
            assertThat(values()).containsExactly("x mine!");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "do $$ begin perform set_config('a.b', 'x', false); end $$",
                "do $$ begin set a.b = 'x'; end $$",
                "do $$ begin execute 'set a.b = ''x'''; end $$",
                "{? = call set_config('a.b', 'x', false)}",
                "set a.b = 'x'; select 1",
                "set local c.d = 'y'; set a.b = 'x'; commit"
            })
    void whatATextThatMayCommitSetInPlainSightIsNotLostWithAMove(String sql) throws SQLException {
        if (sql.startsWith("{")) {
            try (CallableStatement call = connection.prepareCall(sql)) {
                call.registerOutParameter(1, Types.VARCHAR);
                call.execute();
            }
        } else {
            update(sql);
        }
        connection.commit();
        movesOrIsPinned("a.b", "x");
    }

    private void movesOrIsPinned(String setting, String value) throws SQLException {
        assertThat(text("select current_setting('" + setting + "', true)")).isEqualTo(value);
        connection.commit();
        if (!connection.isPinned()) {
            kill(pid());
            assertThat(text("select current_setting('" + setting + "', true)")).isEqualTo(value);
            connection.commit();
        }
    }

    @Test
    void everySettingComesAlongWhateverItsName() throws SQLException {
        List<String> names = List.of("session.one", "session.two", "local.one", "transaction.x", "schema.x", "names.x");
        for (String name : names) {
            update("set " + name + " = '" + name + "'");
        }
        update("prepare p as select 'small'");
        update("prepare \"P\" as select 'large'");
        connection.commit();
        kill(pid());
        for (String name : names) {
            assertThat(text("select current_setting('" + name + "', true)")).isEqualTo(name);
        }
        assertThat(text("execute p") + text("execute \"P\"")).isEqualTo("smalllarge");
        connection.commit();
    }

    @ParameterizedTest
    @ValueSource(strings = {"select currval('s')", "select lastval()", "insert into t (id) values (currval('s'))"})
    void aNumberThatAnotherUserOfTheNextConnectionDrewIsNotTakenForItsOwn(String sql) throws SQLException {
        connection.setAutoCommit(true);
        update("select nextval('s')");
        List<Connection> others = new ArrayList<>();
        while (others.size() < hikari.getMaximumPoolSize() - 1) {
            others.add(hikari.getConnection());
        }
        for (Connection other : others) {
            try (Statement statement = other.createStatement()) {
                statement.execute("select nextval('s')");
            }
            other.close();
        }
        int old = pid();
        traffic.open(2, NodePools.of("a", hikari));
        assertThatThrownBy(() -> update(sql))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55000"));
        assertThat(pid()).isNotEqualTo(old);
    }

    @Test
    void anArrayOfTheLostConnectionDoesNotCostTheOthers() throws SQLException {
        connection.setAutoCommit(true);
        admin("drop type if exists mood", "create type mood as enum ('glad')");
        Array made = connection.createArrayOf("mood", new String[] {"glad"});
        kill();
        assertThatThrownBy(() -> update("select 1")).isInstanceOf(UnitOutcomeUnknownException.class);
        try (PreparedStatement statement = connection.prepareStatement("insert into t (v) select unnest(?::mood[])")) {
            assertThatThrownBy(() -> {
                        statement.setArray(1, made);
                        statement.execute();
                    })
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08003"))
                    .hasMessageContaining("Nothing was applied. Make it anew.");
            statement.setArray(1, connection.createArrayOf("mood", new String[] {"glad"}));
            statement.execute();
        }
        assertThat(traffic.troubles).hasSizeLessThan(15);
        assertThat(values()).containsExactly("glad");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rollback", "/* x */ rollback", "-- x\nrollback", ";rollback", "/* x */ abort"})
    void aSettingThatWasRolledBackDoesNotComeAgain(String rollback) throws SQLException {
        connection.setAutoCommit(true);
        update("begin");
        update("set application_name = 'rolled back'");
        update(rollback);
        String before = text("show application_name");
        assertThat(before).isNotEqualTo("rolled back");
        kill();
        try {
            update("set statement_timeout = 0");
            assertThat(text("show application_name")).isEqualTo(before);
        } catch (SQLException pinned) {
            assertThat((Throwable) pinned).hasMessageContaining("cannot move");
            assertThat(rollback).startsWith(";");
        }
    }

    @Test
    void aRollbackBehindACommentEndsALostTransaction() throws SQLException {
        connection.setAutoCommit(true);
        update("begin");
        update("select lo_creat(-1)");
        kill();
        assertThatThrownBy(() -> update("insert into t (v) values ('x')")).hasMessageContaining("not applied");
        update("/* x */ ROLLBACK");
        update("insert into t (v) values ('y')");
        assertThat(values()).containsExactly("y");
    }

    @Test
    void eachRowOfABatchSetsItsOwn() throws SQLException {
        try (PreparedStatement set = connection.prepareStatement("select set_config(?, ?, false)")) {
            set.setString(1, "a.row");
            set.setString(2, "0");
            set.execute();
            for (int row = 1; row < 3; row++) {
                set.setString(1, "a.row" + row);
                set.setString(2, "" + row);
                set.addBatch();
            }
            set.executeBatch();
        }
        connection.commit();
        movesOrIsPinned("a.row1", "1");
    }
}
