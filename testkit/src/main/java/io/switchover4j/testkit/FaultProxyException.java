package io.switchover4j.testkit;

import org.jspecify.annotations.Nullable;

/** What a test waited for at a {@link FaultProxy} did not happen; the message says what the proxy saw instead. */
public final class FaultProxyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    FaultProxyException(String message) {
        super(message);
    }

    FaultProxyException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
