package io.switchover4j.jdbc.internal;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Every unit that has a logical connection, open or not, so that a drain can look for the open ones. Thread-safe;
 * registering takes no lock and allocates nothing once there are slots enough.
 *
 * <p>Slots lie in segments that are never taken away. A thread begins to look for a free slot at a place of its own, so
 * that threads seldom meet.
 */
final class UnitRegistry {

    private static final int SEGMENT_BITS = 8;
    private static final int SEGMENT_SIZE = 1 << SEGMENT_BITS;
    private static final int SLOT_MASK = SEGMENT_SIZE - 1;
    private static final int MAX_PROBES = 16;

    private static final int REQUESTS = 0;
    private static final int CALLS = 1;
    private static final int PROTECTED_CALLS = 2;
    private static final int COUNTERS = 3;

    /** A cache line for each slot. */
    private static final int STRIDE = 8;

    private final ReentrantLock growing = new ReentrantLock();
    private volatile Segment[] segments = {new Segment()};

    /** Makes {@code unit} visible. By the owner, once. */
    void register(Unit unit) {
        int start = spread(Thread.currentThread());
        Segment[] all = segments;
        for (int s = 0; ; s++) {
            if (s == all.length) {
                all = grow(all);
            }
            Segment segment = all[s];
            for (int probe = 0; probe < MAX_PROBES; probe++) {
                int slot = (start + probe) & SLOT_MASK;
                if (segment.getPlain(slot) == null && segment.compareAndSet(slot, null, unit)) {
                    unit.slot = s << SEGMENT_BITS | slot;
                    segment.count(slot, REQUESTS);
                    return;
                }
            }
        }
    }

    /** Makes {@code unit} invisible. A second call does nothing, also from another thread. */
    void unregister(Unit unit) {
        int slot = unit.slot;
        if (slot >= 0) {
            unit.slot = -1;
            segments[slot >>> SEGMENT_BITS].compareAndSet(slot & SLOT_MASK, unit, null);
        }
    }

    /** Counts a call of {@code unit}, which is registered. By its owner. */
    void called(Unit unit, boolean isProtected) {
        int slot = unit.slot;
        if (slot >= 0) {
            Segment segment = segments[slot >>> SEGMENT_BITS];
            segment.count(slot & SLOT_MASK, CALLS);
            if (isProtected) {
                segment.count(slot & SLOT_MASK, PROTECTED_CALLS);
            }
        }
    }

    /** What was counted so far; exact once everybody rests. */
    CallTotals totals() {
        long[] sums = new long[COUNTERS];
        long registered = 0;
        for (Segment segment : segments) {
            for (int slot = 0; slot < SEGMENT_SIZE; slot++) {
                registered += segment.get(slot) == null ? 0 : 1;
                for (int counter = 0; counter < COUNTERS; counter++) {
                    sums[counter] += segment.counts.getOpaque(slot * STRIDE + counter);
                }
            }
        }
        return new CallTotals(
                sums[REQUESTS], Math.max(0, sums[REQUESTS] - registered), sums[CALLS], sums[PROTECTED_CALLS]);
    }

    /** Connections taken, those of them given back, calls, and those of them that would be hidden if they were lost. */
    record CallTotals(long requests, long completed, long calls, long protectedCalls) {}

    void forEach(Consumer<Unit> action) {
        for (Segment segment : segments) {
            for (int slot = 0; slot < SEGMENT_SIZE; slot++) {
                Unit unit = segment.get(slot);
                if (unit != null) {
                    action.accept(unit);
                }
            }
        }
    }

    /** A unit other than {@code except} that {@code thread} has open; null if there is none. */
    @Nullable
    Unit openUnitOf(Thread thread, @Nullable Unit except) {
        for (Segment segment : segments) {
            for (int slot = 0; slot < SEGMENT_SIZE; slot++) {
                Unit unit = segment.get(slot);
                if (unit != null && unit != except && unit.isUnitOpen() && unit.isOwnedBy(thread)) {
                    return unit;
                }
            }
        }
        return null;
    }

    private Segment[] grow(Segment[] seen) {
        growing.lock();
        try {
            Segment[] now = segments;
            if (now.length > seen.length) {
                return now;
            }
            Segment[] larger = Arrays.copyOf(now, now.length + 1);
            larger[now.length] = new Segment();
            segments = larger;
            return larger;
        } finally {
            growing.unlock();
        }
    }

    /** Fibonacci hashing: ids of neighbouring threads end up far apart. */
    @SuppressWarnings("deprecation") // threadId() is newer than Java 17
    private static int spread(Thread thread) {
        return (int) (thread.getId() * 0x9E3779B97F4A7C15L >>> (Long.SIZE - SEGMENT_BITS));
    }

    private static final class Segment extends AtomicReferenceArray<@Nullable Unit> {
        private static final long serialVersionUID = 1L;

        /** Counted by whoever has the slot: it stays when the slot goes on to the next, and nobody contends for it. */
        private final AtomicLongArray counts = new AtomicLongArray(SEGMENT_SIZE * STRIDE);

        Segment() {
            super(SEGMENT_SIZE);
        }

        void count(int slot, int counter) {
            int index = slot * STRIDE + counter;
            counts.setOpaque(index, counts.getPlain(index) + 1);
        }
    }
}
