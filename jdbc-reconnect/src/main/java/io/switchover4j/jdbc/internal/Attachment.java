package io.switchover4j.jdbc.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The tie between a logical connection and the physical one beneath it: how it comes about, when it is still good, how it
 * ends.
 *
 * <p>Confined to the thread that uses the connection, but for {@link #cutOff}, {@link #abortFrom} and {@link #closeFrom}: they take the
 * physical connection away by a compare-and-set, so that it is never ended after it went back to its pool. A unit that
 * opens writes a volatile field, which makes everything the owner wrote before visible to them.
 */
abstract class Attachment extends Turn {

    private static final int VALIDATION_SECONDS = 1;

    /** So many idle connections to another server are put away without a pause. */
    private static final int MOST_OLD_ONES = 100;

    private static final VarHandle PHYSICAL;
    private static final VarHandle CLOSED;

    static {
        try {
            PHYSICAL = MethodHandles.lookup().findVarHandle(Attachment.class, "physical", Connection.class);
            CLOSED = MethodHandles.lookup().findVarHandle(Attachment.class, "closed", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * The route under which the physical connection was borrowed, or found good again. Never a closed one: who was let
     * through a hold must ask again for the next unit.
     */
    private @Nullable Route route;

    private @Nullable Connection physical;

    /** What is known of the last physical connection. */
    SeenConnection seen = SeenConnection.TRUSTED;

    /** The node of the last physical connection, for messages. */
    private @Nullable String lastNode;

    /** Counts attachments and detachments, so that a statement sees with one comparison whether it must be made anew. */
    private int number;

    /** Results on this attachment that the application has not read to their end or closed. */
    private int openResults;

    private volatile @Nullable Cut cut;

    private volatile boolean closed;

    /** Set while a call is being run again. */
    @Nullable
    Retries retries;

    /** Why an attachment was ended from outside. */
    private record Cut(int number, String reason) {}

    Attachment(Traffic traffic) {
        super(traffic);
    }

    /** Brings a physical connection that was just borrowed into the state that the application expects. */
    abstract void restoreSession(Connection borrowed) throws SQLException;

    /** Whether the unit that is open is a transaction that cannot simply begin anew elsewhere. */
    abstract boolean inTransaction();

    /** What the session carries that cannot move; only asked while {@link #isPinned()}. */
    abstract String pinnedBy();

    /** Whether the session was given settings that its pool does not know of, and would give on to others. */
    abstract boolean leavesTraces();

    /** Whether the pool has to set something back on the session, which takes calls to the server. */
    abstract boolean changesOnReturn();

    /**
     * Does the lost transaction again on another physical connection, and returns that.
     *
     * @throws SQLException what became of the unit, if that is not possible
     */
    abstract Connection recovered(String why) throws SQLException;

    final int number() {
        return number;
    }

    @Override
    final boolean isOpen() {
        return !closed;
    }

    @Override
    final long attachedEpoch() {
        boolean attached = PHYSICAL.getAcquire(this) != null;
        Route under = route;
        return under == null || !attached ? 0 : under.epoch;
    }

    @Override
    final boolean makeVisible(Traffic to) {
        if (slot >= 0) {
            return false;
        }
        to.register(this);
        return true;
    }

    /** Nobody needs to find this attachment any more. */
    final void makeInvisible() {
        traffic.unregister(this);
    }

    /** Borrows the first physical connection. */
    final void attachFirst() throws SQLException {
        Retries tries = null;
        Route target = traffic.route();
        while (true) {
            if (!target.open) {
                tries = tries == null ? new Retries(traffic) : tries;
                target = traffic.await(this, tries.deadline);
            }
            SQLException trouble = attach(target);
            if (trouble == null) {
                return;
            }
            tries = tries == null ? new Retries(traffic) : tries;
            tries.failed(target, false, trouble);
            target = traffic.route();
        }
    }

    /** The physical connection for the next call of a unit; opens the unit if none is open. */
    final Connection ready() throws SQLException {
        boolean inside = isUnitOpen();
        if (!inside) {
            openUnit(traffic.coarseNanoTime());
        }
        Connection attached = physical;
        if (attached != null && traffic.route() == route) {
            return attached;
        }
        return inside ? readyInside() : readyAnew();
    }

    /** The physical connection, if a call outside a unit may be sent on it now; null if it must come at the next unit. */
    final @Nullable Connection attachedNow() throws SQLException {
        if (isUnitOpen()) {
            return ready();
        }
        Connection attached = physical;
        Route under = route;
        if (attached == null || under == null) {
            return null;
        }
        if (traffic.route().epoch > under.epoch) {
            discard();
            return null;
        }
        return attached;
    }

    /** The physical connection as it is, for calls that may not wait; null if there is none. */
    final @Nullable Connection attachedOrNull() {
        return physical;
    }

    /** Whether a newer primary than the one of the physical connection is known. */
    final boolean isSuperseded() {
        Route under = route;
        return under != null && traffic.route().epoch > under.epoch;
    }

    /** Whether the physical connection was taken away from outside. */
    final boolean isCut() {
        return physical == null && route != null;
    }

    /** Why the open unit cannot go on; the reason for {@link #isCut()} or {@link #isSuperseded()}. */
    final String whyGone() {
        Cut last = cut;
        if (last != null && last.number == number) {
            return last.reason;
        }
        return isCut() ? "it was ended from outside" : "a newer primary is known";
    }

    /** The name of the node to which it is attached; empty while it is not. */
    final String attachedNode() {
        Route under = route;
        return under == null || under.primary == null ? "" : under.primary.name();
    }

    final String nodeName() {
        Route under = route;
        String name = under == null || under.primary == null ? lastNode : under.primary.name();
        return name == null ? "the database" : "'" + name + "'";
    }

    final void reportTrouble(SQLException cause) {
        Route under = route;
        if (under != null && under.primary != null && !isCut()) {
            traffic.trouble(under.primary, cause);
        }
    }

    /** Closes the unit and returns the route as it is after that: a drain that did not see the unit end is told. */
    final Route endUnit() {
        closeUnit();
        Route now = traffic.route();
        if (!now.open) {
            traffic.unitEnded();
        }
        return now;
    }

    /** Takes the physical connection out of service. */
    final void discard() {
        Route under = route;
        Connection taken = detach();
        if (taken != null && under != null && under.primary != null) {
            under.primary.discard(taken);
        }
    }

    final void resultOpened() {
        openResults++;
    }

    /** Counts too many rather than wait for the call of another thread. */
    final void resultDone(int attachment) {
        boolean within = hasTurn();
        if (!within && !tryTurn()) {
            return;
        }
        if (attachment == number && openResults > 0) {
            openResults--;
        }
        giveTurn(!within);
    }

    /**
     * Gives the physical connection back to its pool, or out of service where it is of no use any more.
     *
     * <p>A pool closes all results of a connection that comes back; the rows that the driver has fetched outlive a
     * connection that is merely ended.
     */
    final void giveBack() {
        if (isSuperseded() || openResults > 0) {
            discard();
            return;
        }
        Route under = route;
        if (changesOnReturn()) {
            returnAttached(under);
            return;
        }
        Connection taken = detach();
        if (taken != null) {
            close(taken, under);
        }
    }

    /** The pool sends something first: so it stays attached meanwhile, and can be ended from outside if that hangs. */
    private void returnAttached(@Nullable Route under) {
        Connection attached = physical;
        // Its statements end first: the parameters that other threads set from here on are for the next ones.
        number++;
        if (attached != null) {
            close(attached, under);
        }
        detach();
    }

    private static void close(Connection taken, @Nullable Route under) {
        try {
            taken.close();
        } catch (SQLException | RuntimeException e) {
            if (under != null && under.primary != null) {
                under.primary.discard(taken);
            }
        }
    }

    /** For ever: no further physical connection is borrowed. */
    final void closeAttachment() {
        // In a turn: nobody borrows for it at the same time.
        CLOSED.setRelease(this, true);
        openResults = 0;
        giveBack();
    }

    @Override
    final void cutOff(String reason) {
        Connection attached = (Connection) PHYSICAL.getAcquire(this);
        int attachedNumber = number;
        Route under = route;
        if (attached == null || under == null || under.primary == null) {
            return;
        }
        Route now = traffic.route();
        if (now.open && now.epoch == under.epoch) {
            // The owner moved on by itself between the look of the caller and ours.
            return;
        }
        if (PHYSICAL.compareAndSet(this, attached, null)) {
            cut = new Cut(attachedNumber, reason);
            NodePool pool = under.primary;
            // As one task: a pool that closes it before it is aborted would make the driver send something.
            traffic.aborter().execute(() -> pool.abort(attached, Runnable::run));
        }
    }

    /** Ends this connection from any thread, for ever. */
    final void abortFrom(Executor executor) {
        endFrom("abort() was called on it", (pool, taken) -> pool.abort(taken, executor));
    }

    /** The same where another thread's call is in flight: no pool gets what that may be using. */
    final void closeFrom() {
        endFrom(
                "another thread closed it",
                // As one task: a pool that closes it before it is aborted would make the driver send something.
                (pool, taken) -> traffic.aborter().execute(() -> pool.abort(taken, Runnable::run)));
    }

    private void endFrom(String reason, BiConsumer<NodePool, Connection> end) {
        closed = true;
        Route under = route;
        int attachedNumber = number;
        Connection taken = (Connection) PHYSICAL.getAndSet(this, null);
        if (taken != null && under != null && under.primary != null) {
            cut = new Cut(attachedNumber, reason);
            end.accept(under.primary, taken);
        }
        callBack(Long.MAX_VALUE);
        traffic.aborted(this);
        traffic.turns().lookAgain(this);
    }

    private @Nullable Connection detach() {
        Connection taken = (Connection) PHYSICAL.getAndSet(this, null);
        if (route != null && route.primary != null) {
            lastNode = route.primary.name();
        }
        route = null;
        openResults = 0;
        number++;
        return taken;
    }

    /** Lets go of a lost physical connection, and waits for another one for the same unit. */
    final Connection reattach(Retries tries) throws SQLException {
        discard();
        if (isUnitOpen()) {
            endUnit();
        }
        return readyAnew(tries);
    }

    /** Inside a unit another route was published, or the connection was taken away. */
    private Connection readyInside() throws SQLException {
        Connection attached = physical;
        if (attached != null && !isSuperseded()) {
            return attached;
        }
        if (closed) {
            endUnit();
            throw closedException();
        }
        if (inTransaction() || isPinned()) {
            return recovered(whyGone());
        }
        // A statement of its own, in a unit that only a cursor kept open.
        discard();
        endUnit();
        return ready();
    }

    /** A unit begins, and its connection is not known to be good. */
    private Connection readyAnew() throws SQLException {
        endUnit();
        Retries tries = retries;
        // Whoever calls next has a deadline of its own, also after a failure here.
        retries = null;
        Connection ready = readyAnew(tries);
        retries = tries;
        return ready;
    }

    private Connection readyAnew(@Nullable Retries before) throws SQLException {
        Retries tries = before;
        Route target = traffic.route();
        while (true) {
            if (closed) {
                throw closedException();
            }
            if (!target.open) {
                if (!isPinned()) {
                    if (leavesTraces() || !isReset()) {
                        discard();
                    } else {
                        giveBack();
                    }
                }
                tries = tries == null ? new Retries(traffic) : tries;
                target = traffic.await(this, tries.deadline);
            }
            SQLException trouble = attach(target);
            if (trouble != null) {
                tries = tries == null ? new Retries(traffic) : tries;
                tries.failed(target, false, trouble);
                target = traffic.route();
                continue;
            }
            openUnit(traffic.coarseNanoTime());
            Connection attached = physical;
            Route now = traffic.route();
            if (now == target && attached != null && !closed) {
                return attached;
            }
            endUnit();
            if (closed) {
                giveBack();
            }
            target = now;
        }
    }

    /** Whether the pool makes the physical connection what it was when it was borrowed. */
    private boolean isReset() {
        Route under = route;
        return under == null || under.primary == null || under.primary.resets();
    }

    /** Attaches to the primary of {@code target}; returns what went wrong if that is worth another try. */
    private @Nullable SQLException attach(Route target) throws SQLException {
        try {
            return attachTo(target);
        } finally {
            if (arrives()) {
                traffic.arrived();
            }
        }
    }

    private @Nullable SQLException attachTo(Route target) throws SQLException {
        NodePool pool = target.primary;
        if (pool == null) {
            throw new IllegalStateException("A route without a primary was let through the gate");
        }
        Route under = route;
        Connection held = physical;
        if (held != null && under != null && under.epoch == target.epoch) {
            if (under == target || !target.open || isAlive(held)) {
                route = target.open ? target : Route.open(target.epoch, pool);
                return null;
            }
            SQLException dead = new SQLNonTransientConnectionException(
                    "The connection to '%s' did not pass its validation".formatted(pool.name()), "08006");
            traffic.trouble(pool, dead);
            discard();
            if (!isPinned()) {
                return dead;
            }
        }
        discard();
        if (isPinned()) {
            throw cannotMove(pool);
        }
        return borrow(target, pool);
    }

    private @Nullable SQLException borrow(Route target, NodePool pool) throws SQLException {
        try {
            borrowAttached(target, pool);
            for (int old = 0; !reachesPrimary(pool); old++) {
                discard();
                if (old == MOST_OLD_ONES) {
                    throw new SQLTransientConnectionException(
                            "The pool of '%s' gave no connection to the primary".formatted(pool.name()), "08001");
                }
                borrowAttached(target, pool);
            }
            Connection borrowed = physical;
            if (borrowed == null) {
                throw superseded(pool, null);
            }
            traffic.attached(borrowed, pool.name(), target.epoch);
            restoreSession(borrowed);
            return null;
        } catch (SQLException e) {
            discard();
            if (closed) {
                throw closedException();
            }
            if (isElsewhere(target)) {
                // Whatever it was, it was that node's, and nothing of a unit was sent.
                return e;
            }
            if (!isNodeTrouble(e)) {
                throw e;
            }
            traffic.trouble(pool, e);
            return e;
        } catch (RuntimeException | Error e) {
            discard();
            throw e;
        }
    }

    /** Attached before it is of use: what is done to make it so may hang, and is ended from outside then. */
    private void borrowAttached(Route target, NodePool pool) throws SQLException {
        Connection borrowed = borrow(target, pool, traffic);
        route = target.open ? target : Route.open(target.epoch, pool);
        number++;
        PHYSICAL.setRelease(this, borrowed);
        if (!isThrough(target)) {
            throw superseded(pool, null);
        }
    }

    private boolean reachesPrimary(NodePool pool) throws SQLException {
        Connection borrowed = physical;
        if (borrowed == null) {
            return false;
        }
        SeenConnection known = pool.seen(borrowed);
        if (known.mustAsk()) {
            if (!traffic.reachesPrimary(pool, borrowed)) {
                return false;
            }
            known.answered();
        }
        seen = known;
        return true;
    }

    /** Whether units do not go where {@code target} leads any more, or wait. */
    private boolean isElsewhere(Route target) {
        Route now = traffic.route();
        return now.epoch > target.epoch || target.open && !now.open;
    }

    /** An exhausted pool and a refused password are no trouble of the node: waiting for a primary would not help. */
    private boolean isNodeTrouble(SQLException e) {
        return switch (traffic.dialect().classify(e)) {
            case CONNECTION_LOST, REFUSED_CLOSED, NOT_READY, READ_ONLY ->
                e.getSQLState() != null || e.getCause() != null || e.getNextException() != null;
            case ROLLED_BACK, APPLICATION -> false;
        };
    }

    private static boolean isAlive(Connection held) {
        try {
            return held.isValid(VALIDATION_SECONDS);
        } catch (SQLException e) {
            return false;
        }
    }

    private SQLException cannotMove(NodePool pool) {
        return new SQLNonTransientConnectionException(
                ("The session of this connection carries state that cannot move to another physical connection ('%s'), and"
                                + " the physical connection is gone; the primary is '%s' now. Nothing was sent. Close this"
                                + " connection, take a new one and set the state up again.")
                        .formatted(pinnedBy(), pool.name()),
                "08003");
    }

    static SQLException closedException() {
        return new SQLNonTransientConnectionException("This connection is closed", "08003");
    }
}
