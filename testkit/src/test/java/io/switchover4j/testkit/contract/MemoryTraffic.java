package io.switchover4j.testkit.contract;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.Topology;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.OpenUnit;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The smallest participant that keeps the contract: a gate in memory. */
final class MemoryTraffic implements TrafficParticipant {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Map<Unit, Long> open = new LinkedHashMap<>();

    @GuardedBy("lock")
    private @Nullable HoldRequest hold;

    /** A unit of work; cut if it is no longer open when it finishes. */
    record Unit(Thread thread, long number) {}

    Unit begin() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            HoldRequest current = hold;
            while (current != null && !current.holdUntil().isExpired()) {
                changed.await(current.holdUntil().remainingNanos(), TimeUnit.NANOSECONDS);
                current = hold;
            }
            Unit unit = new Unit(Thread.currentThread(), System.nanoTime());
            open.put(unit, System.nanoTime());
            return unit;
        } finally {
            lock.unlock();
        }
    }

    void finish(Unit unit) {
        lock.lock();
        try {
            if (open.remove(unit) == null) {
                throw new IllegalStateException("The unit was cut; it was not applied");
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public DrainResult hold(HoldRequest request) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            hold = request;
            while (!open.isEmpty() && !request.drainUntil().isExpired()) {
                changed.await(request.drainUntil().remainingNanos(), TimeUnit.NANOSECONDS);
            }
            return new DrainResult(openUnits());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<OpenUnit> openUnits() {
        lock.lock();
        try {
            return open.entrySet().stream()
                    .map(entry -> new OpenUnit(
                            entry.getKey().thread().getName(),
                            Duration.ofNanos(System.nanoTime() - entry.getValue()),
                            "",
                            true))
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int cut(String operationId) {
        lock.lock();
        try {
            int ended = open.size();
            open.clear();
            changed.signalAll();
            return ended;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void release(String operationId, Topology topology) {
        lock.lock();
        try {
            if (hold != null && hold.operationId().equals(operationId)) {
                hold = null;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }
}
