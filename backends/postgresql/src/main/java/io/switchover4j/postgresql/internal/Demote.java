package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.spi.StepContext;

/**
 * Makes sure that whoever starts the old primary gets a standby: the fence has done so already, unless somebody else promoted
 * the target. Its server may still be ending.
 */
final class Demote extends AfterPromotion {

    Demote(Operation operation, PlannedStep description) {
        super(operation, description);
    }

    @Override
    void follow(StepContext context) {
        operation.standbySignal().write();
    }
}
