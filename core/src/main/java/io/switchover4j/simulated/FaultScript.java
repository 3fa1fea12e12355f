package io.switchover4j.simulated;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The faults of one process: what a test has scripted comes first, then what a plan says. Thread-safe. */
final class FaultScript {

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<Call, Integer> made = new EnumMap<>(Call.class);

    @GuardedBy("lock")
    private final Map<Call, Map<Integer, Fault>> scripted = new EnumMap<>(Call.class);

    @GuardedBy("lock")
    private final Map<Call, Fault> always = new EnumMap<>(Call.class);

    @GuardedBy("lock")
    private Faults plan = Faults.none();

    void nth(Call call, int nthFromNow, Fault fault) {
        if (nthFromNow < 1) {
            throw new IllegalArgumentException("nth is %d; the next call is 1".formatted(nthFromNow));
        }
        lock.lock();
        try {
            int nth = made.getOrDefault(call, 0) + nthFromNow;
            scripted.computeIfAbsent(call, c -> new HashMap<>()).put(nth, fault);
        } finally {
            lock.unlock();
        }
    }

    void always(Call call, Fault fault) {
        lock.lock();
        try {
            always.put(call, fault);
        } finally {
            lock.unlock();
        }
    }

    void plan(Faults faults) {
        lock.lock();
        try {
            plan = faults;
        } finally {
            lock.unlock();
        }
    }

    void clear() {
        lock.lock();
        try {
            scripted.clear();
            always.clear();
            plan = Faults.none();
        } finally {
            lock.unlock();
        }
    }

    /** The plan is asked outside the lock: it may do whatever a test wants. */
    Optional<Fault> next(Call call) {
        Faults asked;
        int nth;
        lock.lock();
        try {
            nth = made.merge(call, 1, Integer::sum);
            Map<Integer, Fault> ofCall = scripted.get(call);
            @Nullable Fault fault = ofCall == null ? null : ofCall.remove(nth);
            if (fault == null) {
                fault = always.get(call);
            }
            if (fault != null) {
                return Optional.of(fault);
            }
            asked = plan;
        } finally {
            lock.unlock();
        }
        return asked.next(call, nth);
    }
}
