package io.switchover4j.frameworks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/** A pair, a DataSource over pools of its nodes, and the switches that tests make. */
final class Rig implements AutoCloseable {

    /** A thread for each task: the common pool has one on two processors, and with JDK 25 what waits there keeps the rest back. */
    static final Executor THREADS = task -> {
        Thread thread = new Thread(task, "rig");
        thread.setDaemon(true);
        thread.start();
    };

    private static final String INSTANCE = "frameworks";

    final PostgresPair pair = PostgresPair.start();
    final ReconnectingDataSource dataSource;
    private final List<AutoCloseable> resources = new ArrayList<>(List.of(pair));
    private int operations;

    Rig() {
        ReconnectingDataSource.Builder builder =
                ReconnectingDataSource.builder().name(INSTANCE);
        for (PostgresNode node : pair.nodes()) {
            builder.node(node.id(), pool(node));
        }
        dataSource = builder.build();
        resources.add(dataSource);
    }

    private HikariDataSource pool(PostgresNode node) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(node.id());
        config.setJdbcUrl(node.url(PostgresPair.APPLICATION_DATABASE));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(16);
        config.setMinimumIdle(4);
        config.setConnectionTimeout(10_000);
        config.setInitializationFailTimeout(-1);
        HikariDataSource pool = new HikariDataSource(config);
        resources.add(pool);
        return pool;
    }

    /** Past the DataSource, on the primary, as the application's user. */
    void execute(String... statements) throws SQLException {
        try (Connection connection =
                        pair.primary().dataSource(pair.application()).getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    long number(String sql) throws SQLException {
        try (Connection connection =
                        pair.primary().dataSource(pair.application()).getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** A hold, in force when this returns, that is released by {@link Held#release}. */
    Held hold(Duration drain) throws InterruptedException {
        long before = dataSource.statistics().holds();
        Held held = beginHold(drain);
        await("the hold begins", () -> dataSource.statistics().holds() > before);
        return held;
    }

    private Held beginHold(Duration drain) {
        String operation = "op-" + ++operations;
        HoldRequest request =
                new HoldRequest(INSTANCE, operation, Deadline.after(drain), Deadline.after(Duration.ofSeconds(60)));
        return new Held(
                operation,
                CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return dataSource.hold(request);
                            } catch (InterruptedException e) {
                                throw new CompletionException(e);
                            }
                        },
                        THREADS));
    }

    final class Held {

        private final String operation;
        private final CompletableFuture<DrainResult> drained;

        private Held(String operation, CompletableFuture<DrainResult> drained) {
            this.operation = operation;
            this.drained = drained;
        }

        DrainResult drained() {
            return drained.join();
        }

        void release() {
            PostgresNode primary = pair.primary();
            dataSource.release(operation, new Topology(INSTANCE, primary.id(), primary.endpoint()));
        }
    }

    /** Stops the primary and promotes the standby; returns the old primary, which is down. */
    PostgresNode stopAndPromote() throws SQLException {
        pair.awaitStreaming();
        PostgresNode old = pair.primary();
        PostgresNode next = pair.standby();
        old.stop();
        try (Connection connection = next.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_promote(true)");
        }
        return old;
    }

    /** Makes the old primary a standby again. */
    void rejoin(PostgresNode old) {
        old.reseedFrom(pair.primary());
        pair.awaitStreaming();
    }

    /** Ends the session of the application's connection that runs this statement now, or ran it last. */
    void killSessionOf(String statementStart) throws SQLException {
        try (Connection connection = pair.primary().connect();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'app' AND pid <> pg_backend_pid()"
                            + " AND query LIKE '" + statementStart + "%'");
        }
    }

    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > until) {
                throw new AssertionError("Not in time: " + what);
            }
            Thread.sleep(5); // what is waited for offers no event
        }
    }

    @Override
    public void close() throws Exception {
        Collections.reverse(resources);
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }
}
