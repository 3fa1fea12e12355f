package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.Resolution.Verdict;
import io.switchover4j.spi.StepContext;

/** {@link PrepareTarget} without a primary: makes sure that nobody has promoted the target, and marks it. */
final class PrepareByForce extends Step {

    private final PrepareTarget prepare;

    PrepareByForce(Operation operation, PlannedStep description) {
        super(operation, description);
        this.prepare = new PrepareTarget(operation, description);
    }

    @Override
    public void apply(StepContext context) {
        context.note("old primary answered", Boolean.toString(operation.hadPrimary()));
        Resolution resolution = new PromotionProbe(operation).resolve(context.deadline());
        if (resolution.verdict() != Verdict.NOT_PROMOTED) {
            throw new BackendException("%s cannot be promoted, because somebody else may have done so: %s"
                    .formatted(operation.target(), resolution.evidence()));
        }
        PgSession target = operation.lease().target();
        prepare.changeTarget(context, target);
        operation.mark().set(target, context.deadline());
    }

    @Override
    public void undo(StepContext context) {
        try {
            Promote.removeMark(operation, operation.connector().probeDeadline(context.deadline()));
        } catch (BackendException e) {
            if (operation.mark().isSet()) {
                context.leftBehind(operation.target().id(), operation.mark().howToRemove());
            }
        }
        prepare.undo(context);
    }
}
