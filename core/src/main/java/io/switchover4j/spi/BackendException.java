package io.switchover4j.spi;

import org.jspecify.annotations.Nullable;

/**
 * A backend could not do what it was asked. The message says what failed, on which node, and why; the coordinator adds
 * what was changed and who is writable.
 */
public class BackendException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public BackendException(String message) {
        this(message, null);
    }

    public BackendException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
