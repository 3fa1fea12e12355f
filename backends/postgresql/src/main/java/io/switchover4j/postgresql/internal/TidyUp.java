package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.StepContext;

/** The old primary follows: what kept things together until then goes. */
final class TidyUp extends AfterPromotion {

    TidyUp(Operation operation, PlannedStep description) {
        super(operation, description);
    }

    @Override
    void follow(StepContext context) {
        Deadline deadline = context.deadline();
        PgSession primary = operation.lease().awaitTarget(deadline);
        operation.targetSettings().restore(PrepareTarget.SYNCHRONOUS, primary, deadline);
        Slots.drop(SlotNames.keep(operation.id()), primary, deadline);
        if (!operation.mirroredSlot().isEmpty()) {
            // On a standby nobody streams through it, and it would keep its log for ever.
            Deadline bound = operation.connector().probeDeadline(deadline);
            try (PgSession standby = operation.open(operation.oldPrimary(), bound)) {
                Slots.drop(operation.mirroredSlot(), standby, bound);
            }
        }
    }
}
