package io.switchover4j;

import static java.util.Objects.requireNonNull;

/** A switchover has come too far to be cancelled. It goes on; wait for it to end. */
public final class NotCancellableException extends SwitchoverException {

    private static final long serialVersionUID = 1L;

    private final Phase phase;

    public NotCancellableException(String instanceId, String operationId, Phase phase) {
        super(
                "The switchover of '%s' cannot be cancelled in the phase %s, only up to DRAINING (switchover %s). It goes on; wait for it to end."
                        .formatted(instanceId, phase, operationId),
                null);
        this.phase = requireNonNull(phase, "phase");
    }

    /** Where the switchover was when it was asked to stop. */
    public Phase phase() {
        return phase;
    }
}
