package io.switchover4j.jdbc.internal;

import java.sql.SQLException;

/** What the SQLStates of the standard mean on every database. */
final class SqlStates {

    /** HikariCP says this, without a SQLState, on a connection that it closed or evicted: before any byte is sent. */
    private static final String HIKARI_CLOSED = "Connection is closed";

    private SqlStates() {}

    static String of(SQLException error) {
        String state = error.getSQLState();
        return state == null ? "" : state;
    }

    /** Class 08, a closed pooled connection, and the certain rollbacks; everything else is the application's. */
    static ErrorClass standard(SQLException error) {
        String state = of(error);
        switch (state) {
            case "08003":
                return ErrorClass.REFUSED_CLOSED;
            case "08001":
            case "08004":
                return ErrorClass.NOT_READY;
            case "40001":
            case "40P01":
                return ErrorClass.ROLLED_BACK;
            case "":
                return HIKARI_CLOSED.equals(error.getMessage()) ? ErrorClass.REFUSED_CLOSED : ErrorClass.APPLICATION;
            default:
                return state.startsWith("08") ? ErrorClass.CONNECTION_LOST : ErrorClass.APPLICATION;
        }
    }
}
