package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Endpoint;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.DataSourceStatistics;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.HoldRequest;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.TabularData;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is counted, and how it is shown. */
@Timeout(60)
final class StatisticsTest {

    private final FakeServer a = new FakeServer("a", true);
    private final FakeServer b = new FakeServer("b", false);

    private ReconnectingDataSource.Builder pair(String name) {
        return ReconnectingDataSource.builder()
                .name(name)
                .node("a", a.dataSource())
                .node("b", b.dataSource())
                .watchInterval(Duration.ofMillis(50));
    }

    private static void write(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("INSERT INTO t VALUES (1)");
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited 10 s in vain").isLessThan(until);
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    /** Calls of each kind, and a lost transaction that is replayed. */
    private void live(ReconnectingDataSource orders) throws Exception {
        Connection connection = orders.getConnection();
        write(connection);
        connection.setAutoCommit(false);
        write(connection);
        b.promote(2);
        await(() -> orders.statistics().primaries() == 2);
        await(() -> orders.statistics().cutOff() == 1);
        connection.commit();
        write(connection);
        connection.rollback();
        connection.setAutoCommit(true);
        connection.close();
    }

    @Test
    void callsAndWhatBecameOfThemAreCounted() throws Exception {
        try (ReconnectingDataSource orders = pair("counting").build()) {
            live(orders);
            Connection open = orders.getConnection();

            DataSourceStatistics now = orders.snapshot();

            assertThat(now.name()).isEqualTo("counting");
            assertThat(now.primary()).isEqualTo("b");
            assertThat(now.open()).isTrue();
            assertThat(now.calls().requests()).isEqualTo(2);
            assertThat(now.calls().completedRequests()).isEqualTo(1);
            // Three inserts, a commit, a rollback; in transactions two of the inserts and the commit.
            assertThat(now.calls().calls()).isEqualTo(5);
            assertThat(now.calls().protectedCalls()).isEqualTo(3);
            assertThat(now.calls().affectedByOutages()).isEqualTo(1);
            assertThat(now.calls().triggeringReplay()).isEqualTo(1);
            assertThat(now.calls().affectedDuringReplay()).isZero();
            assertThat(now.calls().unknownOutcomes()).isZero();
            assertThat(now.replay().replayed()).isEqualTo(1);
            assertThat(now.traffic().primaries()).isEqualTo(2);
            open.close();
            assertThat(orders.snapshot().calls().completedRequests()).isEqualTo(2);
        }
    }

    @Test
    void anUnknownOutcomeIsCounted() throws Exception {
        try (ReconnectingDataSource orders = pair("unknown").build();
                Connection connection = orders.getConnection()) {
            write(connection);
            a.dropConnections();
            try {
                write(connection);
            } catch (UnitOutcomeUnknownException e) {
                assertThat(orders.snapshot().calls().unknownOutcomes()).isEqualTo(1);
                assertThat(orders.snapshot().calls().affectedByOutages()).isEqualTo(1);
                return;
            }
            throw new AssertionError("the write went through");
        }
    }

    @Test
    void holdsAreMeasured() throws Exception {
        try (ReconnectingDataSource orders = pair("held").build()) {
            orders.getConnection().close();
            Deadline soon = Deadline.after(Duration.ofSeconds(10));
            for (String operation : List.of("first", "second")) {
                orders.hold(new HoldRequest("shop", operation, soon, soon));
                assertThat(orders.snapshot().open()).isFalse();
                orders.release(operation, new Topology("shop", "a", new Endpoint("localhost", 1)));
            }

            assertThat(orders.statistics().holds()).isEqualTo(2);
            assertThat(orders.statistics().longestHold()).isPositive();
            assertThat(orders.statistics().held())
                    .isGreaterThanOrEqualTo(orders.statistics().longestHold());
        }
    }

    @Test
    void aSuspicionIsCountedOnce() throws Exception {
        try (ReconnectingDataSource orders = pair("suspicious").build()) {
            orders.getConnection().close();
            a.freeze();
            await(() -> orders.statistics().suspicions() == 1);
            assertThat(orders.snapshot().open()).isFalse();
            a.thaw();
            orders.getConnection().close();

            assertThat(orders.statistics().suspicions()).isEqualTo(1);
            assertThat(orders.statistics().cutOff()).isZero();
        } finally {
            a.thaw();
        }
    }

    @Test
    void jmxShowsEachDataSourceUntilItIsClosed() throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ObjectName name = ManagementBean.objectName("shop, \"eu\"");
        ObjectName second = ManagementBean.objectName("shop, \"eu\"-2");
        try (ReconnectingDataSource first = pair("shop, \"eu\"").build();
                ReconnectingDataSource other = pair("shop, \"eu\"").build()) {
            live(first);

            assertThat(server.getAttribute(name, "Name")).isEqualTo("shop, \"eu\"");
            assertThat(server.getAttribute(name, "Primary")).isEqualTo("b");
            assertThat(server.getAttribute(name, "Calls")).isEqualTo(5L);
            assertThat(server.getAttribute(name, "SuccessfulReplays")).isEqualTo(1L);
            assertThat(((TabularData) server.getAttribute(name, "ReplaysRefused")).size())
                    .isZero();
            assertThat(server.getMBeanInfo(name).getAttributes())
                    .allSatisfy(attribute -> assertThat(server.getAttribute(name, attribute.getName()))
                            .isNotNull());
            assertThat(server.getAttribute(second, "Calls")).isEqualTo(0L);
            assertThat(other.snapshot().calls().calls()).isZero();
        }
        assertThat(server.isRegistered(name)).isFalse();
        assertThat(server.isRegistered(second)).isFalse();
    }

    @Test
    void jmxIsLeftAloneIfToldSo() throws Exception {
        try (ReconnectingDataSource orders = pair("quiet").jmx(false).build()) {
            orders.getConnection().close();
            assertThat(ManagementFactory.getPlatformMBeanServer().isRegistered(ManagementBean.objectName("quiet")))
                    .isFalse();
        }
    }

    @Test
    void flightRecorderHasTheEvents(@TempDir Path folder) throws Exception {
        List<RecordedEvent> events;
        try (Recording recording = new Recording()) {
            recording.start();
            try (ReconnectingDataSource orders = pair("recorded").build()) {
                live(orders);
                Deadline soon = Deadline.after(Duration.ofSeconds(10));
                orders.hold(new HoldRequest("shop", "planned", soon, soon));
                orders.release("planned", new Topology("shop", "b", new Endpoint("localhost", 1)));
                a.demote();
                b.freeze();
                await(() -> orders.statistics().suspicions() > 0);
            } finally {
                b.thaw();
            }
            recording.stop();
            Path file = folder.resolve("recorded.jfr");
            recording.dump(file);
            events = RecordingFile.readAllEvents(file).stream()
                    .filter(event -> event.getEventType().getName().startsWith("io.switchover4j.jdbc."))
                    .filter(event -> event.getString("dataSource").equals("recorded"))
                    .toList();
        }
        assertThat(events)
                .extracting(event -> event.getEventType().getName().substring("io.switchover4j.jdbc.".length()))
                .containsAll(Set.of("PrimaryChanged", "UnitReplayed", "Hold", "NodeSuspected", "ConnectionAborted"));
        RecordedEvent moved = events.stream()
                .filter(event -> event.getEventType().getName().endsWith("PrimaryChanged"))
                .max(Comparator.comparing(RecordedEvent::getStartTime))
                .orElseThrow();
        assertThat(moved.getString("before")).isEqualTo("a");
        assertThat(moved.getString("primary")).isEqualTo("b");
        assertThat(moved.getEventType().getCategoryNames()).containsExactly("switchover4j", "DataSource");
        RecordedEvent hold = events.stream()
                .filter(event -> event.getEventType().getName().endsWith(".Hold"))
                .findFirst()
                .orElseThrow();
        assertThat(hold.getString("operation")).isEqualTo("planned");
        assertThat(hold.getDuration("held")).isPositive();
    }
}
