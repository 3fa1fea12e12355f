package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.Endpoint;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import io.switchover4j.jdbc.UnreachableStandby;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.HoldRequest;
import java.lang.reflect.InvocationTargetException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole DataSource, watch and threads included, over servers that are made of proxies. */
@Timeout(60)
class ReconnectTest {

    private final FakeServer a = new FakeServer("a", true);
    private final FakeServer b = new FakeServer("b", false);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<AutoCloseable> resources = new ArrayList<>();

    @AfterEach
    void closeAll() throws Exception {
        a.thaw();
        b.thaw();
        for (AutoCloseable resource : resources) {
            resource.close();
        }
        threads.shutdownNow();
        assertThat(threads.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    }

    private ReconnectingDataSource.Builder pair() {
        return ReconnectingDataSource.builder()
                .name("orders")
                .node("a", a.dataSource())
                .node("b", b.dataSource())
                .watchInterval(Duration.ofMillis(50))
                .reconnectTimeout(Duration.ofSeconds(20));
    }

    private ReconnectingDataSource built(ReconnectingDataSource.Builder builder) {
        ReconnectingDataSource dataSource = builder.build();
        resources.add(dataSource);
        return dataSource;
    }

    private static void write(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("INSERT INTO t VALUES (1)");
        }
    }

    /** An autocommit write whose connection was lost in flight is 08007, unless the watch saw the promotion first. */
    private static void writeAgainIfLost(Connection connection) throws SQLException {
        try {
            write(connection);
        } catch (UnitOutcomeUnknownException e) {
            write(connection);
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited 10 s in vain").isLessThan(until);
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private static HoldRequest request(String operation) {
        return new HoldRequest(
                "shop", operation, Deadline.after(Duration.ofSeconds(10)), Deadline.after(Duration.ofSeconds(30)));
    }

    @Test
    void aPromotionBehindItsBackIsFollowed() throws Exception {
        ReconnectingDataSource orders = built(pair());
        try (Connection connection = orders.getConnection()) {
            write(connection);
            assertThat(a.statements()).isEqualTo(1);

            b.promote(2);
            a.stop();
            writeAgainIfLost(connection);
        }
        assertThat(b.statements()).isEqualTo(1);
        await(() -> orders.statistics().primaries() == 2);
    }

    @Test
    void aPromotionIsNoticedWithoutTraffic() throws Exception {
        ReconnectingDataSource orders = built(pair());
        Connection connection = orders.getConnection();
        write(connection);

        b.promote(2);
        await(() -> orders.statistics().primaries() == 2);
        write(connection);

        assertThat(a.statements()).isEqualTo(1);
        assertThat(b.statements()).isEqualTo(1);
    }

    @Test
    void theFirstConnectionWaitsForTheFirstPrimary() throws Exception {
        a.demote();
        ReconnectingDataSource orders = built(pair());
        Future<Connection> connection = threads.submit(() -> orders.getConnection());
        await(() -> orders.statistics().waiting() == 1);

        b.promote(2);

        write(connection.get(5, TimeUnit.SECONDS));
        assertThat(b.statements()).isEqualTo(1);
    }

    @Test
    void aWaitInVainNamesEveryNode() throws Exception {
        a.stop();
        b.refuse(new SQLException("FATAL: password authentication failed for user \"app\"", "28P01"));
        ReconnectingDataSource orders = built(pair().reconnectTimeout(Duration.ofMillis(300)));

        assertThatThrownBy(orders::getConnection)
                .isInstanceOf(NoPrimaryException.class)
                .hasMessageMatching("No primary for 'orders' within 3\\d\\d ms: a failed: Connection to a refused;"
                        + " b failed: FATAL: password authentication failed for user \"app\"."
                        + " The unit of work was not started.")
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(2));
        assertThat(orders.statistics().timedOut()).isEqualTo(1);
    }

    @Test
    void closeEndsWaitsAndThreadsAndLeavesThePoolsAlone() throws Exception {
        a.demote();
        ReconnectingDataSource orders = built(pair().name("closing"));
        Future<Connection> connection = threads.submit(() -> orders.getConnection());
        await(() -> orders.statistics().waiting() == 1);

        orders.close();
        orders.close();

        assertThatThrownBy(() -> connection.get(5, TimeUnit.SECONDS))
                .hasRootCauseMessage("The DataSource 'closing' is closed; the unit of work was not started");
        // A pool of threads says that it is over while the last one is still on its way out.
        await(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("switchover4j-closing-")));
        assertThat(a.openConnections()).isZero();
        try (Connection direct = a.dataSource().getConnection()) {
            assertThat(direct.isValid(1)).isTrue();
        }
        assertThat(orders.hold(request("op")).isDrained()).isTrue();
        orders.release("op", new Topology("shop", "b", new Endpoint("localhost", 1)));
    }

    @Test
    void anUnreachableStandbyCostsNothingByDefault() throws Exception {
        b.stop();
        ReconnectingDataSource orders = built(pair());

        try (Connection connection = orders.getConnection()) {
            write(connection);
        }
        assertThat(a.statements()).isEqualTo(1);
    }

    @Test
    void anUnreachableStandbyStopsThePrimaryIfAsked() throws Exception {
        b.stop();
        ReconnectingDataSource orders =
                built(pair().unreachableStandby(UnreachableStandby.STOP).reconnectTimeout(Duration.ofMillis(300)));

        assertThatThrownBy(orders::getConnection)
                .isInstanceOf(NoPrimaryException.class)
                .hasMessageContaining("a is writable on history 1, but b failed: Connection to b refused"
                        .replace("a is writable on history 1, but", "a is writable, but"))
                .hasMessageContaining("a primary alone may not be used");

        b.start(false);
        orders.getConnection().close();
    }

    @Test
    void aSilentPrimaryIsSuspectedAndNothingIsAborted() throws Exception {
        ReconnectingDataSource orders = built(pair());
        Connection connection = orders.getConnection();
        connection.setAutoCommit(false);
        write(connection);

        a.freeze();
        Future<Integer> slow = threads.submit(() -> {
            write(connection);
            connection.commit();
            return a.statements();
        });
        TimeUnit.MILLISECONDS.sleep(1_500); // longer than it takes to suspect it
        Future<Connection> other = threads.submit(() -> orders.getConnection());
        await(() -> orders.statistics().waiting() == 1);
        assertThat(slow.isDone()).isFalse();

        a.thaw();

        assertThat(slow.get(5, TimeUnit.SECONDS)).isEqualTo(3);
        other.get(5, TimeUnit.SECONDS).close();
        assertThat(orders.statistics().cutOff()).isZero();
        assertThat(orders.statistics().primaries()).isEqualTo(1);
    }

    @Test
    void aFrozenPrimaryIsLeftOnceAnotherNodeIsPromotedAndGetsNoByteAfterTheThaw() throws Exception {
        ReconnectingDataSource orders = built(pair());
        Connection connection = orders.getConnection();
        connection.setAutoCommit(false);
        write(connection);
        Connection idle = orders.getConnection();
        write(idle);
        assertThat(a.statements()).isEqualTo(2);

        a.freeze();
        b.promote(2);
        await(() -> orders.statistics().cutOff() == 1);
        write(idle);
        write(connection);
        connection.commit();
        assertThat(orders.replayStatistics().replayed()).isEqualTo(1);
        a.thaw();
        await(() -> a.questions() > 1);
        write(idle);

        assertThat(a.statements()).isEqualTo(2);
        assertThat(b.statements()).isEqualTo(5);
    }

    @Test
    void anErrorOfTheJvmWhileANodeIsAskedDoesNotEndItsWatch() throws Exception {
        AtomicInteger errors = new AtomicInteger(3);
        ReconnectingDataSource orders = built(pair().probe("a", new SimpleDataSource() {
            @Override
            public Connection getConnection() throws SQLException {
                if (errors.getAndDecrement() > 0) {
                    throw new OutOfMemoryError("unable to create native thread");
                }
                return a.dataSource().getConnection();
            }
        }));

        try (Connection connection = orders.getConnection()) {
            write(connection);
        }
        assertThat(errors.get()).isNotPositive();
    }

    @Test
    void twoPrimariesAreNone() throws Exception {
        b.promote(1);
        ReconnectingDataSource orders = built(pair().reconnectTimeout(Duration.ofMillis(300)));
        await(() -> a.questions() > 0 && b.questions() > 0);
        TimeUnit.MILLISECONDS.sleep(50); // until both answers are in

        assertThatThrownBy(orders::getConnection)
                .hasMessageContaining("a and b are writable on the same history: at most one of them may be primary");
    }

    @Test
    void oneLostConnectionCostsTheOthersNothing() throws Exception {
        ReconnectingDataSource orders = built(pair());
        Connection first = orders.getConnection();
        Connection second = orders.getConnection();
        write(first);
        write(second);

        a.dropConnections();
        assertThatThrownBy(() -> write(first))
                .extracting(e -> ((SQLException) e).getSQLState())
                .isEqualTo("08007");
        write(second);
        write(first);

        assertThat(orders.statistics().primaries()).isEqualTo(1);
    }

    @Test
    void anExhaustedPoolSaysSo() throws Exception {
        HikariConfig small = new HikariConfig();
        small.setDataSource(a.dataSource());
        small.setMaximumPoolSize(1);
        small.setConnectionTimeout(250);
        small.setPoolName("small");
        HikariDataSource pool = new HikariDataSource(small);
        resources.add(pool);
        ReconnectingDataSource orders = built(ReconnectingDataSource.builder()
                .name("orders")
                .node("a", pool)
                .node("b", b.dataSource())
                .reconnectTimeout(Duration.ofSeconds(20)));

        try (Connection only = orders.getConnection()) {
            assertThatThrownBy(orders::getConnection)
                    .isInstanceOf(SQLTransientConnectionException.class)
                    .hasMessageContaining("small - Connection is not available, request timed out")
                    .hasMessageContaining("total=1, active=1, idle=0");
        }
        orders.getConnection().close();
    }

    @Test
    void anEndpointThatMovesIsFollowed() throws Exception {
        MovingSource target = new MovingSource(a);
        ReconnectingDataSource orders =
                built(ReconnectingDataSource.builder().endpoint(target).watchInterval(Duration.ofMillis(50)));
        Connection connection = orders.getConnection();
        write(connection);

        b.promote(2);
        target.server = b;
        a.stop();
        writeAgainIfLost(connection);
        await(() -> orders.statistics().primaries() == 2);

        assertThat(b.statements()).isEqualTo(1);
        assertThat(orders.statistics().primaries()).isEqualTo(2);
    }

    @Test
    void anEndpointThatMovesSilentlyIsNoticed() throws Exception {
        MovingSource target = new MovingSource(a);
        ReconnectingDataSource orders =
                built(ReconnectingDataSource.builder().endpoint(target).watchInterval(Duration.ofMillis(20)));
        Connection connection = orders.getConnection();
        write(connection);

        b.promote(2);
        target.server = b;
        await(() -> orders.statistics().primaries() == 2);
        write(connection);

        assertThat(a.statements()).isEqualTo(1);
        assertThat(b.statements()).isEqualTo(1);
    }

    @Test
    void aPoolThatKeepsConnectionsToTheOldServerOfAnEndpointDoesNotBringThemBack() throws Exception {
        MovingSource target = new MovingSource(a);
        KeepingSource pool = new KeepingSource(target);
        ReconnectingDataSource orders = built(ReconnectingDataSource.builder()
                .endpoint(pool)
                .probe("endpoint", target)
                .watchInterval(Duration.ofMillis(20)));
        try (Connection one = orders.getConnection();
                Connection two = orders.getConnection()) {
            write(one);
            write(two);
        }
        assertThat(pool.idle).hasSize(2);

        // The old one stays writable: nobody fenced it.
        b.promote(2);
        target.server = b;
        await(() -> orders.statistics().primaries() == 2);
        try (Connection one = orders.getConnection();
                Connection two = orders.getConnection()) {
            write(one);
            write(two);
        }

        assertThat(a.statements()).isEqualTo(2);
        assertThat(b.statements()).isEqualTo(2);
    }

    /**
     * Switches that are coordinated, under load: between the end of a drain and the release nothing reaches the old primary,
     * and nobody sees an error.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void coordinatedSwitchesAreSilent(long seed) throws Exception {
        Random random = new Random(seed);
        AtomicReference<@Nullable FakeServer> fenced = new AtomicReference<>();
        Queue<String> violations = new ConcurrentLinkedQueue<>();
        for (FakeServer server : List.of(a, b)) {
            server.onStatement = () -> {
                if (fenced.get() == server) {
                    violations.add("a statement reached " + server.name + " after the drain");
                }
            };
        }
        ReconnectingDataSource orders = built(pair().name("orders-" + seed).maxConcurrentReleases(4));
        AtomicLong committed = new AtomicLong();
        List<Future<?>> workers = new ArrayList<>();
        for (int w = 0; w < 6; w++) {
            boolean keepsConnection = w % 2 == 0;
            boolean nested = w % 3 == 0;
            workers.add(threads.submit(() -> {
                Connection kept = null;
                while (!Thread.currentThread().isInterrupted() && committed.get() >= 0) {
                    Connection connection = kept == null ? orders.getConnection() : kept;
                    connection.setAutoCommit(false);
                    write(connection);
                    if (nested) {
                        try (Connection inner = orders.getConnection()) {
                            write(inner);
                        }
                    }
                    write(connection);
                    connection.commit();
                    committed.incrementAndGet();
                    if (keepsConnection) {
                        kept = connection;
                    } else {
                        connection.close();
                    }
                }
                return null;
            }));
        }
        FakeServer primary = a;
        FakeServer standby = b;
        for (int round = 1; round <= 40; round++) {
            long before = committed.get();
            int operation = round;
            await(() -> committed.get() > before || workers.stream().anyMatch(Future::isDone));
            assertThat(orders.hold(request("op-" + operation)).isDrained()).isTrue();
            fenced.set(primary);
            boolean rollBack = random.nextInt(4) == 0;
            TimeUnit.MICROSECONDS.sleep(random.nextInt(2_000));
            primary.stop();
            FakeServer next = rollBack ? primary : standby;
            if (rollBack) {
                primary.start(true);
            } else {
                standby.promote(round + 1);
                primary.start(false);
            }
            fenced.set(null);
            orders.release("op-" + operation, new Topology("shop", next.name, new Endpoint("localhost", 1)));
            if (!rollBack) {
                standby = primary;
                primary = next;
            }
        }
        long last = committed.get();
        await(() -> committed.get() > last + 10 || workers.stream().anyMatch(Future::isDone));
        committed.set(Long.MIN_VALUE / 2);
        for (Future<?> worker : workers) {
            worker.get(10, TimeUnit.SECONDS);
        }
        assertThat(violations).as("seed %d", seed).isEmpty();
        assertThat(orders.statistics().holds()).isEqualTo(40);
    }

    /** An endpoint: whom a new connection reaches changes. */
    private static final class MovingSource extends SimpleDataSource {

        private volatile FakeServer server;

        MovingSource(FakeServer server) {
            this.server = server;
        }

        @Override
        public Connection getConnection() throws SQLException {
            return server.dataSource().getConnection();
        }
    }

    /** A pool that keeps what comes back, and asks nobody whether it is still of use. */
    private static final class KeepingSource extends SimpleDataSource {

        private final DataSource beneath;
        private final Queue<Connection> idle = new ConcurrentLinkedQueue<>();

        KeepingSource(DataSource beneath) {
            this.beneath = beneath;
        }

        @Override
        public Connection getConnection() throws SQLException {
            Connection kept = idle.poll();
            return lent(kept == null ? beneath.getConnection() : kept);
        }

        private Connection lent(Connection physical) {
            AtomicBoolean gone = new AtomicBoolean();
            return FakeNode.proxy(Connection.class, (self, method, args) -> {
                switch (method.getName()) {
                    case "close":
                        if (!gone.getAndSet(true)) {
                            idle.add(physical);
                        }
                        return null;
                    case "abort":
                        gone.set(true);
                        physical.close();
                        return null;
                    default:
                        try {
                            return method.invoke(physical, args);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                }
            });
        }
    }
}
