package io.switchover4j.jdbc;

/** Why a transaction that is lost with its connection would not be replayed. */
public enum ReplayOff {
    /** The DataSource was built so. */
    OPTION("replay is switched off for this DataSource"),
    /** How to replay on this database is not known. */
    DATABASE("replay is not supported on this database"),
    /** {@link ReplayControl#disable} was called. */
    APPLICATION("the application switched replay off"),
    /** Calls and parameters exceeded the byte limit. */
    LIMIT("its calls and parameters exceeded the limit"),
    /** More than 10,000 rows or 1 MiB of rows were read. */
    ROWS("it read more than 10,000 rows or 1 MiB"),
    /** A stream or a locator was sent that cannot be sent again. */
    STREAM("a parameter was a stream or a locator, which cannot be sent again"),
    /** A parameter was an object that the application may change, and that cannot be copied. */
    PARAMETER("a parameter was an object that may have changed since"),
    /** A statement was executed, and then its rows, their size or its text were set to be treated in another way. */
    STATEMENT("a statement was set up in another way after it had been executed"),
    /** It was asked whether a result has rows, or further ones, without reading them. */
    POSITION("it was asked whether a result has rows, without reading them"),
    /** {@code currval}, {@code lastval} or {@code setval}. */
    SEQUENCE("the state of a sequence was read or set"),
    /** A procedure, an anonymous block, several statements in one text, or a statement that is not known. */
    UNKNOWN_BODY("a procedure, several statements in one text or an unknown statement ran in it"),
    /** COPY. */
    COPY("it ran COPY"),
    /** Large objects. */
    LARGE_OBJECT("it used a large object"),
    /** A logical message that is sent whatever becomes of the transaction. */
    MESSAGE("it sent a logical message that no rollback takes back"),
    /** Work on another server, which a rollback here does not undo. */
    OTHER_SERVER("it worked on another server"),
    /** LISTEN. */
    LISTEN("LISTEN was executed"),
    /** A temporary table. */
    TEMPORARY_TABLE("a temporary table was created"),
    /** An advisory lock of the session. */
    ADVISORY_LOCK("an advisory lock of the session was taken"),
    /** A cursor WITH HOLD. */
    HELD_CURSOR("a cursor WITH HOLD was opened"),
    /** A cursor that a function returned. */
    CURSOR("a function returned a cursor"),
    /** A result set that scrolls or can be updated. */
    SCROLLABLE_RESULT("a result set that scrolls or can be updated was opened"),
    /** The session carries other state that cannot be set up again. */
    SESSION_STATE("the session carries state that cannot be set up again"),
    /** The session carries other state that cannot be set up again, and that no rollback takes back. */
    LASTING_STATE("the session carries state that no rollback takes back and that cannot be set up again"),
    /** COMMIT AND CHAIN or ROLLBACK AND CHAIN began it. */
    CHAINED("it was begun by AND CHAIN"),
    /** The driver's own objects were unwrapped, past which nothing is seen. */
    UNWRAPPED("an object of the driver was unwrapped"),
    /** The catalog was read through DatabaseMetaData. */
    METADATA("the catalog was read through DatabaseMetaData"),
    /** A call that is no statement failed, which may have failed the transaction. */
    FAILED_CALL("a call that is not recorded failed in it"),
    /** A row could not be read for comparison. */
    UNREADABLE("a row could not be read for comparison"),
    /** It was replayed too often already. */
    ATTEMPTS("it was replayed too often already");

    private final String reason;

    ReplayOff(String reason) {
        this.reason = reason;
    }

    /** For messages: a sentence without its full stop. */
    public String reason() {
        return reason;
    }
}
