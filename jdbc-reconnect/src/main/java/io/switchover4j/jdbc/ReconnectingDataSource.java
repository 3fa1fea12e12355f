package io.switchover4j.jdbc;

import static java.util.Objects.requireNonNull;

import io.switchover4j.Check;
import io.switchover4j.TimeSource;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.internal.Engine;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.Names;
import io.switchover4j.spi.OpenUnit;
import io.switchover4j.spi.PrepareRequest;
import io.switchover4j.spi.TrafficParticipant;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A DataSource whose connections outlive the switch of the database beneath them. Thread-safe.
 *
 * <p>It stands outside the application's pools: what it hands out is its own {@link Connection}, for which it borrows a
 * physical one from the pool of the current primary. While there is no primary, or a switchover holds the traffic, units of
 * work wait before they begin, at most {@link Builder#reconnectTimeout}.
 *
 * <pre>{@code
 * DataSource one = ReconnectingDataSource.wrap(pool);                 // one endpoint that moves
 * ReconnectingDataSource pair = ReconnectingDataSource.builder()      // or the nodes themselves
 *         .node("a", poolOfA)
 *         .node("b", poolOfB)
 *         .build();
 * }</pre>
 *
 * <p>What is asked is the server, never the URL: threads of its own ask every node for its role and history, and a node that
 * says it is writable on an older history than one that was seen gets no traffic. Between two observations
 * ({@link Builder#watchInterval}) an old primary that nobody fenced can still take writes.
 *
 * <p>With several nodes, give them the names that the coordinator knows them by: then traffic goes on after a switchover
 * without asking anybody but the new primary.
 *
 * <p>{@link #close} ends the waiting and the watch. The pools belong to the application, which closes them afterwards.
 */
public final class ReconnectingDataSource implements DataSource, TrafficParticipant, AutoCloseable {

    private final String name;
    private final List<DataSource> pools;
    private final Engine engine;

    private ReconnectingDataSource(String name, List<DataSource> pools, Engine engine) {
        this.name = name;
        this.pools = pools;
        this.engine = engine;
    }

    /** One endpoint that moves from node to node: a cloud service's, a virtual address, a DNS name. All options at their defaults. */
    public static ReconnectingDataSource wrap(DataSource pool) {
        return builder().endpoint(pool).build();
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * A connection to the primary. Waits while there is none.
     *
     * @throws NoPrimaryException if there was no primary in time, or the thread was interrupted while it waited (its flag
     *     stays set); nothing was started
     * @throws SQLException with SQLState 08003 if this DataSource is closed; else as the pool threw it
     */
    @Override
    public Connection getConnection() throws SQLException {
        return engine.connection();
    }

    /** Not supported: the pools beneath are bound to their users. */
    @Override
    public Connection getConnection(String username, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException(
                "'%s' has no connections for another user: its pools are bound to theirs. Build a DataSource of its own for that user, or set the user in the pools."
                        .formatted(name));
    }

    @Override
    public String name() {
        return name;
    }

    /** What {@link Builder#build} found in the settings of the pools and of this JVM that makes a switch longer than it has to be. */
    public List<String> warnings() {
        return engine.warnings();
    }

    /**
     * The unit of work that the calling thread has open, or joined, for handing it to other threads.
     *
     * @throws IllegalStateException if it has none: a unit begins with the first statement of a transaction
     */
    public UnitOfWork currentUnit() {
        return engine.currentUnit();
    }

    public ReconnectStatistics statistics() {
        return engine.statistics();
    }

    /** Everything that is counted, at one moment; JMX shows the same. */
    public DataSourceStatistics snapshot() {
        return engine.snapshot();
    }

    /** What became of the transactions that were lost with their connection. */
    public ReplayStatistics replayStatistics() {
        return engine.replayStatistics();
    }

    /** What became of commits whose answer was lost; all zero without {@link Builder#commitLedger}. */
    public LedgerStatistics ledgerStatistics() {
        return engine.ledgerStatistics();
    }

    @Override
    public List<Check> check() {
        return engine.check();
    }

    @Override
    public List<OpenUnit> openUnits() {
        return engine.openUnits();
    }

    /**
     * {@inheritDoc}
     *
     * <p>Opens connections to the standby in its pool, as many as are in use, and has each plan the statements that the
     * application prepared lately, without running them. Without effect on the pool of an endpoint, which does not reach a
     * standby.
     */
    @Override
    public void prepare(PrepareRequest request) throws InterruptedException {
        engine.prepare(requireNonNull(request, "request"));
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException if another operation holds the traffic; nothing was changed
     */
    @Override
    public DrainResult hold(HoldRequest request) throws InterruptedException {
        return engine.hold(requireNonNull(request, "request"));
    }

    @Override
    public int cut(String operationId) {
        return engine.cut(requireNonNull(operationId, "operationId"));
    }

    @Override
    public void release(String operationId, Topology topology) {
        engine.release(requireNonNull(operationId, "operationId"), requireNonNull(topology, "topology"));
    }

    /**
     * Stops the watch and fails the units that wait with SQLState 08003. A unit that is open may finish. Closes nothing that
     * it was given. A second call does nothing. Takes at most a few seconds.
     */
    @Override
    public void close() {
        engine.close();
    }

    /** This object, a pool that is an instance of {@code type}, or what a pool unwraps to. */
    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        for (DataSource pool : pools) {
            if (type.isInstance(pool)) {
                return type.cast(pool);
            }
            if (pool.isWrapperFor(type)) {
                return pool.unwrap(type);
            }
        }
        throw new SQLException("'%s' wraps nothing that is a %s".formatted(name, type.getName()));
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        if (type.isInstance(this)) {
            return true;
        }
        for (DataSource pool : pools) {
            if (type.isInstance(pool) || pool.isWrapperFor(type)) {
                return true;
            }
        }
        return false;
    }

    /** The first pool's. */
    @Override
    public PrintWriter getLogWriter() throws SQLException {
        return pools.get(0).getLogWriter();
    }

    /** Goes to every pool. */
    @Override
    public void setLogWriter(PrintWriter out) throws SQLException {
        for (DataSource pool : pools) {
            pool.setLogWriter(out);
        }
    }

    /** The first pool's. How long {@link #getConnection} waits in all is {@link Builder#reconnectTimeout}. */
    @Override
    public int getLoginTimeout() throws SQLException {
        return pools.get(0).getLoginTimeout();
    }

    /** Goes to every pool. */
    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        for (DataSource pool : pools) {
            pool.setLoginTimeout(seconds);
        }
    }

    @Override
    public Logger getParentLogger() {
        return Logger.getLogger("io.switchover4j.jdbc");
    }

    @Override
    public String toString() {
        return "ReconnectingDataSource '%s'".formatted(name);
    }

    /** Collects what a {@link ReconnectingDataSource} needs. Not thread-safe. */
    public static final class Builder {

        private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(10);
        private static final String ENDPOINT = "endpoint";

        private final Map<String, DataSource> nodes = new LinkedHashMap<>();
        private final Map<String, DataSource> probes = new LinkedHashMap<>();
        private boolean endpoint;
        private String name = "dataSource";
        private Duration reconnectTimeout = Duration.ofSeconds(30);
        private Duration watchInterval = Duration.ofMillis(500);
        private UnreachableStandby unreachableStandby = UnreachableStandby.ALLOW;
        private boolean replay = true;
        private int replayLimitBytes = 64 * 1024;
        private boolean selectsAreSafe;
        private int maxConcurrentReleases = 64;
        private @Nullable CommitLedger commitLedger;
        private boolean jmx = true;
        private TimeSource timeSource = TimeSource.system();

        private Builder() {}

        /**
         * A node and the pool of its connections. Call it twice or more. The pool must connect to this node alone, whatever its
         * role is.
         *
         * @throws IllegalArgumentException if the name is blank or taken, or the pool is a ReconnectingDataSource or taken
         * @throws IllegalStateException if an endpoint was given
         */
        public Builder node(String nodeName, DataSource pool) {
            if (endpoint) {
                throw new IllegalStateException("An endpoint was given before: either name nodes or one endpoint");
            }
            add(nodeName, pool);
            return this;
        }

        /**
         * The pool of an endpoint that moves, in place of nodes.
         *
         * @throws IllegalStateException if a node or an endpoint was given before
         */
        public Builder endpoint(DataSource pool) {
            if (!nodes.isEmpty()) {
                throw new IllegalStateException("%s given before: either name nodes or one endpoint"
                        .formatted(endpoint ? "An endpoint was" : "Nodes were"));
            }
            add(ENDPOINT, pool);
            endpoint = true;
            return this;
        }

        private void add(String nodeName, DataSource pool) {
            Names.require("name of a node", nodeName);
            requireNonNull(pool, "pool");
            if (pool instanceof ReconnectingDataSource) {
                throw new IllegalArgumentException(
                        "The pool of '%s' is a ReconnectingDataSource already".formatted(nodeName));
            }
            if (nodes.containsKey(nodeName)) {
                throw new IllegalArgumentException("There is a node '%s' already".formatted(nodeName));
            }
            if (nodes.values().stream().anyMatch(other -> other == pool)) {
                throw new IllegalArgumentException(
                        "The pool of '%s' is the pool of another node, too: each node needs its own"
                                .formatted(nodeName));
            }
            nodes.put(nodeName, pool);
        }

        /**
         * Where the watch gets its own connection to a node from. Default: for HikariCP an unpooled connection with the pool's own
         * settings; for any other pool one of its connections, which the watch keeps. Behind an endpoint give such a pool an
         * unpooled source here: a pool gives the same old connection again, so that a move that breaks none stays unseen. Its
         * driver settings should bound the time of a connect, or a host that is gone blocks the watch of that node.
         *
         * @param nodeName the node; {@code endpoint} for an endpoint
         */
        public Builder probe(String nodeName, DataSource source) {
            probes.put(requireNonNull(nodeName, "name"), requireNonNull(source, "source"));
            return this;
        }

        /** The name for messages, logs and threads; default {@code dataSource}. */
        public Builder name(String newName) {
            name = Names.require("name", newName);
            return this;
        }

        /** The longest a unit of work waits for a primary and a connection to it; default 30 s, at most 365 days. */
        public Builder reconnectTimeout(Duration timeout) {
            reconnectTimeout = Values.requireBounded("reconnectTimeout", timeout);
            return this;
        }

        /**
         * How often the nodes are asked while nothing happens; default 500 ms, at least 10 ms, at most 365 days. Also the longest time in which an
         * unfenced old primary can go on unnoticed.
         */
        public Builder watchInterval(Duration interval) {
            if (Values.requireBounded("watchInterval", interval).compareTo(SHORTEST_INTERVAL) < 0) {
                throw new IllegalArgumentException(
                        "watchInterval is %s; it must be at least 10 ms".formatted(interval));
            }
            watchInterval = interval;
            return this;
        }

        /** Whether a primary is used while another node does not answer; default {@link UnreachableStandby#ALLOW}. */
        public Builder unreachableStandby(UnreachableStandby policy) {
            unreachableStandby = requireNonNull(policy, "policy");
            return this;
        }

        /**
         * Declares that the application's queries have no side effects, so that a query in autocommit mode whose answer was lost
         * runs again. Default false: a view or a function may write.
         */
        public Builder selectsAreSafe(boolean safe) {
            selectsAreSafe = safe;
            return this;
        }

        /**
         * Whether a transaction that is lost with its connection before its commit was sent is done again on the primary, where
         * every answer is the one that the application has seen; default true. Where it is not, or the answers differ, the
         * application gets {@link UnitNotAppliedException}. Supported on PostgreSQL.
         */
        public Builder replay(boolean on) {
            replay = on;
            return this;
        }

        /** How many bytes of calls and parameters are remembered of one transaction, to do it again; default 65,536. */
        public Builder replayLimitBytes(int bytes) {
            if (bytes < 1) {
                throw new IllegalArgumentException("replayLimitBytes is %d; it must be positive".formatted(bytes));
            }
            replayLimitBytes = bytes;
            return this;
        }

        /**
         * Marks each commit in a table, so that one whose answer was lost is found out about: it returns normally if it was
         * committed; else it is certain that it was not and never will be, and the transaction is replayed or fails with
         * {@link UnitNotAppliedException}. A write in autocommit mode becomes a transaction of its own, which costs a second
         * round trip. Default: none, and the outcome of a lost commit is unknown. Supported on PostgreSQL, where the table must
         * be there before the first unit of work.
         */
        public Builder commitLedger(CommitLedger ledger) {
            commitLedger = requireNonNull(ledger, "ledger");
            return this;
        }

        /**
         * How many waiting units are woken at once when traffic goes on; each that ends wakes the next. Default 64. The first go
         * at once; a bound keeps thousands of threads from storming the pool together.
         */
        public Builder maxConcurrentReleases(int most) {
            if (most < 1) {
                throw new IllegalArgumentException("maxConcurrentReleases is %d; it must be positive".formatted(most));
            }
            maxConcurrentReleases = most;
            return this;
        }

        /**
         * Whether the statistics are shown by JMX, as {@link ReconnectingDataSourceMXBean}, until it is closed; default true. A
         * second DataSource of the same name is shown as {@code NAME-2}. Where JMX forbids it, that is logged, and nothing fails.
         */
        public Builder jmx(boolean on) {
            jmx = on;
            return this;
        }

        /** The clocks; default the machine's. */
        public Builder timeSource(TimeSource source) {
            timeSource = requireNonNull(source, "source");
            return this;
        }

        /**
         * Checks the settings, logs what is worth a warning, and starts the watch. Does not wait for any node.
         *
         * @throws IllegalStateException if neither an endpoint nor two nodes were given, or a probe belongs to no node
         */
        public ReconnectingDataSource build() {
            if (nodes.isEmpty()) {
                throw new IllegalStateException("Neither an endpoint nor nodes were given");
            }
            if (!endpoint && nodes.size() < 2) {
                throw new IllegalStateException(
                        "Only node '%s' was given: name every node, or use endpoint(pool) for an address that moves"
                                .formatted(nodes.keySet().iterator().next()));
            }
            for (String probed : probes.keySet()) {
                if (!nodes.containsKey(probed)) {
                    throw new IllegalStateException(
                            "There is a probe for '%s', but the nodes are %s".formatted(probed, nodes.keySet()));
                }
            }
            List<Engine.NodeSource> sources = new ArrayList<>();
            nodes.forEach((nodeName, pool) -> sources.add(new Engine.NodeSource(nodeName, pool, probes.get(nodeName))));
            Engine engine = Engine.start(new Engine.Settings(
                    name,
                    sources,
                    reconnectTimeout,
                    watchInterval,
                    unreachableStandby == UnreachableStandby.STOP,
                    selectsAreSafe,
                    maxConcurrentReleases,
                    replay,
                    replayLimitBytes,
                    commitLedger == null ? null : commitLedger.settings(),
                    jmx,
                    timeSource));
            return new ReconnectingDataSource(name, List.copyOf(nodes.values()), engine);
        }
    }
}
