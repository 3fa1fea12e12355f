package io.switchover4j;

import static java.util.Objects.requireNonNull;

/**
 * One step of a switchover, as a person reads it before it is done. Immutable.
 *
 * @param phase the phase it belongs to
 * @param name a few words, unique in its plan, for example {@code stop the old primary}
 * @param description what it does, and to which node
 */
public record PlannedStep(Phase phase, String name, String description) {

    public PlannedStep {
        requireNonNull(phase, "phase");
        requireNonNull(name, "name");
        requireNonNull(description, "description");
    }
}
