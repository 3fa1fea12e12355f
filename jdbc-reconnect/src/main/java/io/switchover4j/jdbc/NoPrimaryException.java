package io.switchover4j.jdbc;

import java.sql.SQLTransientConnectionException;

/**
 * No primary could be reached in time; the unit of work was not started. SQLState 08001. The message names each node and
 * why it was not usable; the causes are suppressed exceptions.
 */
public final class NoPrimaryException extends SQLTransientConnectionException {

    private static final long serialVersionUID = 1L;

    public NoPrimaryException(String message) {
        super(message, "08001");
    }

    public NoPrimaryException(String message, Throwable cause) {
        super(message, "08001", cause);
    }
}
