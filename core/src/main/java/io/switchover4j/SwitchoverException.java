package io.switchover4j;

import org.jspecify.annotations.Nullable;

/** The base of what this library throws at callers of the coordinator. */
public abstract class SwitchoverException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    protected SwitchoverException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
