package io.switchover4j.jdbc.internal;

import static java.util.Objects.requireNonNull;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
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
    private static Connection admin;

    ReplayCounters counters;
    FakeTraffic traffic;
    LogicalConnection connection;

    @BeforeAll
    static void startPair() throws SQLException {
        pair = PostgresPair.start();
        var config = new HikariConfig();
        config.setJdbcUrl(pair.node("a").url(PostgresPair.APPLICATION_DATABASE));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(4);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(2_000);
        hikari = new HikariDataSource(config);
        admin = pair.node("a").dataSource(pair.application()).getConnection();
    }

    @AfterAll
    static void closePair() throws SQLException {
        admin.close();
        hikari.close();
        pair.close();
    }

    @BeforeEach
    void open() throws SQLException {
        admin("drop table if exists t", "create table t (id serial primary key, v text)");
        counters = new ReplayCounters();
        traffic = new FakeTraffic(NodePools.of("a", hikari));
        traffic.dialect = new PostgresDialect();
        traffic.replayOptions = new ReplayOptions(true, ReplayOptions.DEFAULT_LIMIT, counters);
        connection = LogicalConnection.open(traffic);
        connection.setAutoCommit(false);
    }

    @AfterEach
    void close() {
        connection.close();
    }

    /** Ends the session beneath the connection; asked past it, so that nothing of that is seen. */
    final void kill() throws SQLException {
        int pid = requireNonNull(connection.attachedOrNull())
                .unwrap(PGConnection.class)
                .getBackendPID();
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
        List<String> values = new ArrayList<>();
        try (Statement statement = admin.createStatement();
                ResultSet rows = statement.executeQuery("select v from public.t order by id")) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }
}
