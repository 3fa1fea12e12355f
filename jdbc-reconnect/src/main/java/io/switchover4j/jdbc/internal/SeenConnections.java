package io.switchover4j.jdbc.internal;

import java.lang.ref.WeakReference;
import java.sql.Connection;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The driver's connections that a pool was seen to give, so that one can be ended from outside while the pool itself hangs in
 * it: no pool shows its idle connections. Best effort: of very many, some are forgotten. Thread-safe; looking up a known one
 * takes no lock and allocates nothing.
 */
final class SeenConnections {

    private static final int SLOTS = 512;
    private static final int PROBES = 8;

    private final AtomicReferenceArray<@Nullable WeakReference<Connection>> slots = new AtomicReferenceArray<>(SLOTS);

    /** Returns whether it was not known. */
    boolean add(Connection driver) {
        int start = System.identityHashCode(driver);
        int free = -1;
        for (int probe = 0; probe < PROBES; probe++) {
            int slot = (start + probe) & (SLOTS - 1);
            WeakReference<Connection> seen = slots.getAcquire(slot);
            Connection known = seen == null ? null : seen.get();
            if (known == driver) {
                return false;
            }
            if (known == null && free < 0) {
                free = slot;
            }
            if (seen == null) {
                break;
            }
        }
        if (free >= 0) {
            slots.setRelease(free, new WeakReference<>(driver));
        }
        return true;
    }

    /** Aborts all of them; one that is closed already is none the worse for it. */
    void abortAll(String name) {
        for (int slot = 0; slot < SLOTS; slot++) {
            WeakReference<Connection> seen = slots.getAcquire(slot);
            Connection driver = seen == null ? null : seen.get();
            if (driver != null) {
                PlainNodePool.abort(name, driver, Runnable::run);
            }
        }
    }
}
