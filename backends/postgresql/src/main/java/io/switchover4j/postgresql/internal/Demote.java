package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.StepContext;
import java.io.IOException;

/** From here on whoever starts the old primary gets a standby. Its server may still be ending. */
final class Demote extends AfterPromotion {

    static final String SIGNAL = "standby.signal";

    Demote(Operation operation, PlannedStep description) {
        super(operation, description);
    }

    @Override
    void follow(StepContext context) {
        writeSignal(operation);
    }

    static void writeSignal(Operation operation) {
        NodeConfig old = operation.oldPrimary();
        try {
            old.control().write(SIGNAL, new byte[0]);
        } catch (IOException e) {
            throw new BackendException(
                    "Could not write '%s' of %s: %s. Do not start it without that file: it would be a second primary"
                            .formatted(SIGNAL, old, e),
                    e);
        }
    }
}
