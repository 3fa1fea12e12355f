package io.switchover4j.internal;

/**
 * What the runner does on behalf of the {@link StateMachine}. Effects of a transition run in order, outside every lock; the
 * first that answers anything but {@link Event#PASSED} ends the list, and its answer is the next event.
 */
enum Effect {
    /** Ask every node what it is, run the checks that all backends share, choose the target. */
    OBSERVE,
    /** Take the exclusive right to switch the instance, on its nodes. */
    TAKE_LEASE,
    /** Under the lease: observe again, run every check, predict the pause. */
    RUN_CHECKS,
    /** Apply the steps of CATCHING_UP. */
    CATCH_UP,
    /** Start the pause budget, hold every participant, wait until open units have ended. */
    HOLD_TRAFFIC,
    /** End the units that are still open. */
    CUT_TRAFFIC,
    /** Make sure that the lease is still held. */
    VERIFY_LEASE,
    /** Make sure that the pause budget has not run out. */
    CHECK_BUDGET,
    /** Apply the steps of FENCING. */
    FENCE,
    /** Apply the steps of CONFIRMING_POSITION. */
    CONFIRM_POSITION,
    /** Apply the one step of PROMOTING. */
    PROMOTE,
    /** Under the lease that was taken over from a process that ended: rebuild the steps from what it left in the journal. */
    RESUME,
    /** Find out from observation whether the target was promoted. */
    RESOLVE,
    /** Let every participant go on, on the primary that is known. */
    RELEASE_TRAFFIC,
    /** Apply the steps of RELEASING: the first write that the new primary accepts. */
    FIRST_WRITE,
    /** Apply the steps of REJOINING. */
    REJOIN,
    /** Undo every step whose intent was journaled, last first, with a fresh deadline. */
    UNDO_STEPS,
    /** Wait until the old primary, if it was fenced, is seen as the primary again; if not, look once more. */
    CONFIRM_OLD_PRIMARY,
    /** Look once more at who is the primary, for the report and for what is released. */
    LOOK_AGAIN,
    /** Answer with the event that names the end, from what happened on the way. */
    CONCLUDE,
    /** Give the lease back. */
    GIVE_LEASE_BACK,
    /** Write the report, journal the end, tell everybody. */
    REPORT
}
