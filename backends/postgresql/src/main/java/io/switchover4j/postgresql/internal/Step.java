package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.spi.SwitchoverStep;

/** What all steps have in common. Confined to one thread at a time. */
abstract class Step implements SwitchoverStep {

    final Operation operation;
    private final PlannedStep description;

    Step(Operation operation, PlannedStep description) {
        this.operation = operation;
        this.description = description;
    }

    @Override
    public final PlannedStep describe() {
        return description;
    }
}
