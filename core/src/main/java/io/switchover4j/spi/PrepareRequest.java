package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

/**
 * What a participant is told of a switchover that will hold its traffic soon. Immutable.
 *
 * @param instanceId the instance that is about to be switched
 * @param operationId the switchover, which holds the lease
 * @param targetNodeId the standby that is to be promoted
 * @param until when the hold begins, ready or not
 */
public record PrepareRequest(String instanceId, String operationId, String targetNodeId, Deadline until) {

    public PrepareRequest {
        requireNonNull(instanceId, "instanceId");
        requireNonNull(operationId, "operationId");
        requireNonNull(targetNodeId, "targetNodeId");
        requireNonNull(until, "until");
    }
}
