package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.PrepareRequest;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a coming switchover does to the pools of a real pair. */
@SuppressWarnings("NullAway.Init")
@Timeout(60)
class WarmUpIT {

    private static PostgresPair pair;

    @BeforeAll
    static void start() throws SQLException {
        pair = PostgresPair.start();
        execute(pair.primary(), "CREATE TABLE warm (id int PRIMARY KEY, at timestamptz, tags text[], v jsonb)");
        execute(pair.primary(), "CREATE SEQUENCE drawn");
        pair.awaitStreaming();
    }

    @AfterAll
    static void stop() {
        pair.close();
    }

    private static void execute(PostgresNode node, String sql) throws SQLException {
        try (Connection connection = node.dataSource(pair.application()).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static HikariDataSource pool(PostgresNode node, boolean autoCommit) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://%s/%s?ApplicationName=warmed"
                .formatted(node.endpoint(), PostgresPair.APPLICATION_DATABASE));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(5);
        config.setMinimumIdle(1);
        config.setAutoCommit(autoCommit);
        return new HikariDataSource(config);
    }

    private static PrepareRequest request() {
        return new PrepareRequest("shop", "op", pair.standby().id(), Deadline.after(Duration.ofSeconds(20)));
    }

    private static List<String> lastQueriesOnTheStandby() throws SQLException {
        List<String> queries = new ArrayList<>();
        try (Connection connection = pair.standby().dataSource(pair.superuser()).getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT state || ': ' || query FROM pg_stat_activity WHERE application_name = 'warmed'")) {
            while (row.next()) {
                queries.add(row.getString(1));
            }
        }
        return queries;
    }

    private static void use(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            assertThat(statement).isNotNull();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void asManySessionsOfTheStandbyAsAreInUsePlanWhatTheApplicationPrepared(boolean autoCommit) throws Exception {
        try (HikariDataSource primary = pool(pair.primary(), true);
                HikariDataSource standby = pool(pair.standby(), autoCommit);
                ReconnectingDataSource dataSource = ReconnectingDataSource.builder()
                        .node(pair.primary().id(), primary)
                        .node(pair.standby().id(), standby)
                        .build();
                Connection one = dataSource.getConnection();
                Connection two = dataSource.getConnection();
                Connection three = dataSource.getConnection()) {
            use(one, "UPDATE warm SET at = ?, tags = ?, v = ? WHERE id = ?");

            dataSource.prepare(request());

            assertThat(two).isNotSameAs(three);
            assertThat(standby.getHikariPoolMXBean().getActiveConnections()).isZero();
            String last = autoCommit
                    ? "idle: EXPLAIN UPDATE warm SET at = $1, tags = $2, v = $3 WHERE id = $4"
                    : "idle: ROLLBACK";
            assertThat(lastQueriesOnTheStandby()).filteredOn(last::equals).hasSize(3);
            try (Connection back = standby.getConnection()) {
                assertThat(back.getAutoCommit()).isEqualTo(autoCommit);
            }
        }
    }

    @Test
    void nothingIsRunAndWhatCannotBePlannedIsNotTriedAgain() throws Exception {
        try (HikariDataSource primary = pool(pair.primary(), true);
                HikariDataSource standby = pool(pair.standby(), true);
                ReconnectingDataSource dataSource = ReconnectingDataSource.builder()
                        .node(pair.primary().id(), primary)
                        .node(pair.standby().id(), standby)
                        .build();
                Connection connection = dataSource.getConnection()) {
            use(connection, "SELECT pg_advisory_lock(77), nextval('drawn')");
            use(connection, "SELECT gone FROM gone_too");

            dataSource.prepare(request());

            try (Connection looking =
                            pair.standby().dataSource(pair.superuser()).getConnection();
                    Statement statement = looking.createStatement();
                    ResultSet locks =
                            statement.executeQuery("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")) {
                locks.next();
                assertThat(locks.getInt(1)).isZero();
            }
            long refusals = refusals();
            assertThat(refusals).isEqualTo(1);
            dataSource.prepare(request());
            assertThat(refusals()).isEqualTo(refusals);
        }
    }

    private static long refusals() throws Exception {
        try (var lines = java.nio.file.Files.lines(pair.standby().logFile())) {
            return lines.filter(line -> line.contains("gone_too") && line.contains("ERROR"))
                    .count();
        }
    }
}
