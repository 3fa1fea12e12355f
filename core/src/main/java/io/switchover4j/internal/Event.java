package io.switchover4j.internal;

/** What can happen to a switchover. Together with its phase it decides everything that follows: {@link StateMachine}. */
enum Event {
    /** What the phase is for is done. */
    PASSED("done"),
    /** As {@link #PASSED}, in a failover: the phases that need a living primary are left out. */
    FORCED("done, by force"),
    /** A check blocks, or somebody else holds the lease. */
    REFUSED("refused"),
    /** Something failed, or may have failed. */
    FAILED("failed"),
    /** The time-out of the phase passed. */
    TIMED_OUT("timed out"),
    /** The thread of the switchover was interrupted by somebody other than its caller's cancel. */
    INTERRUPTED("interrupted"),
    /** The pause budget ran out. */
    BUDGET_EXHAUSTED("pause budget ran out"),
    /** The caller cancelled in time. */
    CANCEL_REQUESTED("cancelled"),
    /** The process that carried it out ended, and another one takes it up. */
    RESTARTED("process restarted"),
    /** Its time passed before it could start. */
    MISSED("missed its time"),
    /** Units of work are open at the drain time-out, and must not be ended. */
    STILL_OPEN("units still open"),
    /** Units of work are open at the drain time-out, and are to be ended. */
    CUT_DUE("units to be cut"),
    /** Observation shows that the target was promoted. */
    OBSERVED_PROMOTED("observed promoted"),
    /** Observation shows that the target was not promoted and will not be. */
    OBSERVED_NOT_PROMOTED("observed not promoted"),
    /** Observation shows neither. */
    OBSERVED_UNKNOWN("observed unknown"),
    /** Everything is undone, and the old primary, which had been fenced, takes writes again. */
    UNDONE("undone"),
    /** Everything is undone; the fence had not been begun. */
    UNDONE_UNFENCED("undone, never fenced"),
    /** Everything is undone, because the caller cancelled. */
    UNDONE_CANCELLED("undone, cancelled"),
    /** Something could not be undone, or the old primary is not seen to take writes again. */
    UNDO_FAILED("undo failed");

    private final String text;

    Event(String text) {
        this.text = text;
    }

    /** A few words for people. */
    String text() {
        return text;
    }
}
