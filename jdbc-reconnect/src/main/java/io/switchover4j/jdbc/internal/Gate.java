package io.switchover4j.jdbc.internal;

import io.switchover4j.TimeSource;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.OpenUnit;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets units of work pass, wait or end. Thread-safe.
 *
 * <p>The route is a function of three things: what the nodes said ({@link TopologyView}), whether a switchover holds the
 * traffic, and whether the DataSource is closed. All three change under one lock, in which nothing blocks; what follows
 * from a change (waking, cutting off, logging) happens after it. The hot path reads the route and takes no lock.
 */
final class Gate implements Traffic {

    private static final Logger log = LoggerFactory.getLogger(Gate.class);

    /** A drain looks again after this, so that it does not depend on being told. */
    private static final long RESCAN_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /**
     * One failing server is reported by many units, some of them after it was asked again: for this long after the gate
     * opened, trouble has the node asked but does not close the gate.
     */
    private static final long TROUBLE_SETTLES_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** How long the word of a coordinator counts more than what another node says. */
    private static final long EXPECTATION_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** Shorter closures are nothing a person should hear of. */
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final GateOptions options;
    private final List<NodePool> pools;
    private final UnitRegistry registry;
    private final JoinedUnits joined;
    private final TimeSource time;
    private final WatchClock clock;
    private final Counters counters;
    private volatile @Nullable Watcher watcher;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition unitEnded = lock.newCondition();
    private final Waiters waiters = new Waiters();
    private @Nullable Hold hold;
    private boolean draining;
    private boolean closed;
    private int expected = PrimaryVerdict.NONE;
    private long expectedUntil;
    private long routeSince;
    private boolean closureLogged;
    private final boolean[] staleLogged;

    private volatile Route route = Route.closed(0, null, "the nodes were not asked yet");
    private volatile TopologyView view;
    private volatile Dialect dialect = new StandardDialect();
    private volatile boolean backlog;
    private volatile long coarseNanos;

    Gate(
            GateOptions options,
            List<NodePool> pools,
            UnitRegistry registry,
            JoinedUnits joined,
            TimeSource time,
            WatchClock clock,
            Counters counters) {
        this.options = options;
        this.pools = List.copyOf(pools);
        this.registry = registry;
        this.joined = joined;
        this.time = time;
        this.clock = clock;
        this.counters = counters;
        this.view = TopologyView.unknown(pools.stream().map(NodePool::name).toList());
        this.staleLogged = new boolean[pools.size()];
        this.coarseNanos = time.nanoTime();
        this.routeSince = time.nanoTime();
    }

    /** Who asks the nodes; set once, before traffic. */
    void watchedBy(Watcher newWatcher) {
        watcher = newWatcher;
    }

    // --- what the handles call ---

    @Override
    public Route route() {
        return route;
    }

    @Override
    public Deadline newDeadline() {
        return Deadline.after(options.reconnectTimeout(), time);
    }

    @Override
    public void register(Unit unit) {
        registry.register(unit);
    }

    @Override
    public void unregister(Unit unit) {
        registry.unregister(unit);
        if (backlog) {
            wakeMore(1);
        }
    }

    @Override
    public void unitEnded() {
        lock.lock();
        try {
            unitEnded.signalAll();
        } finally {
            lock.unlock();
        }
        if (backlog) {
            wakeMore(1);
        }
    }

    @Override
    public boolean selectsAreSafe() {
        return options.selectsAreSafe();
    }

    @Override
    public Dialect dialect() {
        return dialect;
    }

    @Override
    public long coarseNanoTime() {
        return coarseNanos;
    }

    @Override
    public Route await(Unit unit, Deadline deadline) throws SQLException {
        long start = time.nanoTime();
        while (true) {
            Waiters.Waiter waiter;
            lock.lock();
            try {
                unitEnded.signalAll();
                if (closed) {
                    throw closedException();
                }
                Route now = route;
                if (now.open) {
                    return now;
                }
                if (now.primary != null && isLetThrough(unit)) {
                    counters.letThrough();
                    return now;
                }
                waiter = waiters.add(Thread.currentThread());
            } finally {
                lock.unlock();
            }
            counters.waiting();
            try {
                awaitWake(waiter, deadline, start);
            } finally {
                counters.waited(time.nanoTime() - start);
                leave(waiter);
            }
            Route now = route;
            if (now.open) {
                return now;
            }
        }
    }

    private void awaitWake(Waiters.Waiter waiter, Deadline deadline, long start) throws SQLException {
        while (!waiter.isReleased()) {
            if (Thread.currentThread().isInterrupted()) {
                throw interrupted(start);
            }
            long remaining = deadline.remainingNanos();
            if (remaining == 0) {
                // Late only because others were woken first: no reason to fail.
                if (route.open) {
                    return;
                }
                throw noPrimary(start);
            }
            LockSupport.parkNanos(waiter, remaining);
        }
    }

    private void leave(Waiters.Waiter waiter) {
        if (!waiter.isReleased()) {
            lock.lock();
            try {
                waiters.remove(waiter);
            } finally {
                lock.unlock();
            }
        }
    }

    /** Whether {@code unit} must not wait, because an open unit may be waiting for it. Nobody is after a drain found none. */
    private boolean isLetThrough(Unit unit) {
        if (hold == null || !draining) {
            return false;
        }
        Thread thread = Thread.currentThread();
        Unit tied = joined.of(thread);
        return unit.isPinned() || tied != null && tied.isUnitOpen() || registry.openUnitOf(thread, unit) != null;
    }

    @Override
    public void trouble(NodePool node, SQLException cause) {
        int index = pools.indexOf(node);
        if (index < 0) {
            return;
        }
        counters.trouble();
        Change change;
        lock.lock();
        try {
            boolean fresh = time.nanoTime() - routeSince > TROUBLE_SETTLES_NANOS;
            if (route.open && route.primary == node && fresh && !isFull(cause)) {
                view = view.with(index, view.node(index).doubted(cause, clock.nanoTime()));
            }
            change = settle();
        } finally {
            lock.unlock();
        }
        log.debug("{}: trouble on '{}': {}", options.name(), node.name(), cause.toString());
        finish(change);
        look(index);
    }

    /** A server that has no connection left for us serves the ones it gave. */
    private static boolean isFull(SQLException cause) {
        return "53300".equals(cause.getSQLState()) || cause.getErrorCode() == 1040 || cause.getErrorCode() == 1203;
    }

    // --- what the watch calls ---

    void foundDialect(Dialect found) {
        dialect = found;
    }

    /** Node {@code index} is being asked. */
    void asked(int index) {
        change(index, node -> node.asked(clock.nanoTime()));
    }

    void answered(int index, RoleAnswer answer, long askedAt) {
        Change change;
        lock.lock();
        try {
            view = view.answered(index, answer, askedAt, clock.nanoTime());
            change = settle();
        } finally {
            lock.unlock();
        }
        finish(change);
    }

    void failed(int index, Exception failure) {
        change(index, node -> node.failed(failure));
    }

    private void change(int index, UnaryOperator<NodeView> step) {
        Change change;
        lock.lock();
        try {
            view = view.with(index, step.apply(view.node(index)));
            change = settle();
        } finally {
            lock.unlock();
        }
        finish(change);
    }

    /** To be called regularly: what changes by the mere passing of time. */
    void tick() {
        clock.tick();
        coarseNanos = time.nanoTime();
        Change change;
        @Nullable Hold expired = null;
        lock.lock();
        try {
            if (hold != null && hold.until().isExpired()) {
                expired = hold;
                endHold(PrimaryVerdict.NONE);
            }
            change = settle();
            change.wake.addAll(takeWaiters(options.maxConcurrentReleases()));
        } finally {
            lock.unlock();
        }
        if (expired != null) {
            log.warn(
                    "{}: {} was not released in time: traffic goes on as observed", options.name(), expired.describe());
            lookAtAll();
        }
        finish(change);
        logClosure();
    }

    /** Whether nodes should be asked often, because a primary is looked for or about to change. */
    boolean isUnsettled() {
        return !route.open;
    }

    boolean hasBacklog() {
        return backlog;
    }

    TopologyView view() {
        return view;
    }

    WatchClock clock() {
        return clock;
    }

    // --- what the coordinator calls ---

    DrainResult hold(HoldRequest request) throws InterruptedException {
        Change change;
        Hold begun;
        lock.lockInterruptibly();
        try {
            if (closed) {
                return DrainResult.drained();
            }
            Hold current = hold;
            if (current != null && !current.isOf(request.operationId())) {
                throw new IllegalStateException(
                        "'%s' is already %s; switchover '%s' of '%s' must wait until that is released. Nothing was changed."
                                .formatted(
                                        options.name(),
                                        current.describe(),
                                        request.operationId(),
                                        request.instanceId()));
            }
            begun = Hold.of(request, current == null ? view.epoch() : current.epoch(), time.nanoTime());
            hold = begun;
            draining = true;
            change = settle();
        } finally {
            lock.unlock();
        }
        finish(change);
        log.info("{}: {}", options.name(), begun.describe());
        counters.held();
        return drain(request);
    }

    private DrainResult drain(HoldRequest request) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                List<OpenUnit> open = openUnits();
                boolean over = hold == null || !hold.isOf(request.operationId());
                if (open.isEmpty() && (over || isDrained())) {
                    return DrainResult.drained();
                }
                long remaining = request.drainUntil().remainingNanos();
                if (remaining == 0 || over || closed) {
                    return new DrainResult(openUnits());
                }
                unitEnded.awaitNanos(Math.min(remaining, RESCAN_NANOS));
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Whether no unit is open, nor about to open because it was let through: who was has another route published before its
     * eyes after it opened, and asks again, or opened before that and is seen here.
     */
    private boolean isDrained() {
        draining = false;
        Route held = route;
        route = Route.closed(held.epoch, held.primary, held.reason);
        boolean none = openUnits().isEmpty();
        draining = !none;
        return none;
    }

    private List<OpenUnit> openUnits() {
        List<OpenUnit> open = new ArrayList<>();
        long now = time.nanoTime();
        registry.forEach(unit -> {
            if (unit.isUnitOpen()) {
                Thread owner = unit.owner();
                open.add(new OpenUnit(
                        owner == null ? "unknown" : owner.getName(),
                        Duration.ofNanos(Math.max(0, now - unit.since())),
                        unit.lastStatement(),
                        !unit.isExecuting()));
            }
        });
        return open;
    }

    int cut(String operationId) {
        Hold current;
        lock.lock();
        try {
            current = hold;
            if (current == null || !current.isOf(operationId)) {
                return 0;
            }
            draining = false;
        } finally {
            lock.unlock();
        }
        return cutOff(
                Unit::isUnitOpen,
                "switchover '%s' of '%s' ended it, because it had not ended within the drain timeout"
                        .formatted(operationId, current.instanceId()));
    }

    void release(String operationId, Topology topology) {
        Change change;
        boolean known = false;
        lock.lock();
        try {
            if (hold == null || !hold.isOf(operationId)) {
                return;
            }
            int named = indexOf(topology.primaryNodeId());
            known = named != PrimaryVerdict.NONE || pools.size() == 1;
            endHold(named);
            change = settle();
        } finally {
            lock.unlock();
        }
        if (!route.open) {
            lookAtAll();
        }
        finish(change);
        log.info(
                "{}: released by switchover '{}', primary '{}'", options.name(), operationId, topology.primaryNodeId());
        if (!known) {
            log.warn(
                    "{}: the coordinator calls the primary '{}', but the nodes here are {}: give both the same names,"
                            + " so that traffic goes on without asking every node",
                    options.name(),
                    topology.primaryNodeId(),
                    pools.stream().map(NodePool::name).toList());
        }
    }

    /**
     * Ends the hold. If the watch already knows a newer primary, and nobody says it is another one, traffic goes on at once.
     * Else what was seen before the release proves nothing: the old primary was writable until the fence.
     */
    private void endHold(int named) {
        Hold ended = Objects.requireNonNull(hold);
        hold = null;
        draining = false;
        long now = clock.nanoTime();
        boolean alreadySeen = view.epoch() > ended.epoch()
                && (named == PrimaryVerdict.NONE || view.primary() == named)
                && view.decide(now, options.rules()).primary() == view.primary();
        if (alreadySeen) {
            return;
        }
        expected = named;
        expectedUntil = now + EXPECTATION_NANOS;
        Exception reason = new SQLException("asked again after switchover '%s'".formatted(ended.operationId()));
        for (int i = 0; i < pools.size(); i++) {
            view = view.with(i, view.node(i).doubted(reason, now));
        }
    }

    private int indexOf(String nodeName) {
        for (int i = 0; i < pools.size(); i++) {
            if (pools.get(i).name().equals(nodeName)) {
                return i;
            }
        }
        return PrimaryVerdict.NONE;
    }

    boolean isHeld() {
        lock.lock();
        try {
            return hold != null;
        } finally {
            lock.unlock();
        }
    }

    int waitingUnits() {
        lock.lock();
        try {
            return waiters.size();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        Change change;
        lock.lock();
        try {
            closed = true;
            change = settle();
            change.wake.addAll(waiters.take(Integer.MAX_VALUE));
            unitEnded.signalAll();
        } finally {
            lock.unlock();
        }
        finish(change);
    }

    // --- the state and its effects ---

    /** What follows from a change of state; done outside the lock. */
    private static final class Change {
        private final List<Waiters.Waiter> wake = new ArrayList<>();
        private final List<String> stale = new ArrayList<>();
        private boolean newPrimary;
        private @Nullable String primaryWas;
    }

    private Change settle() {
        Change change = new Change();
        long now = clock.nanoTime();
        PrimaryVerdict verdict = view.decide(now, options.rules());
        boolean unexpected = verdict.hasPrimary() && isUnexpected(verdict.primary(), now);
        if (verdict.hasPrimary() && !unexpected) {
            expected = PrimaryVerdict.NONE;
            change.newPrimary = view.isNewPrimary(verdict.primary());
            change.primaryWas = view.primary() == PrimaryVerdict.NONE
                    ? null
                    : view.node(view.primary()).name();
            view = view.withPrimary(verdict.primary());
        }
        for (int i = 0; i < pools.size(); i++) {
            boolean stale = view.isStalePrimary(i);
            if (stale && !staleLogged[i]) {
                change.stale.add(view.node(i).describe(now, options.rules().suspectAfterNanos()));
            }
            staleLogged[i] = stale;
        }
        Route next = next(verdict, unexpected, now);
        Route current = route;
        if (!isSame(current, next)) {
            if (current.open != next.open) {
                routeSince = time.nanoTime();
            }
            route = next;
        }
        if (next.open) {
            change.wake.addAll(current.open ? List.of() : takeWaiters(options.maxConcurrentReleases()));
        } else {
            backlog = false;
        }
        return change;
    }

    private boolean isUnexpected(int primary, long now) {
        return expected != PrimaryVerdict.NONE && expected != primary && now - expectedUntil < 0;
    }

    private Route next(PrimaryVerdict verdict, boolean unexpected, long now) {
        @Nullable NodePool primary = verdict.hasPrimary() && !unexpected ? pools.get(verdict.primary()) : null;
        Hold held = hold;
        if (closed) {
            return Route.closed(view.epoch(), null, "closed");
        }
        if (held != null) {
            return Route.closed(view.epoch(), primary, held.describe());
        }
        if (unexpected) {
            return Route.closed(
                    view.epoch(),
                    null,
                    "%s, but the switchover made %s the primary"
                            .formatted(
                                    view.node(verdict.primary())
                                            .describe(now, options.rules().suspectAfterNanos()),
                                    pools.get(expected).name()));
        }
        return primary == null ? Route.closed(view.epoch(), null, verdict.reason()) : Route.open(view.epoch(), primary);
    }

    private static boolean isSame(Route a, Route b) {
        return a.open == b.open && a.epoch == b.epoch && a.primary == b.primary && a.reason.equals(b.reason);
    }

    private List<Waiters.Waiter> takeWaiters(int most) {
        if (!route.open) {
            return List.of();
        }
        List<Waiters.Waiter> taken = waiters.take(most);
        backlog = !waiters.isEmpty();
        return taken;
    }

    private void wakeMore(int most) {
        List<Waiters.Waiter> taken;
        lock.lock();
        try {
            taken = takeWaiters(most);
        } finally {
            lock.unlock();
        }
        taken.forEach(Waiters.Waiter::wake);
    }

    private void finish(Change change) {
        for (Waiters.Waiter waiter : change.wake) {
            waiter.wake();
        }
        if (change.newPrimary) {
            enthrone(change.primaryWas);
        }
        for (String stale : change.stale) {
            log.warn(
                    "{}: {}, but a newer history was seen: a stale primary, which gets no traffic; fence it",
                    options.name(),
                    stale);
        }
    }

    private void enthrone(@Nullable String before) {
        TopologyView now = view;
        long epoch = now.epoch();
        int cutOff = cutOff(
                unit -> unit.isUnitOpen() && unit.attachedEpoch() != 0 && unit.attachedEpoch() < epoch,
                "another node became the primary: " + now.node(now.primary()).name());
        for (int i = 0; i < pools.size(); i++) {
            Watcher asked = watcher;
            if (i != now.primary() && asked != null) {
                asked.demoted(i);
            }
        }
        counters.newPrimary();
        log.info(
                "{}: {} is the primary{} (epoch {}{})",
                options.name(),
                now.node(now.primary()).name(),
                before == null ? "" : ", before: " + before,
                epoch,
                cutOff == 0 ? "" : ", " + cutOff + " open units on the old one were ended");
    }

    private interface UnitFilter {
        boolean matches(Unit unit);
    }

    private int cutOff(UnitFilter which, String reason) {
        List<Unit> units = new ArrayList<>();
        registry.forEach(unit -> {
            if (which.matches(unit)) {
                units.add(unit);
            }
        });
        for (Unit unit : units) {
            try {
                unit.cutOff(reason);
            } catch (RuntimeException e) {
                log.warn("{}: a unit of work could not be cut off", options.name(), e);
            }
        }
        counters.cutOff(units.size());
        return units.size();
    }

    private void look(int index) {
        Watcher asked = watcher;
        if (asked != null) {
            asked.look(index);
        }
    }

    private void lookAtAll() {
        for (int i = 0; i < pools.size(); i++) {
            look(i);
        }
    }

    // --- what people read ---

    private void logClosure() {
        Route now = route;
        boolean closedLong = !now.open && time.nanoTime() - routeSince > QUIET_NANOS;
        String closure = null;
        boolean reopened = false;
        lock.lock();
        try {
            if (closedLong && hold == null && !closed && !closureLogged) {
                closureLogged = true;
                closure = now.reason;
            } else if (now.open && closureLogged) {
                closureLogged = false;
                reopened = true;
            }
        } finally {
            lock.unlock();
        }
        if (closure != null) {
            log.warn("{}: no primary, units of work wait: {}", options.name(), closure);
        } else if (reopened && now.primary != null) {
            log.info("{}: traffic goes on, on '{}'", options.name(), now.primary.name());
        }
    }

    private SQLException closedException() {
        return new SQLNonTransientConnectionException(
                "The DataSource '%s' is closed; the unit of work was not started".formatted(options.name()), "08003");
    }

    private SQLException interrupted(long start) {
        return new NoPrimaryException(
                "Interrupted after %s while waiting for a primary of '%s': %s. The unit of work was not started."
                        .formatted(Texts.nanos(time.nanoTime() - start), options.name(), why()));
    }

    private SQLException noPrimary(long start) {
        counters.gaveUp();
        NoPrimaryException failure =
                new NoPrimaryException("No primary for '%s' within %s: %s. The unit of work was not started."
                        .formatted(options.name(), Texts.nanos(time.nanoTime() - start), why()));
        for (NodeView node : view.nodes()) {
            Exception cause = node.failure() != null ? node.failure() : node.doubt();
            if (cause != null) {
                failure.addSuppressed(cause);
            }
        }
        return failure;
    }

    /** Why units wait, each node included. */
    private String why() {
        Route now = route;
        String nodes = view.describe(clock.nanoTime(), options.rules());
        return now.reason.equals(nodes) || now.reason.isEmpty() ? nodes : now.reason + "; " + nodes;
    }
}
