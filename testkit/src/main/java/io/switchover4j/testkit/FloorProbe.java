package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

import io.switchover4j.TimeSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;

/**
 * Measures the pause that the servers themselves make in a switch, the floor of what any client can see: one connection
 * without pool per node writes a row about every millisecond, whichever node takes it. No node is named as the primary.
 * Thread-safe.
 *
 * <p>An old primary that was frozen and wakes up unfenced takes writes, and they count. The probe updates one row per node in the table {@code switchover4j_floor}, each update being a transaction.
 */
public final class FloorProbe implements AutoCloseable {

    private final RunClock clock = new RunClock(TimeSource.system());
    private final AckLog acks = new AckLog();
    private final List<FloorWriter> writers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong endNanos = new AtomicLong(-1);

    private FloorProbe(Map<String, DataSource> nodes) {
        nodes.forEach((id, dataSource) -> {
            FloorWriter writer = new FloorWriter(id, dataSource, clock, acks);
            Thread thread = new Thread(writer, "switchover4j-floor-" + id);
            thread.setDaemon(true);
            writers.add(writer);
            threads.add(thread);
        });
    }

    /** Drops and creates the probe's table with a row for each node. */
    public static void createSchema(DataSource admin, Collection<String> nodeIds) throws SQLException {
        try (Connection connection = admin.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS switchover4j_floor");
            statement.execute(
                    "CREATE TABLE switchover4j_floor (node VARCHAR(100) NOT NULL PRIMARY KEY, beat BIGINT NOT NULL)");
            try (PreparedStatement insert =
                    connection.prepareStatement("INSERT INTO switchover4j_floor VALUES (?, 0)")) {
                for (String id : nodeIds) {
                    insert.setString(1, id);
                    insert.executeUpdate();
                }
            }
        }
    }

    /**
     * Starts a probe.
     *
     * @param nodes each node's name, as given to {@link #createSchema}, and a DataSource without pool that reaches it
     */
    public static FloorProbe start(Map<String, DataSource> nodes) {
        requireNonNull(nodes, "nodes");
        FloorProbe probe = new FloorProbe(new TreeMap<>(nodes));
        probe.threads.forEach(Thread::start);
        return probe;
    }

    /** Creates the table on the pair's primary and starts a probe of both nodes, as its application user. */
    public static FloorProbe start(PostgresPair pair) throws SQLException {
        Map<String, DataSource> nodes = new TreeMap<>();
        pair.nodes().forEach(node -> nodes.put(node.id(), node.dataSource(pair.application())));
        createSchema(pair.primary().dataSource(pair.application()), nodes.keySet());
        return start(nodes);
    }

    /** How many writes were acknowledged so far, by all nodes. */
    public long writes() {
        return acks.size();
    }

    /** The longest time without an acknowledged write that touches {@code from..to}, in its full length. */
    public Pause longestGap(Instant from, Instant to) {
        return Pauses.longest(clock, end(), sortedAcks(), clock.nanosOf(from), clock.nanosOf(to));
    }

    /** The longest time without an acknowledged write since the first one. */
    public Pause longestGap() {
        return longestGap(clock.startedAt(), clock.instantOf(end()));
    }

    /** All times of at least {@code atLeast} without an acknowledged write that touch {@code from..to}, in order. */
    public List<Pause> gaps(Instant from, Instant to, Duration atLeast) {
        return Pauses.touching(clock, end(), sortedAcks(), clock.nanosOf(from), clock.nanosOf(to), atLeast);
    }

    private long end() {
        long end = endNanos.get();
        return end < 0 ? clock.now() : end;
    }

    private long[] sortedAcks() {
        long[] stamps = acks.toArray();
        Arrays.sort(stamps);
        return stamps;
    }

    /** Stops the probe; what it measured can still be asked. Waits at most 5 s. Idempotent. */
    @Override
    public void close() {
        endNanos.compareAndSet(-1, clock.now());
        threads.forEach(Thread::interrupt);
        writers.forEach(FloorWriter::stop);
        try {
            for (Thread thread : threads) {
                TimeUnit.SECONDS.timedJoin(thread, 5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
