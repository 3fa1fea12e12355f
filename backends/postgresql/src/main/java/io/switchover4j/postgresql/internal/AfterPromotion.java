package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.StepContext;

/** What all steps after the promotion have in common: one that fails leaves what is changed for a while, and says so. */
abstract class AfterPromotion extends Step {

    AfterPromotion(Operation operation, PlannedStep description) {
        super(operation, description);
    }

    @Override
    public final void apply(StepContext context) {
        try {
            follow(context);
        } catch (BackendException e) {
            String left = stillChanged();
            if (left.isEmpty()) {
                throw e;
            }
            String message = String.valueOf(e.getMessage());
            throw new BackendException(message + (message.endsWith(".") ? "" : ".") + left, e);
        }
    }

    abstract void follow(StepContext context);

    private String stillChanged() {
        TemporarySettings settings = operation.targetSettings();
        if (!settings.isAnyChanged()) {
            return "";
        }
        return (settings.isChanged(PrepareTarget.SYNCHRONOUS)
                        ? " Commits on '%s' wait for no standby until you run there: %s"
                        : " Run on '%s' what was not reached: %s")
                .formatted(operation.target().id(), settings.howToRestore());
    }
}
