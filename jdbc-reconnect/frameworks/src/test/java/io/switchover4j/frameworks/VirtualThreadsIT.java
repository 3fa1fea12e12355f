package io.switchover4j.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Ten thousand virtual threads at the gate. They are skipped, and reported as such, on a JVM that has none. */
@EnabledForJreRange(min = JRE.JAVA_21, disabledReason = "There are no virtual threads before Java 21")
@Timeout(120)
final class VirtualThreadsIT {

    private static final int THREADS = 10_000;
    private static final int CONNECTIONS = 8;

    @Test
    void tenThousandWaitAndGoOnWithoutPinningACarrier(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("pinned.jfr");
        try (PostgresPair pair = PostgresPair.start();
                HikariDataSource poolOfA = pool(pair, pair.nodes().get(0));
                HikariDataSource poolOfB = pool(pair, pair.nodes().get(1));
                ReconnectingDataSource dataSource = ReconnectingDataSource.builder()
                        .name("virtual")
                        .reconnectTimeout(Duration.ofSeconds(60))
                        .node(pair.nodes().get(0).id(), new Counted(poolOfA))
                        .node(pair.nodes().get(1).id(), new Counted(poolOfB))
                        .build();
                Recording recording = new Recording()) {
            ExecutorService virtual = virtualThreads();
            recording
                    .enable("jdk.VirtualThreadPinned")
                    .withThreshold(Duration.ZERO)
                    .withStackTrace();
            assertThat(port(dataSource)).isEqualTo(pair.primary().port());
            recording.start();

            HoldRequest hold = new HoldRequest(
                    "virtual", "op", Deadline.after(Duration.ofSeconds(10)), Deadline.after(Duration.ofSeconds(60)));
            assertThat(dataSource.hold(hold).isDrained()).isTrue();
            List<Future<Integer>> units = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                units.add(virtual.submit(() -> port(dataSource)));
            }
            Rig.await("all of them wait", () -> dataSource.statistics().waiting() == THREADS);
            // Carriers are free while all of them wait.
            assertThat(virtual.submit(() -> 1).get(10, TimeUnit.SECONDS)).isEqualTo(1);

            PostgresNode next = pair.standby();
            pair.primary().stop();
            promote(next);
            Counted.MOST.set(0);
            dataSource.release("op", new Topology("virtual", next.id(), next.endpoint()));
            for (Future<Integer> unit : units) {
                assertThat(unit.get(60, TimeUnit.SECONDS)).isEqualTo(next.port());
            }
            virtual.shutdown();
            recording.stop();
            recording.dump(file);
            System.out.printf(
                    "%d virtual threads, at most %d at the pool at once, %s%n",
                    THREADS, Counted.MOST.get(), dataSource.statistics());
            assertThat(Counted.MOST.get()).as("released in bounded concurrency").isLessThan(THREADS / 10);
        }
        List<String> ours = pinnedByUs(file);
        assertThat(ours).isEmpty();
    }

    /** The events of code of ours that blocked; not those of a driver or a pool that it called. */
    private static List<String> pinnedByUs(Path file) throws Exception {
        List<String> ours = new ArrayList<>();
        int all = 0;
        assertThat(Files.size(file)).isPositive();
        for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
            RecordedStackTrace stack = event.getStackTrace();
            if (!event.getEventType().getName().equals("jdk.VirtualThreadPinned") || stack == null) {
                continue;
            }
            all++;
            for (RecordedFrame frame : stack.getFrames()) {
                String type = frame.getMethod().getType().getName();
                if (type.startsWith("io.switchover4j.")) {
                    ours.add(stack.toString());
                }
                if (!type.startsWith("java.") && !type.startsWith("jdk.") && !type.startsWith("sun.")) {
                    break;
                }
            }
        }
        System.out.printf("pinned: %d times, %d of them in code of ours%n", all, ours.size());
        return ours;
    }

    /** By its name, because the code is compiled for Java 17. */
    private static ExecutorService virtualThreads() throws ReflectiveOperationException {
        return (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    }

    private static int port(ReconnectingDataSource dataSource) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT current_setting('port')::int")) {
            row.next();
            return row.getInt(1);
        }
    }

    private static void promote(PostgresNode node) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_promote(true)");
        }
    }

    private static HikariDataSource pool(PostgresPair pair, PostgresNode node) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(node.id());
        config.setJdbcUrl(node.url(PostgresPair.APPLICATION_DATABASE));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(CONNECTIONS);
        config.setConnectionTimeout(30_000);
        config.setInitializationFailTimeout(-1);
        return new HikariDataSource(config);
    }

    /** Counts how many are in the pool's queue at once: those whom the gate has let go. */
    private static final class Counted extends DelegatingDataSource {

        static final AtomicInteger MOST = new AtomicInteger();
        private static final AtomicInteger NOW = new AtomicInteger();

        Counted(HikariDataSource pool) {
            super(pool);
        }

        @Override
        public Connection getConnection() throws SQLException {
            MOST.accumulateAndGet(NOW.incrementAndGet(), Math::max);
            try {
                return super.getConnection();
            } finally {
                NOW.decrementAndGet();
            }
        }
    }
}
