package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.StepContext;

/** The promotion is certain: its mark, and what only the promotion needed, go, whatever becomes of the old primary. */
final class ClearMark extends AfterPromotion {

    ClearMark(Operation operation, PlannedStep description) {
        super(operation, description);
    }

    @Override
    void follow(StepContext context) {
        Deadline deadline = context.deadline();
        PgSession primary = operation.lease().awaitTarget(deadline);
        operation.mark().remove(primary, deadline);
        operation.targetSettings().restore(PrepareTarget.RETRY_INTERVAL, primary, deadline);
    }
}
