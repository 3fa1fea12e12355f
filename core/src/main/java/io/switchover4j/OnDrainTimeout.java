package io.switchover4j;

/** What happens to units of work that are still open when the drain time-out has passed. */
public enum OnDrainTimeout {
    /** The switchover is given up; the open units go on undisturbed. The default. */
    ABORT,
    /** The open units are ended, each with an error that says what became of it, and the switchover goes on. */
    CUT
}
