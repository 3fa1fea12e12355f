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
        if (operation.isFailover()) {
            // Nobody could make it on the old primary.
            Marker.ensureTable(operation.lease().regainTarget(context.deadline()), context.deadline());
        }
        try {
            Marker.write(operation, operation.lease().target(), context.deadline());
        } catch (PgFailure e) {
            if (!e.isConnectionLost()) {
                throw e;
            }
            // A lost session is no reason to call the switch unfinished; writing the same row twice is none either.
            Marker.write(operation, operation.lease().regainTarget(context.deadline()), context.deadline());
        }
        context.note("first write took", operation.millisSince(began));
    }
}
