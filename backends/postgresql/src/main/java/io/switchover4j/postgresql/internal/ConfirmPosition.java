package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.StepContext;
import java.time.Duration;

/**
 * The exact barrier. The last thing that a clean stop writes is the shutdown checkpoint, whose beginning the control file
 * names. A replay position beyond that beginning means that this record, and so everything, was replayed.
 */
final class ConfirmPosition extends Step {

    /** Once the primary is down nothing more comes; what has come is replayed faster than this. */
    private static final Duration NO_PROGRESS = Duration.ofSeconds(1);

    ConfirmPosition(Operation operation, PlannedStep description) {
        super(operation, description);
    }

    @Override
    public void apply(StepContext context) {
        long began = operation.time().nanoTime();
        Lsn checkpoint = operation.requireFence().checkpoint();
        ReplayPosition position = ReplayPosition.underLease(operation.lease(), context.deadline());
        long movedAt = began;
        while (!position.replayed().isAfter(checkpoint)) {
            long now = operation.time().nanoTime();
            if (context.deadline().isExpired() || now - movedAt > NO_PROGRESS.toNanos()) {
                throw new BackendException(
                        "%s has received up to %s and replayed up to %s, but not the shutdown checkpoint of %s at %s"
                                .formatted(
                                        operation.target(),
                                        position.received(),
                                        position.replayed(),
                                        operation.oldPrimary(),
                                        checkpoint));
            }
            Waiting.sleep(Waiting.FINE);
            ReplayPosition next = ReplayPosition.underLease(operation.lease(), context.deadline());
            movedAt = next.equals(position) ? movedAt : now;
            position = next;
        }
        context.note("position confirmed after", operation.millisSince(began));
    }
}
