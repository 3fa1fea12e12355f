package io.switchover4j.jdbc.internal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.jdbc.ReplayOff;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.postgresql.PGConnection;

/** A logical connection over HikariCP to a real server, whose sessions are killed so that it has to move. */
@Timeout(120)
abstract class KilledSessions {

    static PostgresPair pair;
    static HikariDataSource hikari;
    static Connection admin;

    ReplayCounters counters;
    FakeTraffic traffic;
    LogicalConnection connection;

    @BeforeAll
    static void startPair() throws SQLException {
        pair = PostgresPair.start();
        hikari = pool(pair.node("a").endpoint().toString());
        admin = pair.node("a").dataSource(pair.application()).getConnection();
    }

    static HikariDataSource pool(String address) {
        var config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://" + address + "/" + PostgresPair.APPLICATION_DATABASE);
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(4);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(2_000);
        return new HikariDataSource(config);
    }

    @AfterAll
    static void closePair() throws SQLException {
        admin.close();
        hikari.close();
        pair.close();
    }

    @BeforeEach
    void open() throws SQLException {
        admin(
                "drop table if exists t",
                "create table t (id serial primary key, v text)",
                "drop sequence if exists s",
                "create sequence s");
        open(ReplayOptions.DEFAULT_LIMIT);
    }

    final void open(int limit) throws SQLException {
        counters = new ReplayCounters();
        traffic = new FakeTraffic(NodePools.of("a", hikari));
        traffic.dialect = new PostgresDialect();
        traffic.replayOptions = new ReplayOptions(true, limit, counters);
        if (connection != null) {
            connection.close();
        }
        connection = LogicalConnection.open(traffic);
        connection.setAutoCommit(false);
    }

    final void openThrough(HikariDataSource through) throws SQLException {
        connection.close();
        traffic = new FakeTraffic(NodePools.of("a", through));
        traffic.dialect = new PostgresDialect();
        traffic.replayOptions = new ReplayOptions(true, ReplayOptions.DEFAULT_LIMIT, counters);
        connection = LogicalConnection.open(traffic);
        connection.setAutoCommit(false);
    }

    @AfterEach
    void close() {
        connection.close();
    }

    /** Asked past the connection: nothing of it is seen. */
    final int pid() throws SQLException {
        return requireNonNull(connection.attachedOrNull())
                .unwrap(PGConnection.class)
                .getBackendPID();
    }

    /** Ends the session beneath the connection. */
    final void kill() throws SQLException {
        kill(pid());
    }

    static void kill(int pid) throws SQLException {
        admin("select pg_terminate_backend(" + pid + ", 5000)");
    }

    static void admin(String... statements) throws SQLException {
        try (Statement statement = admin.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    final void update(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    final String text(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    static List<String> values() throws SQLException {
        return values(admin);
    }

    static List<String> values(Connection from) throws SQLException {
        List<String> values = new ArrayList<>();
        try (Statement statement = from.createStatement();
                ResultSet rows = statement.executeQuery("select v from public.t order by id")) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }

    static long number(String sql) throws SQLException {
        try (Statement statement = admin.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** The open transaction was lost, and is not done again. */
    final void refused(ReplayOff reason) throws SQLException {
        assertThatThrownBy(() -> update("insert into t (v) values ('x')"))
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("It was not replayed: " + reason.reason());
        connection.rollback();
    }
}
