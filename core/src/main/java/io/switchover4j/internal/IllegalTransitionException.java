package io.switchover4j.internal;

import io.switchover4j.Phase;
import java.util.Set;

/** An event met a phase that has no answer to it: a defect of this library. */
final class IllegalTransitionException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    IllegalTransitionException(String instanceId, Phase phase, Event event, Set<Event> allowed) {
        super("Switchover of '%s': the event %s is illegal in the phase %s, which allows %s. Please report this."
                .formatted(instanceId, event, phase, allowed.isEmpty() ? "none" : allowed));
    }
}
