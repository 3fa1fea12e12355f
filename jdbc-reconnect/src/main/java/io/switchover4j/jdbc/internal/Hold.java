package io.switchover4j.jdbc.internal;

import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.HoldRequest;

/**
 * A switchover keeps new units waiting. Immutable.
 *
 * @param operationId the switchover
 * @param instanceId what it switches
 * @param until when traffic goes on by itself
 * @param epoch the epoch at its start: a newer one is proof of a new primary
 * @param sinceNanos when it began, on the monotonic clock
 */
record Hold(String operationId, String instanceId, Deadline until, long epoch, long sinceNanos) {

    static Hold of(HoldRequest request, long epoch, long now) {
        return new Hold(request.operationId(), request.instanceId(), request.holdUntil(), epoch, now);
    }

    boolean isOf(String operation) {
        return operationId.equals(operation);
    }

    String describe() {
        return "held by switchover '%s' of '%s'".formatted(operationId, instanceId);
    }
}
