package io.switchover4j.jdbc.internal;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.Endpoint;
import io.switchover4j.jdbc.CommitLedger;
import io.switchover4j.jdbc.LostCommits;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.testkit.FaultPoint;
import io.switchover4j.testkit.FaultProxy;
import io.switchover4j.testkit.FaultTrigger;
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
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;

/** A real pair behind proxies that cut answers, and a DataSource with a commit ledger over it. */
@SuppressWarnings("NullAway.Init")
@Timeout(120)
abstract class LostAnswers {

    static final Duration SOON = Duration.ofSeconds(10);
    static final CommitLedger LEDGER = CommitLedger.table("switchover4j_commit");
    static final Random RANDOM = new Random();
    static PostgresPair shared;
    static ProxiedPair proxied;
    static FaultProxy proxy;
    final Deque<AutoCloseable> resources = new ArrayDeque<>();
    final List<LostCommits> alarms = new CopyOnWriteArrayList<>();
    final int id = RANDOM.nextInt(Integer.MAX_VALUE);
    PostgresPair pair = shared;

    @BeforeAll
    static void start() throws SQLException {
        shared = PostgresPair.start();
        proxied = shared.proxied();
        proxy = proxied.proxy("a");
        prepare(shared);
    }

    static void prepare(PostgresPair pair) throws SQLException {
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

    static FaultPoint at(FaultTrigger trigger, int point) {
        return switch (point) {
            case 0 -> trigger.beforeSent();
            case 1 -> trigger.afterSent();
            default -> trigger.afterApplied();
        };
    }

    ReconnectingDataSource dataSource(String mode, UnaryOperator<ReconnectingDataSource.Builder> options) {
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

    HikariDataSource pool(String name, Endpoint at, String mode) {
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

    Connection transaction(ReconnectingDataSource dataSource) throws SQLException {
        Connection connection = dataSource.getConnection();
        connection.setAutoCommit(false);
        insert(connection, id);
        return connection;
    }

    /** So that the next COMMIT is that of a write. */
    static void openSlots(Connection connection) throws SQLException {
        execute(connection, "DELETE FROM u WHERE id = 0");
    }

    static int insert(Connection connection, int id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO t VALUES (?, 'x')")) {
            statement.setInt(1, id);
            return statement.executeUpdate();
        }
    }

    static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    long rows() throws SQLException {
        return count("SELECT count(*) FROM t WHERE id = " + id);
    }

    long idleInTransaction() throws SQLException {
        return count("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'");
    }

    long count(String sql) throws SQLException {
        try (Connection connection = pair.primary().dataSource(pair.superuser()).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET search_path = public");
            try (ResultSet row = statement.executeQuery(sql)) {
                row.next();
                return row.getLong(1);
            }
        }
    }
}
