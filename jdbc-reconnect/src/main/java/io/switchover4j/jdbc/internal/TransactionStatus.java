package io.switchover4j.jdbc.internal;

/** What the server itself last said about the transaction of a session. */
enum TransactionStatus {
    IDLE,
    OPEN,
    /** Open, and nothing but its rollback is possible: a COMMIT would roll back. */
    FAILED,
    /** The driver does not show it. */
    UNKNOWN
}
