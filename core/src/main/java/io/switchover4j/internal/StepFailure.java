package io.switchover4j.internal;

import io.switchover4j.spi.Deadline;

/** A step could not be applied, or there was no time left to begin it. Immutable. */
final class StepFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Deadline deadline;

    StepFailure(String message, Deadline deadline, Throwable cause) {
        super(message, cause);
        this.deadline = deadline;
    }

    StepFailure(String message, Deadline deadline) {
        super(message);
        this.deadline = deadline;
    }

    Deadline deadline() {
        return deadline;
    }
}
