package io.switchover4j.postgresql.internal;

/** Lets tests of other packages take a lease's lock. */
public final class LockKeys {

    private LockKeys() {}

    public static long lease() {
        return Digests.lockKey();
    }
}
