package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.Resolution.Verdict;
import io.switchover4j.spi.StepContext;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@link PrepareTarget} without a primary: makes sure that nobody has promoted the target, and marks it. */
final class PrepareByForce extends Step {

    static final String HAD_PRIMARY = "old primary answered";

    private final PrepareTarget prepare;

    PrepareByForce(Operation operation, PlannedStep description) {
        super(operation, description);
        this.prepare = new PrepareTarget(operation, description);
    }

    @Override
    public Map<String, String> intent(Deadline deadline) {
        Map<String, String> facts = new LinkedHashMap<>(prepare.intent(deadline));
        facts.put(HAD_PRIMARY, Boolean.toString(operation.hadPrimary()));
        return facts;
    }

    @Override
    public void apply(StepContext context) {
        context.note("old primary before", operation.hadPrimary() ? "lived" : "did not answer");
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
