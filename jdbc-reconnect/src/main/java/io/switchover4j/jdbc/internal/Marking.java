package io.switchover4j.jdbc.internal;

/** What a transaction leaves in a commit ledger. Of several that its statements ask for, the last one of these holds. */
enum Marking {
    /** A mark if it has written anything; else nothing, for there is nothing to find out about. */
    IF_WRITTEN,
    /** A mark in any case: it may commit something without having written a row, such as NOTIFY does. */
    ALWAYS,
    /** Nobody can say: READ ONLY behind a write, or a notification in a transaction that is READ ONLY. */
    UNCERTAIN;

    private static final Marking[] ALL = values();

    Marking and(Marking other) {
        return compareTo(other) < 0 ? other : this;
    }

    /** From the byte that a connection holds instead of a reference: each borrow would be larger by it. */
    static Marking of(byte ordinal) {
        return ALL[ordinal];
    }
}
