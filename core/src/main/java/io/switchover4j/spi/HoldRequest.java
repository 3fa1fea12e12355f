package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

/**
 * What a participant is asked when its traffic is to be held. Immutable.
 *
 * @param instanceId the instance that is about to be switched
 * @param operationId the switchover
 * @param drainUntil how long open units of work may take to end
 * @param holdUntil when the participant goes on by itself, from its own observation, if nobody releases it
 */
public record HoldRequest(String instanceId, String operationId, Deadline drainUntil, Deadline holdUntil) {

    public HoldRequest {
        requireNonNull(instanceId, "instanceId");
        requireNonNull(operationId, "operationId");
        requireNonNull(drainUntil, "drainUntil");
        requireNonNull(holdUntil, "holdUntil");
    }
}
