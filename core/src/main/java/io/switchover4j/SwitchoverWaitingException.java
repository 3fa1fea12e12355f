package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/** A switchover of the instance waits for its time already. Nothing was changed; cancel it, or ask with {@code replace()}. */
public final class SwitchoverWaitingException extends SwitchoverException {

    private static final long serialVersionUID = 1L;

    private final String operationId;
    private final Instant startsAt;

    public SwitchoverWaitingException(
            String instanceId, String operationId, String requestedBy, Instant since, Instant startsAt) {
        super(
                "A switchover of '%s' waits already: '%s' asked for it at %s, it starts at %s (switchover %s). Nothing was changed; cancel it, or ask with replace()."
                        .formatted(instanceId, requestedBy, since, startsAt, operationId),
                null);
        this.operationId = requireNonNull(operationId, "operationId");
        this.startsAt = requireNonNull(startsAt, "startsAt");
    }

    /** The switchover that waits. */
    public String operationId() {
        return operationId;
    }

    /** When that one starts. */
    public Instant startsAt() {
        return startsAt;
    }
}
