package io.switchover4j.jdbc.internal;

/** What an error of the driver means. */
enum ErrorClass {
    /** The physical connection is gone; whether the call was applied is not known from the error. */
    CONNECTION_LOST,
    /** Refused by the driver before any byte was sent, because the connection was known to be closed. */
    REFUSED_CLOSED,
    /** The server does not take connections now (starting, stopping, too many). */
    NOT_READY,
    /** The node refused a write because it is a standby, if asking it confirms that. The statement was not applied. */
    READ_ONLY,
    /** The server certainly rolled the transaction back: serialization failure or deadlock. */
    ROLLED_BACK,
    /** The application's own error: passes through untouched. */
    APPLICATION;

    /** Whether it means that the physical connection is of no use any more. */
    boolean isLoss() {
        return switch (this) {
            case CONNECTION_LOST, REFUSED_CLOSED, NOT_READY -> true;
            case READ_ONLY, ROLLED_BACK, APPLICATION -> false;
        };
    }
}
