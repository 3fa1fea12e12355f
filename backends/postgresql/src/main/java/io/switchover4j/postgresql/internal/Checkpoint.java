package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.StepContext;
import java.time.Duration;

/** Writes dirty buffers out while the old primary still works, so that its stop has little left to write. */
final class Checkpoint extends Step {

    /** What one checkpoint takes, the next will find dirty again: a long one is followed by a short one. */
    private static final Duration LONG = Duration.ofSeconds(1);

    private static final int ATTEMPTS = 3;

    Checkpoint(Operation operation, PlannedStep description) {
        super(operation, description);
    }

    @Override
    public void apply(StepContext context) {
        PgSession primary = operation.lease().primary();
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Duration took = checkpoint(primary, context.deadline());
            context.note("checkpoint %d on %s".formatted(attempt, primary.node().id()), took.toMillis() + " ms");
            if (took.compareTo(LONG) < 0) {
                break;
            }
        }
        PgSession target = operation.lease().target();
        Duration took = checkpoint(target, context.deadline());
        context.note("checkpoint on " + target.node().id(), took.toMillis() + " ms");
    }

    private Duration checkpoint(PgSession session, Deadline deadline) {
        long began = operation.time().nanoTime();
        session.runCancellably(
                "checkpoint", "CHECKPOINT", deadline, operation.connector().threads());
        return Duration.ofNanos(operation.time().nanoTime() - began);
    }
}
