package io.switchover4j.internal;

import io.switchover4j.Phase;

/**
 * Why a switchover did not simply go on. Immutable.
 *
 * @param phase the phase in which it happened
 * @param event what the state machine was told
 * @param what a sentence without its full stop
 * @param advice what to do, a sentence with its full stop; may be empty
 */
record Cause(Phase phase, Event event, String what, String advice) {

    Cause {
        what = Text.withoutStop(what);
    }
}
