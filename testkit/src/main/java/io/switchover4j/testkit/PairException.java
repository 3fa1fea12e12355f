package io.switchover4j.testkit;

import org.jspecify.annotations.Nullable;

/** A server of a pair could not be started, stopped, copied or reached as asked; the message says which and why. */
public final class PairException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    PairException(String message) {
        super(message);
    }

    PairException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    static PairException interrupted(String doing) {
        Thread.currentThread().interrupt();
        return new PairException("Interrupted while " + doing);
    }
}
