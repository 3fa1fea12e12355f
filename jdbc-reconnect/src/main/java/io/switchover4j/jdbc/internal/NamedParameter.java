package io.switchover4j.jdbc.internal;

import java.sql.CallableStatement;
import java.sql.SQLException;

/** A parameter of a procedure, kept as the call that set it. */
@FunctionalInterface
interface NamedParameter {
    void applyTo(CallableStatement statement) throws SQLException;
}
