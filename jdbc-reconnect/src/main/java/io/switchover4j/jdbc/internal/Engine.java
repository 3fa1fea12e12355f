package io.switchover4j.jdbc.internal;

import io.switchover4j.Check;
import io.switchover4j.TimeSource;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.CallStatistics;
import io.switchover4j.jdbc.DataSourceStatistics;
import io.switchover4j.jdbc.LedgerStatistics;
import io.switchover4j.jdbc.LostCommits;
import io.switchover4j.jdbc.ReconnectStatistics;
import io.switchover4j.jdbc.ReplayStatistics;
import io.switchover4j.jdbc.UnitOfWork;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.OpenUnit;
import io.switchover4j.spi.PrepareRequest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One DataSource's gate, registry and watch, put together. Public for the package that shows them to users. Thread-safe. */
public final class Engine implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Engine.class);

    private final String name;
    private final Gate gate;
    private final UnitRegistry registry;
    private final JoinedUnits joined;
    private final Counters counters;
    private final ReplayCounters replayCounters;
    private final LedgerCounters ledgerCounters;
    private final Watch watch;
    private final Aborter aborter;
    private final List<String> warnings;
    private final ManagementBean managementBean;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Engine(
            String name,
            Gate gate,
            UnitRegistry registry,
            JoinedUnits joined,
            Counters counters,
            ReplayCounters replayCounters,
            LedgerCounters ledgerCounters,
            Watch watch,
            Aborter aborter,
            List<String> warnings,
            boolean jmx) {
        this.name = name;
        this.gate = gate;
        this.registry = registry;
        this.joined = joined;
        this.counters = counters;
        this.replayCounters = replayCounters;
        this.ledgerCounters = ledgerCounters;
        this.watch = watch;
        this.aborter = aborter;
        this.warnings = warnings;
        this.managementBean = jmx ? ManagementBean.register(name, this::snapshot) : ManagementBean.NONE;
    }

    /**
     * One node or endpoint.
     *
     * @param name its name
     * @param pool the application's pool
     * @param probe where the watch connects; null to make that out from the pool
     */
    public record NodeSource(
            String name, DataSource pool, @Nullable DataSource probe) {}

    /**
     * Everything a user can choose.
     *
     * @param name for messages and thread names
     * @param nodes one for an endpoint that moves, else each node
     * @param ledger null for none
     * @param jmx whether to show the statistics there
     */
    public record Settings(
            String name,
            List<NodeSource> nodes,
            Duration reconnectTimeout,
            Duration watchInterval,
            boolean standbyRequired,
            boolean selectsAreSafe,
            int maxConcurrentReleases,
            boolean replay,
            int replayLimitBytes,
            @Nullable LedgerSettings ledger,
            boolean jmx,
            TimeSource time) {}

    /**
     * What a user chose for a commit ledger.
     *
     * @param table its name, with or without a schema
     */
    public record LedgerSettings(String table, int commitsPerSlot, Duration retention, Consumer<LostCommits> listener) {

        /** @throws IllegalArgumentException if the name of the table is not one that can be used */
        public LedgerSettings {
            LedgerTable.parse(table);
        }

        private LedgerOptions options() {
            return new LedgerOptions(LedgerTable.parse(table), commitsPerSlot, retention, listener);
        }

        /** The statements that create it. */
        public String ddl(String databaseProduct) {
            return LedgerSetup.ddl(LedgerTable.parse(table), databaseProduct);
        }

        /** Creates it unless it is there. */
        public void create(DataSource admin) throws SQLException {
            LedgerSetup.create(LedgerTable.parse(table), admin);
        }
    }

    /** Reports what is worth a warning and starts to ask the nodes. */
    public static Engine start(Settings settings) {
        List<String> warnings = warnings(settings);
        warnings.forEach(warning -> log.warn("{}: {}", settings.name(), warning));
        List<NodePool> pools = new ArrayList<>();
        List<ProbeSource> probes = new ArrayList<>();
        for (NodeSource node : settings.nodes()) {
            DataSource probe = node.probe();
            pools.add(NodePools.of(node.name(), node.pool()));
            probes.add(probe == null ? NodePools.probe(node.pool()) : probe::getConnection);
        }
        var replayCounters = new ReplayCounters(settings.name());
        GateOptions options = new GateOptions(
                settings.name(),
                settings.reconnectTimeout(),
                settings.maxConcurrentReleases(),
                settings.selectsAreSafe(),
                WatchRules.of(settings.watchInterval(), settings.standbyRequired()),
                new ReplayOptions(settings.replay(), settings.replayLimitBytes(), replayCounters));
        UnitRegistry registry = new UnitRegistry();
        JoinedUnits joined = new JoinedUnits();
        Counters counters = new Counters();
        WatchClock clock = new WatchClock(settings.time(), 3 * Watch.TICK_NANOS);
        Gate gate = new Gate(options, pools, registry, joined, settings.time(), clock, counters);
        Aborter aborter = new Aborter(settings.name());
        gate.abortsOn(aborter);
        Watch watch = new Watch(settings.name(), gate, pools, probes, settings.watchInterval());
        gate.watchedBy(watch);
        LedgerSettings marks = settings.ledger();
        LedgerCounters ledgerCounters = new LedgerCounters();
        if (marks != null) {
            gate.marksIn(new Ledger(settings.name(), marks.options(), settings.time(), ledgerCounters));
        }
        watch.start();
        return new Engine(
                settings.name(),
                gate,
                registry,
                joined,
                counters,
                replayCounters,
                ledgerCounters,
                watch,
                aborter,
                warnings,
                settings.jmx());
    }

    private static List<String> warnings(Settings settings) {
        List<String> warnings = new ArrayList<>();
        boolean endpoint = settings.nodes().size() == 1;
        for (NodeSource node : settings.nodes()) {
            warnings.addAll(
                    endpoint
                            ? ConfigurationReport.ofEndpoint(node.pool())
                            : ConfigurationReport.ofNode(node.name(), node.pool()));
            if (settings.ledger() != null) {
                warnings.addAll(ConfigurationReport.ofLedger(node.name(), node.pool()));
            }
            warnings.addAll(DriverReport.of(node.name(), node.pool(), endpoint));
            warnings.addAll(NodePools.warnings(node.name(), node.pool(), settings.reconnectTimeout()));
        }
        return List.copyOf(warnings);
    }

    public Connection connection() throws SQLException {
        return LogicalConnection.open(gate);
    }

    public List<String> warnings() {
        return warnings;
    }

    public void prepare(PrepareRequest request) throws InterruptedException {
        gate.prepare(request);
    }

    public DrainResult hold(HoldRequest request) throws InterruptedException {
        return gate.hold(request);
    }

    public int cut(String operationId) {
        return gate.cut(operationId);
    }

    public void release(String operationId, Topology topology) {
        gate.release(operationId, topology);
    }

    /** For the dry run of a switchover. */
    public List<Check> check() {
        List<Check> checks = new ArrayList<>();
        AtomicInteger pinned = new AtomicInteger();
        registry.forEach(unit -> {
            if (unit.isPinned()) {
                pinned.incrementAndGet();
            }
        });
        String subject = "sessions of '%s' that cannot move".formatted(name);
        checks.add(
                pinned.get() == 0
                        ? Check.pass(subject, "0")
                        : Check.warn(
                                subject,
                                Integer.toString(pinned.get()),
                                "They carry LISTEN, temporary tables, advisory locks or the like and fail after the switch with"
                                        + " SQLState 08003: close them before."));
        for (String warning : warnings) {
            checks.add(Check.warn("configuration of '%s'".formatted(name), "1 warning", warning));
        }
        return checks;
    }

    public List<OpenUnit> openUnits() {
        return gate.openUnits();
    }

    /** The unit that the calling thread has open, or joined. */
    public UnitOfWork currentUnit() {
        Thread thread = Thread.currentThread();
        Unit unit = registry.openUnitOf(thread, null);
        if (unit == null) {
            unit = joined.of(thread);
        }
        if (unit == null) {
            throw new IllegalStateException(
                    ("Thread '%s' has no open unit of work on '%s'. A unit begins with the first statement of a"
                                    + " transaction, not with setAutoCommit(false).")
                            .formatted(thread.getName(), name));
        }
        return new OpenUnitOfWork(unit, joined);
    }

    public ReconnectStatistics statistics() {
        return counters.snapshot(gate.waitingUnits());
    }

    /** Everything that is counted. */
    public DataSourceStatistics snapshot() {
        Route route = gate.route();
        NodePool primary = route.primary;
        return new DataSourceStatistics(
                name,
                primary == null ? "" : primary.name(),
                route.open,
                statistics(),
                callStatistics(),
                replayStatistics(),
                ledgerStatistics());
    }

    private CallStatistics callStatistics() {
        UnitRegistry.CallTotals totals = registry.totals();
        ReplayStatistics replay = replayStatistics();
        long begun = replay.cut()
                - replay.refused().values().stream().mapToLong(Long::longValue).sum();
        return new CallStatistics(
                totals.requests(),
                totals.completed(),
                totals.calls(),
                totals.protectedCalls(),
                counters.affectedCalls(),
                Math.max(0, begun),
                Math.max(0, replay.attempts() - begun),
                counters.notAppliedUnits(),
                counters.unknownOutcomes());
    }

    public ReplayStatistics replayStatistics() {
        return replayCounters.snapshot();
    }

    public LedgerStatistics ledgerStatistics() {
        return ledgerCounters.snapshot();
    }

    /** Waiting units fail, the watch stops. The pools are their owner's to close. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            managementBean.close();
            gate.close();
            watch.close();
            aborter.close();
        }
    }
}
