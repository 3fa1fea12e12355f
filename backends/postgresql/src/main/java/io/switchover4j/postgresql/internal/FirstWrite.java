package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.spi.StepContext;

/** Ends the measured pause: the new primary acknowledges a commit as an application would make it. */
final class FirstWrite extends Step {

    FirstWrite(Operation operation, PlannedStep description) {
        super(operation, description);
    }

    @Override
    public void apply(StepContext context) {
        long began = operation.time().nanoTime();
        Marker.write(operation, operation.lease().target(), context.deadline());
        context.note("first write took", operation.millisSince(began));
    }
}
