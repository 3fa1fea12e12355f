package io.switchover4j.jdbc.internal;

/**
 * The unit of work of one logical connection, as drains see it.
 *
 * <p>The owner opens the unit before it reads the route, and a hold replaces the route before it looks for open units:
 * both accesses are volatile, so at least one of the two sees the other (Dekker). All other fields are written by the
 * owner and only described to people by others.
 */
abstract class Unit extends Borrower {

    private volatile boolean open;

    private long since;
    private String lastStatement = "";
    private boolean executing;
    private boolean committing;

    /** Whether the gate let it go and counts it until it has a connection. */
    private boolean onItsWay;

    /** Where the registry keeps this unit; -1 while it does not. */
    int slot = -1;

    final void openUnit(long coarseNanos) {
        ownedByThisThread();
        since = coarseNanos;
        open = true;
    }

    final void onItsWay(boolean counted) {
        onItsWay = counted;
    }

    /** Returns whether it was counted until now. */
    final boolean arrives() {
        boolean counted = onItsWay;
        onItsWay = false;
        return counted;
    }

    final void closeUnit() {
        executed();
        open = false;
    }

    final boolean isUnitOpen() {
        return open;
    }

    final boolean isOwnedBy(Thread thread) {
        return owner() == thread;
    }

    final void executing(String sql) {
        lastStatement = sql;
        executing = true;
    }

    /** Its COMMIT is sent: from here on its outcome lies with the server. */
    final void executingCommit() {
        committing = true;
        executing = true;
    }

    final void executed() {
        executing = false;
        committing = false;
    }

    /** Whether the answer of the server is awaited. */
    final boolean isExecuting() {
        return executing;
    }

    /** What people are shown: the COMMIT that is on its way is no text of the application. */
    final String current() {
        return committing ? "COMMIT" : lastStatement;
    }

    final String lastStatement() {
        return lastStatement;
    }

    final long since() {
        return since;
    }

    /** Whether its connection was neither closed nor aborted. Callable from any thread. */
    abstract boolean isOpen();

    @Override
    final boolean isWanted() {
        return isOpen();
    }

    /** Whether the session carries state that cannot move to another physical connection. */
    abstract boolean isPinned();

    /**
     * Ends the physical connection from outside, so that no byte is sent on it any more and no thread stays stuck in it.
     * The owner gets an error that says what became of its unit. Callable from any thread; never throws, never blocks long.
     *
     * @param reason for the message that the owner gets
     */
    abstract void cutOff(String reason);

    /** The epoch of the physical connection; 0 while there is none. */
    abstract long attachedEpoch();
}
