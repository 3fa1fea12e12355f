package io.switchover4j.jdbc.internal;

/** What kind of call on the driver is in flight. */
enum Call {
    /** A physical statement is made ready; its execution is not handed over yet. */
    PREPARE,
    /** executeQuery. */
    QUERY,
    /** execute: whether rows or a count come back is not known before. */
    EXECUTE,
    /** executeUpdate. */
    UPDATE,
    /** executeBatch. */
    BATCH,
    /** More rows of a result that the server still holds. */
    FETCH,
    /** commit, setAutoCommit(true) in a transaction, or the same by SQL text. */
    COMMIT,
    /** rollback, or the same by SQL text. */
    ROLLBACK,
    /** Metadata, factories of values, session properties: applied twice it does no harm. */
    OTHER
}
