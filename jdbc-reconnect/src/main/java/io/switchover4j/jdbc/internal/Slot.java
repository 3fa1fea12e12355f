package io.switchover4j.jdbc.internal;

/**
 * One row of the ledger, leased by one unit at a time. Written by its lessee; the acknowledged number may be read by anybody.
 *
 * <p>Its id is random and never used again, so that a row on another timeline cannot speak for it.
 */
final class Slot {

    final long id;

    /** The primary on which it was opened, as the gate counts them. */
    final long epoch;

    final long openedNanos;

    private long issued;
    private volatile long acknowledged;
    private volatile long failed;

    Slot(long id, long epoch, long openedNanos) {
        this.id = id;
        this.epoch = epoch;
        this.openedNanos = openedNanos;
    }

    /** The number for the next mark. It stays the next until something is known of it. */
    long next() {
        return issued + 1;
    }

    long issued() {
        return issued;
    }

    void acknowledge() {
        issued++;
        acknowledged = issued;
    }

    /** The transaction of the next number failed; the number is not used again. */
    @SuppressWarnings({"NonAtomicOperationOnVolatileField", "NonAtomicVolatileUpdate"}) // one writer
    void fail() {
        issued++;
        failed = failed + 1;
    }

    long acknowledged() {
        return acknowledged;
    }

    /** How many acknowledged commits are certainly missing where the row says {@code number}. */
    long missing(long number) {
        long last = acknowledged;
        return last <= number ? 0 : Math.max(1, last - number - failed);
    }
}
