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
    /** Changes the session beyond the transaction in a way that cannot be moved yet: SET, LISTEN, temporary table, advisory lock. */
    SESSION
}
