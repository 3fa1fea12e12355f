package io.switchover4j.jdbc.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets units of work and threads off a node that is not the primary any more, or has to stop being it. Thread-safe; nothing
 * here waits for a socket.
 */
final class Evacuation {

    private static final Logger log = LoggerFactory.getLogger(Evacuation.class);

    private final String name;
    private final UnitRegistry registry;
    private final Counters counters;
    private volatile @Nullable Hanging hanging;

    /** Threads that were called back from a pool and may not have come. */
    private record Hanging(List<Borrower> threads, NodePool pool, boolean evict) {}

    Evacuation(String name, UnitRegistry registry, Counters counters) {
        this.name = name;
        this.registry = registry;
        this.counters = counters;
    }

    /** Ends the physical connection of each such unit; returns how many of the units were open. */
    int cutOff(Predicate<Unit> which, String reason) {
        List<Unit> units = new ArrayList<>();
        registry.forEach(unit -> {
            if (which.test(unit)) {
                units.add(unit);
            }
        });
        int open = 0;
        for (Unit unit : units) {
            if (unit.isUnitOpen()) {
                open++;
                FlightEvents.aborted(name, reason);
            }
            try {
                unit.cutOff(reason);
            } catch (RuntimeException e) {
                log.warn("{}: a unit of work could not be cut off", name, e);
            }
        }
        counters.cutOff(open);
        return open;
    }

    /**
     * Calls everybody back who takes a connection of an older epoch than this out of its pool.
     *
     * @param pool where they may hang
     * @param evict whether that pool holds nothing but what is of no use any more
     */
    void callBack(long epoch, NodePool pool, boolean evict) {
        List<Borrower> called = new ArrayList<>();
        registry.forEach(unit -> {
            if (unit.callBack(epoch)) {
                called.add(unit);
            }
        });
        if (!called.isEmpty()) {
            counters.calledBack(called.size());
            log.info("{}: {} threads were called back from the pool of '{}'", name, called.size(), pool.name());
            hanging = new Hanging(called, pool, evict);
        }
    }

    /** To be called regularly: who was called back and did not come hangs in the driver, where no interrupt reaches it. */
    void look(Executor aborter) {
        Hanging now = hanging;
        if (now == null) {
            return;
        }
        hanging = null;
        if (now.threads.stream().anyMatch(Borrower::isCalledBack)) {
            aborter.execute(() -> {
                if (now.evict) {
                    now.pool.evictAll();
                }
                now.pool.endIdle();
            });
        }
    }
}
