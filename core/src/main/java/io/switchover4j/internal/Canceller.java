package io.switchover4j.internal;

import io.switchover4j.Phase;

/** Who asked a switchover to stop before its fence, in the words of its report. */
enum Canceller {
    CALLER("the caller cancelled", ""),
    CLOSE(
            "the coordinator was closed",
            "Start it again with another coordinator, and close that one only when it has ended.");

    private final String what;
    private final String advice;

    Canceller(String what, String advice) {
        this.what = what;
        this.advice = advice;
    }

    Cause in(Phase phase) {
        return new Cause(phase, Event.CANCEL_REQUESTED, what, advice);
    }
}
