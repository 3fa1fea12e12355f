package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The connections that a pool was seen to give, so that each is asked only once, and can be ended from outside while the pool
 * itself hangs in it: no pool shows its idle connections. Best effort: of very many, some are forgotten. Thread-safe; looking up
 * a known one takes no lock and allocates nothing.
 */
final class SeenConnections {

    private static final int SLOTS = 512;
    private static final int PROBES = 8;

    private final AtomicReferenceArray<@Nullable SeenConnection> slots = new AtomicReferenceArray<>(SLOTS);

    /** @param mustAsk of one that was not known */
    SeenConnection of(Connection driver, boolean mustAsk) {
        int start = System.identityHashCode(driver) & (SLOTS - 1);
        int free = -1;
        for (int probe = 0; probe < PROBES; probe++) {
            int slot = (start + probe) & (SLOTS - 1);
            SeenConnection seen = slots.getAcquire(slot);
            if (seen == null) {
                free = free < 0 ? slot : free;
                break;
            }
            Connection known = seen.get();
            if (known == driver) {
                return seen;
            }
            if (known == null && free < 0) {
                free = slot;
            }
        }
        SeenConnection added = new SeenConnection(driver, mustAsk);
        slots.setRelease(free < 0 ? start : free, added);
        return added;
    }

    /** Aborts all of them; one that is closed already is none the worse for it. */
    void abortAll(String name) {
        for (int slot = 0; slot < SLOTS; slot++) {
            SeenConnection seen = slots.getAcquire(slot);
            Connection driver = seen == null ? null : seen.get();
            if (driver != null) {
                PlainNodePool.abort(name, driver, Runnable::run);
            }
        }
    }
}
