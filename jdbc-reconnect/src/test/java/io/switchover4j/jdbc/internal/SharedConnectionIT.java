package io.switchover4j.jdbc.internal;

import static io.switchover4j.testkit.MessageMatcher.COMMIT;
import static io.switchover4j.testkit.MessageMatcher.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.Endpoint;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.CommitLedger;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.HoldRequest;
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
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads that share one connection in autocommit, as a driver that serializes their calls lets them. */
@SuppressWarnings("NullAway.Init")
@Timeout(120)
final class SharedConnectionIT {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int WRITERS = 4;
    private static final int WRITES = 150;
    private static final CommitLedger LEDGER = CommitLedger.table("switchover4j_commit");

    private static PostgresPair pair;
    private static ProxiedPair proxied;
    private static FaultProxy proxy;

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private final AtomicInteger written = new AtomicInteger();

    @BeforeAll
    static void start() throws SQLException {
        pair = PostgresPair.start();
        proxied = pair.proxied();
        proxy = proxied.proxy("a");
        LEDGER.createTable(pair.node("a").dataSource(pair.superuser()));
    }

    @AfterAll
    static void stopShared() {
        proxied.close();
        pair.close();
    }

    @AfterEach
    void stop() throws Exception {
        proxy.heal();
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyAcknowledgedRowIsThereOnce(boolean ledger) throws Exception {
        createTable();
        try (Connection shared = dataSource(ledger).getConnection()) {
            List<Future<Void>> threads = writers(shared);
            threads.add(PostgresLedgerIT.async(() -> reads(shared)));
            threads.add(PostgresLedgerIT.async(() -> failsByItsOwnErrors(shared)));
            for (Future<Void> thread : threads) {
                PostgresLedgerIT.get(thread);
            }
            assertThat(shared.getAutoCommit()).isTrue();
        }
        assertEveryRowIsThereOnce();
    }

    @Test
    void everyAcknowledgedRowIsThereOnceThoughTheConnectionIsCutAgainAndAgain() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        createTable();
        ReconnectingDataSource dataSource = dataSource(true);
        try (Connection shared = dataSource.getConnection()) {
            List<Future<Void>> threads = writers(shared);
            while (threads.stream().anyMatch(thread -> !thread.isDone())) {
                FaultTrigger trigger = proxy.on(random.nextBoolean() ? query("insert into shared") : COMMIT);
                point(trigger, random.nextInt(3)).cut();
                int seen = written.get();
                while (written.get() < seen + 20 && threads.stream().anyMatch(thread -> !thread.isDone())) {
                    Thread.sleep(1);
                }
            }
            for (Future<Void> thread : threads) {
                PostgresLedgerIT.get(thread);
            }
        }
        System.out.println(dataSource.ledgerStatistics());
        assertThat(dataSource.ledgerStatistics().unknown()).isZero();
        assertThat(dataSource.ledgerStatistics().settled()).isPositive();
        assertEveryRowIsThereOnce();
    }

    /** Each hold takes the physical connection from beneath them all. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyAcknowledgedRowIsThereOnceThoughTrafficIsHeldAgainAndAgain(boolean ledger) throws Exception {
        createTable();
        ReconnectingDataSource dataSource = dataSource(ledger);
        int holds = 0;
        try (Connection shared = dataSource.getConnection()) {
            List<Future<Void>> threads = writers(shared);
            threads.add(PostgresLedgerIT.async(() -> reads(shared)));
            threads.add(PostgresLedgerIT.async(() -> failsByItsOwnErrors(shared)));
            while (written.get() < WRITERS * WRITES && threads.stream().noneMatch(Future::isDone)) {
                String operation = "op-" + ++holds;
                assertThat(dataSource
                                .hold(new HoldRequest("shared", operation, Deadline.after(SOON), Deadline.after(SOON)))
                                .isDrained())
                        .isTrue();
                dataSource.release(
                        operation, new Topology("shared", "a", pair.primary().endpoint()));
                int seen = written.get();
                while (written.get() < Math.min(seen + 10, WRITERS * WRITES)
                        && threads.stream().noneMatch(Future::isDone)) {
                    Thread.sleep(1);
                }
            }
            for (Future<Void> thread : threads) {
                PostgresLedgerIT.get(thread);
            }
        }
        System.out.println(holds + " holds");
        assertThat(holds).isGreaterThan(5);
        assertEveryRowIsThereOnce();
    }

    private List<Future<Void>> writers(Connection shared) {
        List<Future<Void>> threads = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            int writer = i;
            threads.add(PostgresLedgerIT.async(() -> writes(shared, writer)));
        }
        return threads;
    }

    private Void writes(Connection shared, int writer) throws SQLException {
        try (PreparedStatement insert = shared.prepareStatement("INSERT INTO shared VALUES (?, ?)")) {
            for (int row = 0; row < WRITES; row++) {
                insert.setInt(1, writer);
                insert.setInt(2, row);
                assertThat(insert.executeUpdate()).isEqualTo(1);
                written.incrementAndGet();
            }
        }
        return null;
    }

    private Void reads(Connection shared) throws SQLException {
        try (PreparedStatement select = shared.prepareStatement("SELECT n FROM generate_series(1, 20) AS n")) {
            while (written.get() < WRITERS * WRITES) {
                try (ResultSet rows = select.executeQuery()) {
                    for (int n = 1; n <= 20; n++) {
                        assertThat(rows.next()).isTrue();
                        assertThat(rows.getInt(1)).isEqualTo(n);
                    }
                    assertThat(rows.next()).isFalse();
                }
                shared.setClientInfo("ApplicationName", "shared");
                assertThat(shared.getMetaData().getURL()).isNotNull();
                assertThat(shared.isValid(5)).isTrue();
            }
        }
        return null;
    }

    /** None of them may take a write of another thread with it. */
    private Void failsByItsOwnErrors(Connection shared) throws SQLException {
        while (written.get() < WRITERS * WRITES) {
            try (Statement statement = shared.createStatement();
                    PreparedStatement described = shared.prepareStatement("SELECT * FROM no_such_table")) {
                assertThatThrownBy(() -> statement.executeUpdate("INSERT INTO shared VALUES (0, 1 / 0)"))
                        .hasMessageContaining("division by zero");
                assertThatThrownBy(described::getMetaData).hasMessageContaining("no_such_table");
            }
        }
        return null;
    }

    private static FaultPoint point(FaultTrigger trigger, int point) {
        return switch (point) {
            case 0 -> trigger.beforeSent();
            case 1 -> trigger.afterSent();
            default -> trigger.afterApplied();
        };
    }

    private static void createTable() throws SQLException {
        execute("DROP TABLE IF EXISTS shared", "CREATE TABLE shared (writer int, row int)");
    }

    private static void execute(String... statements) throws SQLException {
        try (Connection connection =
                        pair.primary().dataSource(pair.application()).getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static void assertEveryRowIsThereOnce() throws SQLException {
        try (Connection connection =
                        pair.primary().dataSource(pair.application()).getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*), count(DISTINCT (writer, row)) FROM shared")) {
            row.next();
            assertThat(row.getInt(1)).as("rows").isEqualTo(WRITERS * WRITES);
            assertThat(row.getInt(2)).as("different rows").isEqualTo(WRITERS * WRITES);
        }
    }

    private ReconnectingDataSource dataSource(boolean ledger) {
        ReconnectingDataSource.Builder builder =
                ReconnectingDataSource.builder().name("shared");
        if (ledger) {
            builder.commitLedger(LEDGER);
        }
        for (PostgresNode node : pair.nodes()) {
            builder.node(node.id(), pool(node.id(), proxied.proxy(node.id()).endpoint()));
        }
        ReconnectingDataSource dataSource = builder.build();
        resources.push(dataSource);
        return dataSource;
    }

    private HikariDataSource pool(String name, Endpoint at) {
        var config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl("jdbc:postgresql://%s:%d/%s?preferQueryMode=extendedForPrepared"
                .formatted(at.host(), at.port(), PostgresPair.APPLICATION_DATABASE));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(4);
        config.setConnectionTimeout(5_000);
        config.setInitializationFailTimeout(-1);
        var pool = new HikariDataSource(config);
        resources.push(pool);
        return pool;
    }
}
