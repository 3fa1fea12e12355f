package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The instance is being switched already. Nothing was changed; wait for that switchover to end. */
public final class SwitchoverInProgressException extends SwitchoverException {

    private static final long serialVersionUID = 1L;

    private final @Nullable String operationId;
    private final @Nullable Phase phase;

    /** This coordinator is switching it. */
    public SwitchoverInProgressException(
            String instanceId, String operationId, String requestedBy, Instant since, Phase phase) {
        super(
                "Instance '%s' is being switched by '%s' since %s (switchover %s, now %s). Nothing was changed; wait for it to end."
                        .formatted(instanceId, requestedBy, since, operationId, phase),
                null);
        this.operationId = requireNonNull(operationId, "operationId");
        this.phase = requireNonNull(phase, "phase");
    }

    /**
     * Somebody else is switching it.
     *
     * @param holder who holds the lease on its nodes, since when and in which phase, as far as they tell
     */
    public SwitchoverInProgressException(String instanceId, String holder) {
        super(
                "Instance '%s' is being switched by %s. Nothing was changed; wait for it to end."
                        .formatted(instanceId, holder),
                null);
        this.operationId = null;
        this.phase = null;
    }

    /** The switchover; empty if it is not one of this coordinator: the message says what its lease tells. */
    public Optional<String> operationId() {
        return Optional.ofNullable(operationId);
    }

    /** Where it stands; empty if it is not one of this coordinator: the message says what its lease tells. */
    public Optional<Phase> phase() {
        return Optional.ofNullable(phase);
    }
}
