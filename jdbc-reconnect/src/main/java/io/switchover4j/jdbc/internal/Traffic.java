package io.switchover4j.jdbc.internal;

import io.switchover4j.spi.Deadline;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Executor;

/** What the handles of one DataSource share: the route, the gate behind it, and where trouble is reported. Thread-safe. */
interface Traffic {

    /** The route now: one volatile read. */
    Route route();

    /**
     * Waits at the gate until {@code unit} may start.
     *
     * <p>Returns a route with a primary: an open one, or, for a unit that is let through a hold (its thread owns another
     * open unit, or joined one, or its session cannot move), a closed one. The caller holds no physical connection while
     * it waits, unless the unit is let through.
     *
     * @throws SQLException 08001 if the deadline passed; the message names each node and why it was not usable
     * @throws SQLException 08003 if the DataSource was closed
     * @throws SQLException 57014-like {@code SQLTransientConnectionException} 08001 if the thread was interrupted; the flag
     *     is restored
     */
    Route await(Unit unit, Deadline deadline) throws SQLException;

    /** A unit that {@link #await} let go has a connection, or none: another one may be let go in its place. */
    default void arrived() {}

    /** The connection of {@code unit} is closed for ever, by any thread: who waits in {@link #await} for it ends. */
    default void aborted(Unit unit) {}

    /** Where threads wait for each other that share a connection. */
    Turns turns();

    /** How long a unit may wait for a primary and a physical connection together. */
    Deadline newDeadline();

    /** Makes {@code unit} visible to drains, and to whoever ends what hangs. */
    void register(Unit unit);

    /** The counterpart of {@link #register}. Idempotent. */
    void unregister(Unit unit);

    /** A unit ended while the route was closed: a drain may be waiting for it. */
    void unitEnded();

    /** A borrow or a call on {@code node} failed as only a lost, refused or demoted connection fails: look at once. */
    void trouble(NodePool node, SQLException cause);

    /** The application prepared this text: it may well do so again. */
    default void prepared(String sql) {}

    /** Whether the application declared that its queries have no side effects, so that a lost one may run again. */
    default boolean selectsAreSafe() {
        return false;
    }

    /** Asks whether {@code borrowed} reaches the server that is the primary of {@code node}: a round trip. */
    default boolean reachesPrimary(NodePool node, Connection borrowed) {
        return true;
    }

    /** Runs what may block on the socket of a node that does not answer. */
    default Executor aborter() {
        return Runnable::run;
    }

    /** {@code unit} makes a call, which would be replayed with its transaction, or not. By its owner; a few nanoseconds. */
    default void called(Unit unit, boolean isProtected) {}

    /** A call failed, because its connection is lost. */
    default void affected() {}

    /** The application is told what became of a unit: certainly not applied, or unknown. */
    default void outcome(boolean certainlyNotApplied, String node) {}

    /** What became of a commit whose answer was lost. */
    default void settled(CommitPath.Outcome outcome) {}

    /** How lost transactions are replayed. */
    default ReplayOptions replayOptions() {
        return ReplayOptions.OFF;
    }

    /** What shows that a number that was drawn from a sequence is still nobody else's. */
    default DrawnKeys drawnKeys() {
        return new DrawnKeys();
    }

    /**
     * A physical connection under {@code epoch} was borrowed and is about to be used; may block for a moment under a new one.
     *
     * @throws SQLException if the connection is lost
     */
    default void attached(Connection borrowed, String node, long epoch) throws SQLException {}

    /** The server process that is the primary, as the watch knows it; empty if it does not. */
    default String primaryServer() {
        return "";
    }

    /** How one logical connection sends its commits. */
    default CommitPath newCommitPath(Unit unit) {
        return CommitPath.PLAIN;
    }

    /** How errors of this database are read. */
    Dialect dialect();

    /** A clock that is read without a system call and is exact to the watch's interval. */
    long coarseNanoTime();
}
