package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Numbers that a lost transaction drew from a sequence, after a crash that may have taken the record of the draw with it. */
@SuppressWarnings("NullAway.Init")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class DrawnKeysIT {

    private static final String DRAW = "SELECT nextval('s')";

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private PostgresPair pair;
    private PostgresNode old;
    private PostgresNode next;
    private ReconnectingDataSource dataSource;

    @BeforeEach
    void start() throws SQLException {
        pair = PostgresPair.builder().setting("log_statement", "all").start();
        resources.push(pair);
        old = pair.primary();
        next = pair.standby();
        try (Connection connection = old.dataSource(pair.application()).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE SEQUENCE s");
            statement.execute("CREATE TABLE t (id bigint, v text)");
        }
        pair.awaitStreaming();
        ReconnectingDataSource.Builder builder =
                ReconnectingDataSource.builder().name("drawn");
        for (PostgresNode node : pair.nodes()) {
            builder.node(node.id(), pool(node));
        }
        dataSource = builder.build();
        resources.push(dataSource);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    private HikariDataSource pool(PostgresNode node) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(node.url(PostgresPair.APPLICATION_DATABASE));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(4);
        config.setInitializationFailTimeout(-1);
        HikariDataSource pool = new HikariDataSource(config);
        resources.push(pool);
        return pool;
    }

    @Test
    void oneThatTheNewPrimaryGaveToOthersIsNotKept() throws Exception {
        NoErrorIT.stopReceiving(next);
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            long drawn = number(connection, DRAW);
            old.crash();
            promote();
            try (Connection other = onNewPrimary()) {
                assertThat(number(other, DRAW)).isEqualTo(drawn);
                number(other, DRAW);
            }
            assertThatThrownBy(() -> insert(connection, drawn))
                    .isInstanceOf(UnitNotAppliedException.class)
                    .hasMessageContaining("%d may be given to others".formatted(drawn));
            connection.rollback();
        }
    }

    @Test
    void oneThatMayBeGivenOutAgainIsDrawnBeforeAnybodyElseDraws() throws Exception {
        NoErrorIT.stopReceiving(next);
        try (Connection connection = dataSource.getConnection();
                Connection another = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            another.setAutoCommit(false);
            long first = number(another, DRAW);
            long second = number(connection, DRAW);
            old.crash();
            promote();
            try (Connection begunHere = dataSource.getConnection()) {
                assertThat(number(begunHere, DRAW)).isGreaterThan(second);
            }
            insert(connection, second);
            connection.commit();
            insert(another, first);
            another.commit();
            assertThat(number(connection, "SELECT count(*) FROM t WHERE id IN (%d, %d)".formatted(first, second)))
                    .isEqualTo(2);
            assertThat(number(connection, DRAW)).isGreaterThan(second);
        }
    }

    @Test
    void drawingThemBeforehandWaitsForNoStandbyAsACommitWould() throws Exception {
        NoErrorIT.stopReceiving(next);
        try (Connection standby = next.connect();
                Statement statement = standby.createStatement()) {
            statement.execute("ALTER SYSTEM SET synchronous_standby_names = '*'");
            statement.execute("SELECT pg_reload_conf()");
        }
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            long drawn = number(connection, DRAW);
            old.crash();
            promote();
            CompletableFuture<Long> one = CompletableFuture.supplyAsync(() -> {
                try (Connection begunHere = dataSource.getConnection()) {
                    return number(begunHere, "SELECT 1");
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(one).succeedsWithin(30, TimeUnit.SECONDS).isEqualTo(1L);
            insert(connection, drawn);
            connection.rollback();
        }
    }

    @Test
    void oneThatTheStandbyHadIsKept() throws Exception {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            long drawn = number(connection, DRAW);
            try (Connection other = old.dataSource(pair.application()).getConnection()) {
                // A commit behind the draw, which takes its record along.
                insert(other, -1);
            }
            pair.awaitStreaming();
            PostgresLedgerIT.await("the standby has the commit", () -> {
                try (Connection standby = next.dataSource(pair.application()).getConnection()) {
                    return number(standby, "SELECT count(*) FROM t") == 1;
                }
            });
            old.crash();
            CompletableFuture<?> inserted = CompletableFuture.runAsync(() -> {
                try {
                    insert(connection, drawn);
                    connection.commit();
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            PostgresLedgerIT.await(
                    "the watch looks how far the standby is",
                    () -> Files.readString(next.logFile()).contains("pg_sequence_last_value")
                            && dataSource.statistics().waiting() > 0);
            promote();
            inserted.get(60, TimeUnit.SECONDS);
            try (Connection other = onNewPrimary()) {
                assertThat(number(other, DRAW)).isGreaterThan(drawn);
                assertThat(number(other, "SELECT count(*) FROM t WHERE id = " + drawn))
                        .isEqualTo(1);
            }
            assertThat(dataSource.replayStatistics().replayed()).isEqualTo(1);
        }
    }

    private Connection onNewPrimary() throws SQLException {
        return next.dataSource(pair.application()).getConnection();
    }

    private void promote() throws SQLException {
        try (Connection connection = next.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_promote(true)");
        }
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void insert(Connection connection, long id) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("INSERT INTO t VALUES (" + id + ", 'x')");
        }
    }
}
