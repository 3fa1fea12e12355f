package io.switchover4j;

/**
 * Where a switchover stands. The phases follow each other in the order of their declaration; the ends come last. Each
 * constant says what may be assumed while it lasts.
 */
public enum Phase {
    /** Waits for its time. Nothing is touched; can be cancelled. */
    SCHEDULED,
    /** Takes the lease and runs every check. Nothing is touched; can be cancelled. */
    CHECKING,
    /** The old primary still takes writes while the target is brought within milliseconds. Can be cancelled. */
    CATCHING_UP,
    /** New units of work wait, open ones finish. The old primary still takes writes. Can be cancelled. */
    DRAINING,
    /** The old primary is being kept from taking writes. No longer cancellable; can still be rolled back. */
    FENCING,
    /** No node takes writes; the target is being shown to have everything the old primary wrote. */
    CONFIRMING_POSITION,
    /** The point of no return: the target is being promoted. */
    PROMOTING,
    /** The target is primary; held traffic goes on there. */
    RELEASING,
    /** The old primary is being attached as a standby. Applications work. */
    REJOINING,
    /** Something failed before the promotion: what was done is being undone, the old primary takes writes again. */
    ROLLING_BACK,
    /** Whether the promotion took place is not known yet and is being found out from observation alone. */
    RESOLVING,

    /** The target is primary and the old primary follows it. */
    COMPLETED,
    /** The target is primary, but the old primary does not follow it yet; the report says what to do. */
    COMPLETED_DEGRADED,
    /** A check said no. Nothing was changed. */
    REJECTED,
    /**
     * Given up before the old primary was fenced: its writes were not stopped; the report says whether it still takes them. Or
     * a failover was given up before the promotion, and the old primary, which did not answer before, still does not: no node
     * takes writes, as before.
     */
    ABORTED,
    /** Given up after the fence; the old primary takes writes again. */
    ROLLED_BACK,
    /** Cancelled before the fence, by a caller or by the close of its coordinator: the writes of the old primary were not stopped. */
    CANCELLED,
    /** Its time passed before it could start. Nothing was changed. */
    EXPIRED,
    /** A person must look: the report says what is known and who is writable. */
    NEEDS_OPERATOR;

    /** Whether a switchover stays in this phase for ever. */
    public boolean isEnd() {
        return compareTo(COMPLETED) >= 0;
    }

    /** Whether {@link Switchover#cancel()} is heeded in this phase. */
    public boolean isCancellable() {
        return compareTo(DRAINING) <= 0;
    }
}
