package io.switchover4j.jdbc.internal;

import io.switchover4j.TimeSource;
import io.switchover4j.Topology;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.OpenUnit;
import io.switchover4j.spi.PrepareRequest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets units of work pass, wait or end. Thread-safe.
 *
 * <p>Its {@link GateState} changes under one lock, in which nothing blocks; what follows from a change (waking, cutting off,
 * logging) is done after it. The hot path reads the route and takes no lock.
 */
final class Gate implements Traffic {

    private static final Logger log = LoggerFactory.getLogger(Gate.class);

    /** A drain looks again after this, so that it does not depend on being told. */
    private static final long RESCAN_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final GateOptions options;
    private final List<NodePool> pools;
    private final UnitRegistry registry;
    private final JoinedUnits joined;
    private final TimeSource time;
    private final WatchClock clock;
    private final Counters counters;
    private final ClosureLog closures;
    private final Evacuation evacuation;
    private final DrawnKeys drawnKeys = new DrawnKeys();
    private final RecentStatements recent = new RecentStatements();
    private final Turns turns = new Turns();
    private final Newcomers newcomers;
    private final WarmUp warmUp;
    private final ChangeEffects effects;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition unitEnded = lock.newCondition();
    private final GateState state;

    private volatile @Nullable Ledger ledger;
    private volatile Executor aborter = Runnable::run;
    private volatile Dialect dialect = new StandardDialect();
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
        this.state = new GateState(options, this.pools, clock);
        this.evacuation = new Evacuation(options.name(), registry, counters);
        this.effects = new ChangeEffects(options, this.pools, state, evacuation, counters, time);
        this.closures = new ClosureLog(options.name(), time.nanoTime());
        this.coarseNanos = time.nanoTime();
        this.newcomers = new Newcomers(options.name(), this.pools, state, drawnKeys, () -> dialect);
        this.warmUp = new WarmUp(options, registry, recent, (node, borrowed) -> newcomers.reach(node, borrowed, false));
        drawnKeys.onWanted(effects::lookAtAll);
    }

    /** Who asks the nodes; set once, before traffic. */
    void watchedBy(Watcher newWatcher) {
        effects.watchedBy(newWatcher);
    }

    /** Where commits are marked; set once, before traffic. */
    void marksIn(Ledger newLedger) {
        ledger = newLedger;
    }

    /** Where connections are ended that may not let go; set once, before traffic. */
    void abortsOn(Executor newAborter) {
        aborter = newAborter;
    }

    @Override
    public Executor aborter() {
        return aborter;
    }

    @Override
    public CommitPath newCommitPath(Unit unit) {
        Ledger marks = ledger;
        return marks == null ? CommitPath.PLAIN : new LedgerPath(marks, this, unit);
    }

    // What the handles call

    @Override
    public Route route() {
        return state.route;
    }

    @Override
    public Turns turns() {
        return turns;
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
        if (state.backlog) {
            wakeOne();
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
    }

    @Override
    public void called(Unit unit, boolean isProtected) {
        registry.called(unit, isProtected);
    }

    @Override
    public void affected() {
        counters.affected();
    }

    @Override
    public void outcome(boolean certainlyNotApplied, String node) {
        counters.outcome(certainlyNotApplied);
        if (!certainlyNotApplied) {
            FlightEvents.unknown(options.name(), node);
        }
    }

    @Override
    public void settled(CommitPath.Outcome outcome) {
        FlightEvents.settled(options.name(), outcome);
    }

    @Override
    public DrawnKeys drawnKeys() {
        return drawnKeys;
    }

    @Override
    public void attached(Connection borrowed, String node, long epoch) throws SQLException {
        newcomers.attached(borrowed, node, epoch);
    }

    @Override
    public String primaryServer() {
        return newcomers.primaryServer();
    }

    @Override
    public ReplayOptions replayOptions() {
        return options.replay();
    }

    @Override
    public void prepared(String sql) {
        recent.saw(sql);
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
                if (state.isClosed()) {
                    throw GateFailures.closed(options);
                }
                Route now = state.route;
                if (now.open) {
                    return now;
                }
                if (now.primary != null && isLetThrough(unit)) {
                    counters.letThrough();
                    return now;
                }
                waiter = state.waiters.add(Thread.currentThread(), unit);
            } finally {
                lock.unlock();
            }
            counters.waiting();
            boolean goesOn = false;
            try {
                awaitWake(unit, waiter, deadline, start);
                Route now = state.route;
                if (now.open) {
                    goesOn = true;
                    return now;
                }
            } finally {
                counters.waited(time.nanoTime() - start);
                leave(waiter);
                if (waiter.isLetGo()) {
                    unit.onItsWay(goesOn);
                    if (!goesOn) {
                        arrived();
                    }
                }
            }
        }
    }

    @Override
    public void arrived() {
        state.onTheirWay.decrementAndGet();
    }

    @Override
    public void aborted(Unit unit) {
        lock.lock();
        try {
            state.waiters.lookAgain(unit);
        } finally {
            lock.unlock();
        }
    }

    private void awaitWake(Unit unit, Waiters.Waiter waiter, Deadline deadline, long start) throws SQLException {
        while (!waiter.isReleased()) {
            if (!unit.isOpen()) {
                throw Attachment.closedException();
            }
            long waited = time.nanoTime() - start;
            if (Thread.currentThread().isInterrupted()) {
                throw GateFailures.interrupted(options, state.route, state.view, clock.nanoTime(), waited);
            }
            long remaining = deadline.remainingNanos();
            if (remaining == 0) {
                if (state.route.open) {
                    // Late only because others were woken first: no reason to fail.
                    return;
                }
                counters.gaveUp();
                throw GateFailures.noPrimary(options, state.route, state.view, clock.nanoTime(), waited);
            }
            LockSupport.parkNanos(waiter, remaining);
        }
    }

    private void leave(Waiters.Waiter waiter) {
        if (!waiter.isReleased()) {
            lock.lock();
            try {
                state.waiters.remove(waiter);
            } finally {
                lock.unlock();
            }
        }
    }

    /** Whether {@code unit} must not wait, because an open unit may be waiting for it. Nobody is after a drain found none. */
    private boolean isLetThrough(Unit unit) {
        if (!state.isDraining()) {
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
        log.debug("{}: trouble on '{}': {}", options.name(), node.name(), cause.toString());
        if (!change(() -> state.trouble(node, index, cause)).nowClosed) {
            effects.look(index);
        }
    }

    @Override
    public boolean reachesPrimary(NodePool node, Connection borrowed) {
        return newcomers.reach(node, borrowed, true);
    }

    // What the watch calls

    void foundDialect(Dialect found) {
        dialect = found;
    }

    void asked(int node) {
        change(() -> state.asked(node));
    }

    void answered(int node, RoleAnswer answer, long askedAt) {
        change(() -> state.answered(node, answer, askedAt));
    }

    void failed(int node, Exception failure) {
        change(() -> state.failed(node, failure));
    }

    /** To be called regularly, by one thread: what changes by the mere passing of time. */
    void tick() {
        clock.tick();
        coarseNanos = time.nanoTime();
        Change change = change(state::timePassed);
        if (change.expired != null) {
            log.warn(
                    "{}: {} was not released in time: traffic goes on as observed",
                    options.name(),
                    change.expired.describe());
            effects.lookAtAll();
        }
        evacuation.look(aborter);
        closures.look(state.route, isHeld(), time.nanoTime());
    }

    /**
     * Whether nodes should be asked often, because a primary is looked for. Not while a switchover holds the traffic: it will
     * say when it is done, and a server that is stopping has better things to do than to refuse connections.
     */
    boolean isUnsettled() {
        return !state.route.open && !isHeld();
    }

    boolean hasBacklog() {
        return state.backlog;
    }

    TopologyView view() {
        return state.view;
    }

    /** Whether a node, of which no failure is known, owes an answer for so long that units should not go there. */
    boolean isSuspected(int node) {
        NodeView view = state.view.node(node);
        return view.failure() == null
                && view.isSuspected(clock.nanoTime(), options.rules().suspectAfterNanos());
    }

    /** It was not suspected before. */
    void suspected(int node) {
        String nodeName = pools.get(node).name();
        counters.suspected();
        FlightEvents.suspected(options.name(), nodeName);
        // Not louder: that units wait, and why, is said by the log of closures.
        log.debug("{}: '{}' owes an answer for too long", options.name(), nodeName);
    }

    WatchClock clock() {
        return clock;
    }

    // What the coordinator calls

    void prepare(PrepareRequest request) throws InterruptedException {
        int target = indexOf(request.targetNodeId());
        lock.lockInterruptibly();
        try {
            state.announce(request.operationId());
        } finally {
            lock.unlock();
        }
        FlightEvents.loadForSwitch();
        if (target == PrimaryVerdict.NONE) {
            return;
        }
        effects.look(target);
        warmUp.run(pools.get(target), dialect, request.until());
    }

    DrainResult hold(HoldRequest request) throws InterruptedException {
        Change change;
        lock.lockInterruptibly();
        try {
            Hold current = state.hold();
            if (current != null && !current.isOf(request.operationId())) {
                throw GateFailures.alreadyHeld(options, current, request);
            }
            change = state.hold(request, time.nanoTime());
        } finally {
            lock.unlock();
        }
        effects.of(change);
        log.info("{}: held by switchover '{}' of '{}'", options.name(), request.operationId(), request.instanceId());
        counters.held();
        return drain(request);
    }

    private DrainResult drain(HoldRequest request) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                // What is closed lets nobody in, but what was open then may still be.
                boolean over = !state.isClosed() && !state.isHeldBy(request.operationId());
                List<OpenUnit> open = openUnits();
                if (open.isEmpty() && !over) {
                    state.stopLettingThrough();
                    open = openUnits();
                    if (!open.isEmpty()) {
                        state.letThroughAgain().wake.forEach(Waiters.Waiter::wake);
                    }
                }
                long remaining = request.drainUntil().remainingNanos();
                if (open.isEmpty() || over || remaining == 0) {
                    return new DrainResult(open);
                }
                unitEnded.awaitNanos(Math.min(remaining, RESCAN_NANOS));
            }
        } finally {
            lock.unlock();
        }
    }

    List<OpenUnit> openUnits() {
        List<OpenUnit> open = new ArrayList<>();
        long now = time.nanoTime();
        registry.forEach(unit -> {
            if (unit.isUnitOpen()) {
                Thread owner = unit.owner();
                open.add(new OpenUnit(
                        owner == null ? "unknown" : owner.getName(),
                        Duration.ofNanos(Math.max(0, now - unit.since())),
                        SqlText.withoutValues(unit.current(), !(dialect instanceof PostgresDialect)),
                        !unit.isExecuting()));
            }
        });
        return open;
    }

    int cut(String operationId) {
        Hold current;
        lock.lock();
        try {
            current = state.hold();
            if (current == null || !current.isOf(operationId)) {
                return 0;
            }
            state.stopLettingThrough();
        } finally {
            lock.unlock();
        }
        return evacuation.cutOff(
                Unit::isUnitOpen,
                "switchover '%s' of '%s' ended it, because it had not ended within the drain timeout"
                        .formatted(operationId, current.instanceId()));
    }

    void release(String operationId, Topology topology) {
        int named = indexOf(topology.primaryNodeId());
        Change change;
        lock.lock();
        try {
            Hold current = state.hold();
            if (current == null || !current.isOf(operationId)) {
                return;
            }
            change = state.endHold(current, named, topology.timeline().orElse(null));
        } finally {
            lock.unlock();
        }
        if (!state.route.open) {
            effects.lookAfterRelease(named);
        }
        effects.of(change);
        if (state.route.open) {
            effects.lookAtAllSoon();
        }
        log.info(
                "{}: released by switchover '{}', primary '{}'", options.name(), operationId, topology.primaryNodeId());
        if (named == PrimaryVerdict.NONE && pools.size() > 1) {
            log.warn(
                    "{}: the coordinator calls the primary '{}', but the nodes here are {}: give both the same names,"
                            + " so that traffic goes on without asking every node",
                    options.name(),
                    topology.primaryNodeId(),
                    pools.stream().map(NodePool::name).toList());
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
            return state.hold() != null;
        } finally {
            lock.unlock();
        }
    }

    int waitingUnits() {
        lock.lock();
        try {
            return state.waiters.size();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        change(() -> {
            unitEnded.signalAll();
            return state.close();
        });
    }

    private Change change(Supplier<Change> step) {
        Change change;
        lock.lock();
        try {
            change = step.get();
        } finally {
            lock.unlock();
        }
        effects.of(change);
        return change;
    }

    private void wakeOne() {
        List<Waiters.Waiter> taken;
        lock.lock();
        try {
            taken = state.takeWaiters(1);
        } finally {
            lock.unlock();
        }
        taken.forEach(Waiters.Waiter::wake);
    }
}
