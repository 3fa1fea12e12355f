package io.switchover4j.jdbc.internal;

/** What a statement may do, judged by its text. Where the text leaves a doubt, the more dangerous kind is chosen. */
enum StatementKind {
    /** Reads or writes rows and nothing else: ends with its transaction. */
    PLAIN,
    /** Begins a transaction: BEGIN, START TRANSACTION. */
    BEGIN,
    /** Ends a transaction: COMMIT, END, ROLLBACK without TO, PREPARE TRANSACTION. */
    END,
    /** May commit by itself, or its kind cannot be told: CALL, DO, several statements, implicit commits. */
    MAY_COMMIT,
    /** Changes a setting of the session, which can be set again on another connection: SET, RESET, PREPARE. */
    SETTING,
    /** Changes the session beyond the transaction in a way that cannot be moved: LISTEN, temporary table, advisory lock. */
    SESSION,
    /** Plain for its own unit, but must not be done twice, or cannot be compared: COPY, large objects, work on other servers. */
    UNREPEATABLE,
    /**
     * Plain, but its transaction may commit something that by itself leaves no mark in a commit ledger: NOTIFY, which needs no transaction
     * id, and READ ONLY, which a transaction may become once it has written.
     */
    UNMARKED
}
