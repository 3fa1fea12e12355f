package io.switchover4j.jdbc.internal;

import io.switchover4j.Timeline;
import io.switchover4j.spi.HoldRequest;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Everything the route depends on: what the nodes said, whether a switchover holds the traffic, whether the DataSource is
 * closed. Every change ends in {@link #settle}, which derives the route and tells what follows.
 *
 * <p>Guarded by the gate's lock, but for {@link #route} and {@link #view}, which anybody may read. Nothing here blocks.
 */
final class GateState {

    /**
     * One failing server is reported by many units, some of them after it was asked again: for this long after the first
     * report, trouble does not close the gate once more.
     */
    private static final long TROUBLE_SETTLES_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    /** How long the word of a coordinator counts more than what another node says. */
    private static final long EXPECTATION_NANOS = TimeUnit.SECONDS.toNanos(5);

    /**
     * The sessions of a new primary are cold: many at once would share its processors, and all would have their first
     * commit late. So the first waiters go alone, and each tick doubles the number.
     */
    private static final int FIRST_WAVE = Math.max(2, Runtime.getRuntime().availableProcessors());

    private final GateOptions options;
    private final List<NodePool> pools;
    private final WatchClock clock;

    final Waiters waiters = new Waiters();

    /** Those who were let go and have no connection yet. Grows under the lock alone. */
    final AtomicInteger onTheirWay = new AtomicInteger();

    volatile Route route = Route.closed(0, null, "the nodes were not asked yet");
    volatile TopologyView view;
    volatile boolean backlog;

    private @Nullable Hold hold;
    private boolean draining;

    /** Whether waiting units were given the chance to be let through since they could be. */
    private boolean passable;

    private boolean closed;
    private int expected = PrimaryVerdict.NONE;
    private long expectedUntil;
    private long doubtedUntil;
    private int wave = FIRST_WAVE;
    private final boolean[] staleKnown;

    /** A switchover that is near, and which nodes have answered a question that was put after it was announced. */
    private @Nullable Announced announced;

    /** The nodes that a coordinator saw promoted: a question put before has an answer that is older than that. */
    private final @Nullable Told[] told;

    private static final class Announced {

        final String operationId;
        final long at;
        final boolean[] answeredSince;

        Announced(String operationId, long at, int nodes) {
            this.operationId = operationId;
            this.at = at;
            this.answeredSince = new boolean[nodes];
        }
    }

    private record Told(RoleAnswer answer, long at) {}

    GateState(GateOptions options, List<NodePool> pools, WatchClock clock) {
        this.options = options;
        this.pools = pools;
        this.clock = clock;
        this.view = TopologyView.unknown(pools.stream().map(NodePool::name).toList());
        this.staleKnown = new boolean[pools.size()];
        this.told = new Told[pools.size()];
        this.doubtedUntil = clock.nanoTime();
    }

    @Nullable
    Hold hold() {
        return hold;
    }

    boolean isHeldBy(String operationId) {
        return hold != null && hold.isOf(operationId);
    }

    boolean isDraining() {
        return draining;
    }

    boolean isClosed() {
        return closed;
    }

    Change asked(int node) {
        view = view.with(node, view.node(node).asked(clock.nanoTime()));
        return settle();
    }

    Change answered(int node, RoleAnswer said, long askedAt) {
        Told known = told[node];
        Told newer = known != null && askedAt - known.at() <= 0 ? known : null;
        RoleAnswer answer = newer == null ? said : newer.answer();
        if (announced != null && askedAt - announced.at > 0) {
            announced.answeredSince[node] = true;
        }
        view = view.answered(node, answer, newer == null ? askedAt : newer.at(), clock.nanoTime());
        Change change = settle();
        boolean stale = view.isStalePrimary(node);
        if (stale && !staleKnown[node]) {
            change.stale = view.node(node).name() + " is " + answer.describe();
        }
        staleKnown[node] = stale;
        return change;
    }

    Change failed(int node, Exception failure) {
        view = view.with(node, view.node(node).failed(failure));
        return settle();
    }

    /** A unit met trouble on {@code pool}: unless that is old news, nobody goes there until the node answered again. */
    Change trouble(NodePool pool, int node, SQLException cause) {
        long now = clock.nanoTime();
        boolean isNews = now - doubtedUntil >= 0;
        if (route.open && route.primary == pool && isNews && !isFull(cause)) {
            doubtedUntil = now + TROUBLE_SETTLES_NANOS;
            view = view.with(node, view.node(node).doubted(cause, now));
        }
        return settle();
    }

    /** A server that has no connection left for us serves the ones it gave. */
    private static boolean isFull(SQLException cause) {
        return "53300".equals(cause.getSQLState()) || cause.getErrorCode() == 1040 || cause.getErrorCode() == 1203;
    }

    /** A switchover is near, whose coordinator is connected to the server that it will promote. */
    void announce(String operationId) {
        announced = new Announced(operationId, clock.nanoTime(), pools.size());
    }

    Change hold(HoldRequest request, long now) {
        Hold current = hold;
        hold = Hold.of(request, current == null ? view.epoch() : current.epoch(), now);
        draining = true;
        return settle();
    }

    /**
     * To be called when no unit is open: from now on nobody is let through. Who was, and is about to open, sees another
     * route after it opened, and asks again; who opened before that is open when the caller looks once more.
     */
    void stopLettingThrough() {
        draining = false;
        passable = false;
        Route held = route;
        route = Route.closed(held.epoch, held.primary, held.reason);
    }

    /** The counterpart of {@link #stopLettingThrough}, if somebody did open. */
    Change letThroughAgain() {
        draining = true;
        return settle();
    }

    /**
     * Ends the hold. If the watch already knows a newer primary, and nobody says it is another one, traffic goes on at once.
     * Else what was seen before the release proves nothing: the old primary was writable until the fence.
     *
     * @param named the node that the coordinator calls primary; {@link PrimaryVerdict#NONE} if it is none of ours
     * @param timeline what the coordinator saw that node write; null if it did not say
     */
    Change endHold(Hold ended, int named, @Nullable Timeline timeline) {
        hold = null;
        draining = false;
        long now = clock.nanoTime();
        boolean alreadySeen = view.epoch() > ended.epoch()
                && (named == PrimaryVerdict.NONE || view.primary() == named)
                && view.decide(now, options.rules()).primary() == view.primary();
        if (!alreadySeen) {
            expected = named;
            expectedUntil = now + EXPECTATION_NANOS;
            Exception reason = new SQLException("asked again after switchover '%s'".formatted(ended.operationId()));
            RoleAnswer seen = seenByCoordinator(ended, named, timeline, now);
            for (int i = 0; i < pools.size(); i++) {
                if (i == named && seen != null) {
                    told[i] = new Told(seen, now);
                    view = view.answered(i, seen, now, now);
                } else {
                    view = view.with(i, view.node(i).doubted(reason, now));
                }
            }
        }
        announced = null;
        Change change = settle();
        change.ended = ended;
        return change;
    }

    /**
     * What the node would answer, where the coordinator has asked it already; null where that is not certain. The server is the
     * one that answered us after the switchover was announced: the coordinator has promoted it on a session that it had before.
     */
    private @Nullable RoleAnswer seenByCoordinator(Hold ended, int named, @Nullable Timeline timeline, long now) {
        Announced before = announced;
        if (timeline == null
                || named == PrimaryVerdict.NONE
                || before == null
                || !before.operationId.equals(ended.operationId())
                || !before.answeredSince[named]) {
            return null;
        }
        NodeView node = view.node(named);
        RoleAnswer last = node.answer();
        if (last == null
                || node.failure() != null
                || !node.isFresh(now, options.rules().freshNanos())
                || !last.lineage().equals(timeline.lineage())
                || !view.lineage().equals(timeline.lineage())
                || timeline.number() <= view.newestHistory()) {
            return null;
        }
        return new RoleAnswer(true, timeline.number(), last.server(), last.lineage());
    }

    /** What changes by the mere passing of time. */
    Change timePassed() {
        Hold held = hold;
        Change change;
        if (held != null && held.until().isExpired()) {
            change = endHold(held, PrimaryVerdict.NONE, null);
            change.expired = held;
        } else {
            change = settle();
        }
        if (backlog) {
            wave = Math.min(2 * wave, options.maxConcurrentReleases());
            change.wake.addAll(takeWaiters(wave));
        }
        return change;
    }

    Change close() {
        closed = true;
        Change change = settle();
        change.wake.addAll(waiters.take(Integer.MAX_VALUE));
        return change;
    }

    /** Some of those who wait while the gate is open, but no more than may be on their way to a connection at once. */
    List<Waiters.Waiter> takeWaiters(int most) {
        if (!route.open) {
            return List.of();
        }
        List<Waiters.Waiter> taken =
                waiters.letGo(Math.max(0, Math.min(most, options.maxConcurrentReleases() - onTheirWay.get())));
        onTheirWay.addAndGet(taken.size());
        backlog = !waiters.isEmpty();
        return taken;
    }

    private Change settle() {
        Change change = new Change();
        long now = clock.nanoTime();
        PrimaryVerdict verdict = view.decide(now, options.rules());
        boolean unexpected = verdict.hasPrimary() && isUnexpected(verdict.primary(), now);
        if (verdict.hasPrimary() && !unexpected) {
            expected = PrimaryVerdict.NONE;
            change.newPrimary = view.isNewPrimary(verdict.primary());
            change.primaryBefore = view.primary();
            view = view.withPrimary(verdict.primary());
        }
        Route before = route;
        Route next = next(verdict, unexpected, now);
        if (!isSame(before, next)) {
            route = next;
        }
        change.nowClosed = before.open && !next.open && !closed && hold == null;
        if (!next.open) {
            backlog = false;
        } else if (!before.open) {
            wave = Math.min(FIRST_WAVE, options.maxConcurrentReleases());
            change.wake.addAll(takeWaiters(wave));
            change.othersWait = backlog;
        }
        boolean canPass = draining && next.primary != null;
        if (canPass && !passable) {
            change.wake.addAll(waiters.take(Integer.MAX_VALUE));
        }
        passable = canPass;
        return change;
    }

    private boolean isUnexpected(int primary, long now) {
        return expected != PrimaryVerdict.NONE && expected != primary && now - expectedUntil < 0;
    }

    private Route next(PrimaryVerdict verdict, boolean unexpected, long now) {
        NodePool primary = verdict.hasPrimary() && !unexpected ? pools.get(verdict.primary()) : null;
        Hold held = hold;
        if (closed) {
            return Route.closed(view.epoch(), null, "closed");
        }
        if (held != null) {
            return Route.closed(view.epoch(), primary, held.describe());
        }
        if (primary != null) {
            return Route.open(view.epoch(), primary);
        }
        String reason = unexpected
                ? "%s, but the switchover made %s the primary"
                        .formatted(
                                view.node(verdict.primary())
                                        .describe(now, options.rules().suspectAfterNanos()),
                                pools.get(expected).name())
                : verdict.reason();
        return Route.closed(view.epoch(), null, reason);
    }

    private static boolean isSame(Route a, Route b) {
        return a.open == b.open && a.epoch == b.epoch && a.primary == b.primary && a.reason.equals(b.reason);
    }
}
