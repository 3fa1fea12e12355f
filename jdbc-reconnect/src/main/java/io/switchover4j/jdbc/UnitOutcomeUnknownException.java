package io.switchover4j.jdbc;

import java.sql.SQLNonTransientConnectionException;
import org.jspecify.annotations.Nullable;

/**
 * The connection was lost after work was sent that may or may not have been applied: it must not be repeated blindly.
 * SQLState 08007, "transaction resolution unknown".
 */
public final class UnitOutcomeUnknownException extends SQLNonTransientConnectionException {

    private static final long serialVersionUID = 1L;

    public UnitOutcomeUnknownException(String message, @Nullable Throwable cause) {
        super(message, "08007", cause);
    }
}
