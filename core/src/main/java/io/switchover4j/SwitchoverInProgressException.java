package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/** The instance is being switched already. Nothing was changed; wait for that switchover to end. */
public final class SwitchoverInProgressException extends SwitchoverException {

    private static final long serialVersionUID = 1L;

    private final String operationId;
    private final Phase phase;

    public SwitchoverInProgressException(
            String instanceId, String operationId, String requestedBy, Instant since, Phase phase) {
        super(
                "Instance '%s' is being switched by '%s' since %s (switchover %s, now %s). Nothing was changed; wait for it to end."
                        .formatted(instanceId, requestedBy, since, operationId, phase),
                null);
        this.operationId = requireNonNull(operationId, "operationId");
        this.phase = requireNonNull(phase, "phase");
    }

    public String operationId() {
        return operationId;
    }

    public Phase phase() {
        return phase;
    }
}
