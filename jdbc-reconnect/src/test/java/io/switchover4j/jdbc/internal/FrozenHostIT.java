package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.Endpoint;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.testkit.Direction;
import io.switchover4j.testkit.FaultProxy;
import io.switchover4j.testkit.MessageKind;
import io.switchover4j.testkit.MovingEndpoint;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import io.switchover4j.testkit.ProxiedConnection;
import io.switchover4j.testkit.ProxiedPair;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real primary that stops answering without closing its sockets. */
@SuppressWarnings("NullAway.Init")
@Timeout(300)
final class FrozenHostIT {

    /** Fewer connections than workers: some always wait for the pool. */
    private static final int POOL_SIZE = 4;

    private static final int WORKERS = 6;

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private PostgresPair pair;
    private ProxiedPair proxied;
    private @Nullable MovingEndpoint endpoint;

    enum Form {
        NODES,
        ENDPOINT
    }

    @AfterEach
    void stop() throws Exception {
        threads.shutdownNow();
        for (AutoCloseable resource : resources) {
            resource.close();
        }
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }

    private void startPair() throws SQLException {
        pair = PostgresPair.start();
        resources.push(pair);
        proxied = pair.proxied();
        resources.push(proxied);
        try (Connection connection =
                        pair.primary().dataSource(pair.application()).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE entry (id bigint)");
        }
        pair.awaitStreaming();
    }

    /** The application's connections go through the proxies, the watch's do not: so bytes can be told apart. */
    private ReconnectingDataSource dataSource(Form form) throws Exception {
        ReconnectingDataSource.Builder builder =
                ReconnectingDataSource.builder().name(form.name().toLowerCase(java.util.Locale.ROOT));
        if (form == Form.ENDPOINT) {
            MovingEndpoint moving =
                    MovingEndpoint.to(proxied.proxy(pair.primary()).endpoint());
            resources.push(moving);
            endpoint = moving;
            builder.endpoint(pool("endpoint", moving.endpoint(), 30_000));
        } else {
            for (PostgresNode node : pair.nodes()) {
                builder.node(node.id(), pool(node.id(), proxied.proxy(node).endpoint(), 30_000))
                        .probe(node.id(), node.dataSource(pair.application(), PostgresPair.APPLICATION_DATABASE));
            }
        }
        ReconnectingDataSource dataSource = builder.build();
        resources.push(dataSource);
        return dataSource;
    }

    private HikariDataSource pool(String name, Endpoint at, int validationMillis) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl("jdbc:postgresql://%s:%d/%s?loginTimeout=2"
                .formatted(at.host(), at.port(), PostgresPair.APPLICATION_DATABASE));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(POOL_SIZE);
        config.setConnectionTimeout(60_000);
        config.setValidationTimeout(validationMillis);
        config.setInitializationFailTimeout(-1);
        HikariDataSource pool = new HikariDataSource(config);
        resources.push(pool);
        return pool;
    }

    // The pair under load

    @ParameterizedTest
    @EnumSource(Form.class)
    void aFrozenPrimaryIsLeftForTheNewOne(Form form) throws Exception {
        freezeUnderLoad(form, form == Form.NODES ? 2 : 1);
    }

    @ParameterizedTest
    @EnumSource(Form.class)
    @Tag("soak")
    void frozenPrimariesAreLeftAgainAndAgain(Form form) throws Exception {
        freezeUnderLoad(form, 20);
    }

    private void freezeUnderLoad(Form form, int times) throws Exception {
        startPair();
        ReconnectingDataSource dataSource = dataSource(form);
        List<Long> firstCommits = new ArrayList<>();
        List<Long> allCommits = new ArrayList<>();
        List<Long> suspicions = new ArrayList<>();
        try (Inserters inserters = new Inserters(dataSource, WORKERS)) {
            for (int round = 1; round <= times; round++) {
                PostgresNode old = pair.primary();
                PostgresNode next = pair.standby();
                inserters.awaitCommitOfEach();
                long cutBefore = dataSource.statistics().cutOff();
                long suspicionsBefore = dataSource.statistics().suspicions();

                Instant frozen = Instant.now();
                long frozenAt = System.nanoTime();
                old.freeze();
                awaitSuspicion(dataSource, suspicionsBefore);
                suspicions.add(millisSince(frozenAt));
                assertThat(dataSource.statistics().cutOff())
                        .as("nothing is aborted without a new primary")
                        .isEqualTo(cutBefore);
                if (round % 2 == 0) {
                    // Long enough that idle connections are validated before they are given out.
                    TimeUnit.MILLISECONDS.sleep(800);
                }
                long promoted = promote(next);
                if (endpoint != null) {
                    endpoint.pointNewTo(proxied.proxy(next).endpoint());
                    promoted = System.nanoTime();
                }
                inserters.awaitCommitOfEach();
                firstCommits.add(TimeUnit.NANOSECONDS.toMillis(inserters.firstCommitAfter(promoted) - promoted));
                allCommits.add(millisSince(promoted));

                String sessions = sessions(proxied.proxy(old), frozen);
                assertThat(sentAfter(proxied.proxy(old), frozen, Instant.EPOCH)).isNotEmpty();
                Instant thawed = Instant.now();
                old.thaw();
                await("the thawed primary ends what it had received", () -> living(old, sessions) == 0);
                long rows = rows(old);
                inserters.awaitCommitOfEach();
                inserters.awaitCommitOfEach();
                assertThat(sentAfter(proxied.proxy(old), frozen, thawed))
                        .as("messages to the thawed primary on connections from before the freeze")
                        .isEmpty();
                assertThat(rows(old)).as("rows on the old primary").isEqualTo(rows);

                if (round < times) {
                    old.reseedFrom(next);
                    pair.awaitStreaming();
                } else {
                    old.stop();
                }
            }
            inserters.stop();
            reconcile(inserters);
        }
        System.out.printf(
                "RESULT frozen %s: first commit after the promotion %s ms, a commit of each worker %s ms, suspected %s ms"
                        + " after the freeze%n",
                form, firstCommits, allCommits, suspicions);
        // The watch asks every 30 ms while units wait; the rest of it is for a machine that has other things to do.
        assertThat(Collections.max(firstCommits)).isLessThan(1_500);
    }

    private void reconcile(Inserters inserters) throws SQLException {
        Map<Long, Long> kept = kept(pair.primary());
        Map<Long, Long> twice = kept.entrySet().stream()
                .filter(row -> row.getValue() > 1)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        assertThat(twice).as("applied twice").isEmpty();
        assertThat(inserters.unexpected).as("errors").isEmpty();
        List<Long> lost = new ArrayList<>(inserters.acknowledged);
        lost.removeAll(kept.keySet());
        // Asynchronous replication: what was acknowledged just before the freeze may not have been received.
        assertThat(lost.size()).as("acknowledged and lost").isLessThan(2 * WORKERS * 20);
        System.out.printf(
                "RESULT acknowledged %d, unknown %s, not applied %s, lost with the old primary %d%n",
                inserters.acknowledged.size(), inserters.unknown, inserters.notApplied, lost.size());
    }

    // Threads in the pool

    @ParameterizedTest
    @EnumSource(Form.class)
    void threadsThatHangInThePoolOfAFrozenNodeAreCalledBack(Form form) throws Exception {
        startPair();
        ReconnectingDataSource dataSource = dataSource(form);
        List<Connection> open = new ArrayList<>();
        for (int i = 0; i < POOL_SIZE; i++) {
            open.add(dataSource.getConnection());
            insert(open.get(i), 100 + i);
        }
        for (int i = 0; i < 2; i++) {
            open.get(POOL_SIZE - 1 - i).close();
        }
        // HikariCP validates what was idle for longer than half a second.
        TimeUnit.MILLISECONDS.sleep(600);
        PostgresNode old = pair.primary();
        PostgresNode next = pair.standby();
        old.freeze();
        Callable<@Nullable Void> unit = () -> {
            try (Connection connection = dataSource.getConnection()) {
                connection.setAutoCommit(false);
                insert(connection, 1);
                connection.commit();
            }
            return null;
        };
        // Two hang in the validation of what is idle, two wait for a connection.
        List<Future<@Nullable Void>> hanging = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            hanging.add(threads.submit(unit));
        }
        awaitSuspicion(dataSource, 0);

        long promoted = promote(next);
        if (endpoint != null) {
            endpoint.pointNewTo(proxied.proxy(next).endpoint());
            promoted = System.nanoTime();
        }
        for (Future<@Nullable Void> each : hanging) {
            // A pool waits for 60 s here, its validation for 30 s.
            each.get(10, TimeUnit.SECONDS);
        }
        System.out.printf(
                "RESULT hanging in the pool %s: all on the new primary after %d ms%n", form, millisSince(promoted));
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        for (Connection connection : open) {
            connection.close();
        }
    }

    private static void awaitSuspicion(ReconnectingDataSource dataSource, long before) throws InterruptedException {
        await(
                "suspicion",
                () -> dataSource.statistics().suspicions() > before
                        && !dataSource.snapshot().open());
    }

    // What must not be taken for a frozen host

    @Test
    void aNodeThatAnswersAfterTwoSecondsLosesNothing() throws Exception {
        startPair();
        FaultProxy proxy = proxied.proxy(pair.primary());
        // Here the watch has to come through the slow proxy, too.
        ReconnectingDataSource.Builder nodes = ReconnectingDataSource.builder().name("nodes");
        for (PostgresNode node : pair.nodes()) {
            nodes.node(node.id(), pool(node.id(), proxied.proxy(node).endpoint(), 5_000));
        }
        try (ReconnectingDataSource asNodes = nodes.build();
                ReconnectingDataSource asEndpoint =
                        ReconnectingDataSource.wrap(pool("endpoint", proxy.endpoint(), 5_000))) {
            List<ReconnectingDataSource> both = List.of(asNodes, asEndpoint);
            List<Connection> inTransaction = new ArrayList<>();
            List<Future<Boolean>> slow = new ArrayList<>();
            for (ReconnectingDataSource dataSource : both) {
                Connection connection = dataSource.getConnection();
                connection.setAutoCommit(false);
                insert(connection, 1);
                inTransaction.add(connection);
                Connection inAutoCommit = dataSource.getConnection();
                slow.add(threads.submit(() -> {
                    try (inAutoCommit;
                            Statement statement = inAutoCommit.createStatement()) {
                        return statement.execute("SELECT pg_sleep(3.5)");
                    }
                }));
            }
            proxy.delay(Direction.TO_CLIENT, Duration.ofSeconds(2));
            for (ReconnectingDataSource dataSource : both) {
                awaitSuspicion(dataSource, 0);
            }
            for (Connection connection : inTransaction) {
                insert(connection, 2);
            }
            for (Future<Boolean> each : slow) {
                assertThat(each.get(20, TimeUnit.SECONDS)).isTrue();
            }
            proxy.delay(Direction.TO_CLIENT, Duration.ZERO);
            for (Connection connection : inTransaction) {
                connection.commit();
                connection.close();
            }
            for (ReconnectingDataSource dataSource : both) {
                try (Connection another = dataSource.getConnection()) {
                    insert(another, 3);
                }
                assertThat(dataSource.statistics().cutOff()).isZero();
                assertThat(dataSource.statistics().primaries()).isEqualTo(1);
                assertThat(dataSource.replayStatistics().cut()).isZero();
            }
        }
        assertThat(kept(pair.primary())).containsExactlyInAnyOrderEntriesOf(Map.of(1L, 2L, 2L, 2L, 3L, 2L));
    }

    @Test
    void aPauseOfTheApplicationItselfLosesNothing() throws Exception {
        startPair();
        List<String> command = new ArrayList<>(List.of(
                java.nio.file.Path.of(System.getProperty("java.home"), "bin", "java")
                        .toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath(),
                PausedApplicationMain.class.getName(),
                pair.application().user()));
        for (PostgresNode node : pair.nodes()) {
            command.add(node.url(PostgresPair.APPLICATION_DATABASE));
        }
        Process child = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        resources.push(child::destroyForcibly);
        try (java.io.BufferedReader out = child.inputReader();
                java.io.BufferedWriter in = child.outputWriter()) {
            in.write(pair.application().password() + "\n");
            in.flush();
            assertThat(out.readLine()).isEqualTo("OPEN");
            signal("STOP", child.pid());
            TimeUnit.SECONDS.sleep(3);
            signal("CONT", child.pid());
            in.write("go on\n");
            in.flush();
            // Units cut off, primaries seen, transactions lost; in both forms.
            assertThat(out.readLine()).isEqualTo("nodes 0 1 0");
            assertThat(out.readLine()).isEqualTo("endpoint 0 1 0");
        }
        assertThat(kept(pair.primary()).keySet()).containsExactlyInAnyOrder(1L, 2L, 3L, 4L);
    }

    private static String classPath() {
        return java.util.stream.Stream.of("jdk.module.path", "java.class.path")
                        .map(property -> System.getProperty(property, ""))
                        .filter(entries -> !entries.isEmpty())
                        .collect(Collectors.joining(java.io.File.pathSeparator))
                + java.io.File.pathSeparator
                + java.nio.file.Path.of("target", "test-classes").toAbsolutePath();
    }

    private static void signal(String name, long pid) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start();
        assertThat(kill.waitFor()).isZero();
    }

    // Helpers

    static void insert(Connection connection, long id) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("INSERT INTO entry VALUES (" + id + ")");
        }
    }

    /** Returns when the node was first seen writable. */
    private static long promote(PostgresNode node) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_promote(false)");
            while (true) {
                try (ResultSet row = statement.executeQuery("SELECT pg_is_in_recovery()")) {
                    row.next();
                    if (!row.getBoolean(1)) {
                        return System.nanoTime();
                    }
                }
            }
        }
    }

    /** What was sent after {@code moment}, but for their end, on the connections that were open when the host froze. */
    private static List<String> sentAfter(FaultProxy proxy, Instant frozen, Instant moment) {
        return openAt(frozen, proxy)
                .flatMap(connection -> connection.messages().stream()
                        .filter(message -> message.direction() == Direction.TO_SERVER)
                        .filter(message -> message.kind() != MessageKind.TERMINATE)
                        .filter(message -> message.at().isAfter(moment))
                        .map(message -> "%d: %s at %s, thawed at %s"
                                .formatted(connection.id(), message.kind(), message.at(), moment)))
                .toList();
    }

    /** The server processes of the connections that were open when the host froze, as a list in SQL. */
    private static String sessions(FaultProxy proxy, Instant frozen) {
        return openAt(frozen, proxy)
                .flatMap(connection -> connection.serverPid().stream().boxed())
                .map(String::valueOf)
                .collect(Collectors.joining(","));
    }

    /**
     * Those that the driver had opened by then: after the login it sends a statement of its own. What a driver was still opening it
     * goes on opening once the host answers, and nobody can keep it from that.
     */
    private static Stream<ProxiedConnection> openAt(Instant frozen, FaultProxy proxy) {
        return Stream.concat(proxy.closedConnections().stream(), proxy.connections().stream())
                .filter(connection -> connection.messages().stream()
                                .filter(message -> message.kind() == MessageKind.READY)
                                .filter(message -> message.at().isBefore(frozen))
                                .count()
                        >= 2);
    }

    private long living(PostgresNode node, String sessions) {
        try {
            return number(node, "SELECT count(*) FROM pg_stat_activity WHERE pid IN (" + sessions + ")");
        } catch (SQLException e) {
            return 1;
        }
    }

    private long rows(PostgresNode node) throws SQLException {
        return number(node, "SELECT count(*) FROM entry");
    }

    private long number(PostgresNode node, String sql) throws SQLException {
        try (Connection connection = node.dataSource(pair.superuser(), PostgresPair.APPLICATION_DATABASE)
                        .getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** How often each id is there. */
    private Map<Long, Long> kept(PostgresNode node) throws SQLException {
        Map<Long, Long> ids = new HashMap<>();
        try (Connection connection = node.dataSource(pair.application()).getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id FROM entry WHERE id < 100 OR id >= 1000")) {
            while (rows.next()) {
                ids.merge(rows.getLong(1), 1L, Long::sum);
            }
        }
        return ids;
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited 20 s in vain for: " + what).isLessThan(until);
            TimeUnit.MILLISECONDS.sleep(2); // no event is offered
        }
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }
}
