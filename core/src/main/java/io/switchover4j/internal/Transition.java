package io.switchover4j.internal;

import io.switchover4j.Phase;
import java.util.List;

/**
 * One cell of the {@link StateMachine}. Immutable.
 *
 * @param next the phase that is entered
 * @param effects what is done there, in order
 */
record Transition(Phase next, List<Effect> effects) {

    Transition {
        effects = List.copyOf(effects);
    }
}
