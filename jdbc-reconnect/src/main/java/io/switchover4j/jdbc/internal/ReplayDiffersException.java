package io.switchover4j.jdbc.internal;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** A replay met another answer than the application had seen. Never leaves this package. */
final class ReplayDiffersException extends SQLException {

    private static final long serialVersionUID = 1L;

    ReplayDiffersException(String message, @Nullable Throwable cause) {
        super(message, "40001", cause);
    }
}
