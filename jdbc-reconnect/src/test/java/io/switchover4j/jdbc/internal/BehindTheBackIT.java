package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.Endpoint;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.testkit.MovingEndpoint;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A promotion by somebody else, in both forms, with real pools over a real pair. */
@SuppressWarnings("NullAway.Init")
@Timeout(120)
class BehindTheBackIT {

    private final List<AutoCloseable> resources = new ArrayList<>();
    private PostgresPair pair;

    @BeforeEach
    void start() throws SQLException {
        pair = PostgresPair.start();
        resources.add(pair);
        try (Connection connection =
                        pair.primary().dataSource(pair.application()).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE entry (id bigint)");
        }
        pair.awaitStreaming();
    }

    @AfterEach
    void stop() throws Exception {
        Collections.reverse(resources);
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    private HikariDataSource pool(String name, Endpoint endpoint) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl("jdbc:postgresql://%s:%d/%s"
                .formatted(endpoint.host(), endpoint.port(), PostgresPair.APPLICATION_DATABASE));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(4);
        config.setConnectionTimeout(5_000);
        HikariDataSource pool = new HikariDataSource(config);
        resources.add(pool);
        return pool;
    }

    private ReconnectingDataSource nodes() {
        ReconnectingDataSource.Builder builder =
                ReconnectingDataSource.builder().name("nodes");
        for (PostgresNode node : pair.nodes()) {
            builder.node(node.id(), pool(node.id(), node.endpoint()));
        }
        ReconnectingDataSource dataSource = builder.build();
        resources.add(dataSource);
        return dataSource;
    }

    private static void insert(Connection connection, long id) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("INSERT INTO entry VALUES (" + id + ")");
        }
        connection.commit();
    }

    /** As an application that repeats what was certainly not applied, and nothing else. */
    private static void insertRepeating(ReconnectingDataSource dataSource, long id) throws SQLException {
        while (true) {
            try (Connection connection = dataSource.getConnection()) {
                insert(connection, id);
                return;
            } catch (SQLException e) {
                if (!"40001".equals(e.getSQLState())) {
                    throw e;
                }
            }
        }
    }

    private static void promote(PostgresNode node) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_promote(false)");
        }
    }

    private long count() throws SQLException {
        try (Connection connection = pair.primary().dataSource(pair.superuser()).getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM entry")) {
            row.next();
            return row.getLong(1);
        }
    }

    @Test
    void theNodesAreFollowedToAndFro() throws Exception {
        ReconnectingDataSource dataSource = nodes();
        try (Connection kept = dataSource.getConnection()) {
            insert(kept, 0);
            for (int round = 1; round <= 2; round++) {
                PostgresNode old = pair.primary();
                PostgresNode next = pair.standby();
                old.stop();
                promote(next);
                insertRepeating(dataSource, round);
                assertThat(pair.primary()).isSameAs(next);
                old.reseedFrom(next);
                pair.awaitStreaming();
            }
        }
        assertThat(count()).isEqualTo(3);
        assertThat(dataSource.statistics().primaries()).isEqualTo(3);
    }

    @Test
    void aPromotionWhileTheOldPrimaryLivesOnIsFollowed() throws Exception {
        ReconnectingDataSource dataSource = nodes();
        PostgresNode old = pair.primary();
        try (Connection kept = dataSource.getConnection()) {
            insert(kept, 1);
            pair.awaitStreaming();
            promote(pair.standby());
            awaitPrimaries(dataSource, 2);
            for (long id = 2; id < 10; id++) {
                insert(kept, id);
            }
        }
        assertThat(pair.primary()).isNotSameAs(old);
        assertThat(count()).isEqualTo(9);
    }

    private static void awaitPrimaries(ReconnectingDataSource dataSource, int primaries) throws InterruptedException {
        long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (dataSource.statistics().primaries() < primaries) {
            assertThat(System.nanoTime()).as("no new primary was seen").isLessThan(until);
            Thread.sleep(5); // the watch offers no event
        }
    }

    @Test
    void anEndpointIsFollowedToAndFro() throws Exception {
        MovingEndpoint endpoint = MovingEndpoint.to(pair.primary().endpoint());
        resources.add(endpoint);
        ReconnectingDataSource dataSource = ReconnectingDataSource.wrap(pool("moving", endpoint.endpoint()));
        resources.add(dataSource);
        insertRepeating(dataSource, 0);
        for (int round = 1; round <= 2; round++) {
            PostgresNode old = pair.primary();
            PostgresNode next = pair.standby();
            old.stop();
            promote(next);
            endpoint.pointTo(next.endpoint());
            insertRepeating(dataSource, round);
            assertThat(pair.primary()).isSameAs(next);
            old.reseedFrom(next);
            pair.awaitStreaming();
        }
        assertThat(count()).isEqualTo(3);
        assertThat(dataSource.statistics().primaries()).isEqualTo(3);
    }

    @Test
    void aCrashedPrimaryThatComesBackGoesOn() throws Exception {
        ReconnectingDataSource dataSource = nodes();
        PostgresNode primary = pair.primary();
        insertRepeating(dataSource, 1);

        primary.crash();
        primary.start();
        insertRepeating(dataSource, 2);

        assertThat(count()).isEqualTo(2);
        assertThat(dataSource.statistics().primaries()).isEqualTo(1);
    }

    @Test
    void afterASwitchNoPoolHoldsAnOldConnectionToTheDemotedNode() throws Exception {
        ReconnectingDataSource dataSource = nodes();
        PostgresNode old = pair.primary();
        insertRepeating(dataSource, 1);
        pair.awaitStreaming();
        Set<Integer> before = sessions(old);
        assertThat(before).isNotEmpty();

        promote(pair.standby());
        awaitPrimaries(dataSource, 2);
        insertRepeating(dataSource, 2);

        long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (sessions(old).stream().anyMatch(before::contains)) {
            assertThat(System.nanoTime()).as("old connections stayed").isLessThan(until);
            Thread.sleep(20); // the pool closes in its own time
        }
    }

    /** The sessions of the pool on {@code node}. */
    private static Set<Integer> sessions(PostgresNode node) throws SQLException {
        Set<Integer> pids = new HashSet<>();
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pid FROM pg_stat_activity WHERE usename = 'app'"
                        + " AND application_name <> 'switchover4j-watch'")) {
            while (row.next()) {
                pids.add(row.getInt(1));
            }
        }
        return pids;
    }
}
