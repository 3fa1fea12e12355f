package io.switchover4j.internal;

import io.switchover4j.SwitchoverRequest;
import io.switchover4j.Timing;
import java.time.Instant;

/**
 * A switchover that waits for its time. Immutable.
 *
 * @param operation the switchover
 * @param startsAt when it is looked at again
 * @param nextSequence the sequence of its next record in the journal
 * @param recovered whether it was found in the journal when the coordinator was built
 */
record Waiting(Operation operation, Instant startsAt, long nextSequence, boolean recovered) {

    String instanceId() {
        return operation.request().instanceId();
    }

    SwitchoverRequest request() {
        return operation.request();
    }

    /** Whether it waits for the maintenance window of its instance, and not for a time of its own. */
    boolean waitsForWindow() {
        return !(request().timing() instanceof Timing.At at) || !at.instant().equals(startsAt);
    }

    Waiting at(Instant other) {
        return new Waiting(operation, other, nextSequence, recovered);
    }

    Waiting recorded() {
        return new Waiting(operation, startsAt, nextSequence + 1, recovered);
    }
}
