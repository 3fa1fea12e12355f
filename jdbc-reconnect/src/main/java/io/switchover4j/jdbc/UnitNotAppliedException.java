package io.switchover4j.jdbc;

import java.sql.SQLTransactionRollbackException;
import org.jspecify.annotations.Nullable;

/**
 * The unit of work was lost with its connection and is certainly not applied: it may be repeated. SQLState 40001, which
 * frameworks know as "roll back and retry".
 */
public final class UnitNotAppliedException extends SQLTransactionRollbackException {

    private static final long serialVersionUID = 1L;

    public UnitNotAppliedException(String message, @Nullable Throwable cause) {
        super(message, "40001", cause);
    }
}
