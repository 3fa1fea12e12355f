package io.switchover4j.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.SwitchoverInProgressException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Which instance is being switched or changed, so that nothing else changes it meanwhile. Thread-safe. */
final class Slots {

    private final String backend;
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Map<String, Operation> running = new HashMap<>();

    @GuardedBy("lock")
    private final Set<String> changing = new HashSet<>();

    @GuardedBy("lock")
    private boolean closed;

    Slots(String backend) {
        this.backend = backend;
    }

    /**
     * @throws IllegalStateException if the coordinator is closed
     */
    void requireOpen() {
        if (isClosed()) {
            throw new IllegalStateException(
                    "The coordinator of %s is closed. Nothing was changed; make a new one.".formatted(backend));
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /**
     * @throws IllegalStateException if the coordinator is closed
     * @throws SwitchoverInProgressException if the instance is being switched or changed
     */
    void requireFree(String instanceId) {
        lock.lock();
        try {
            requireOpen();
            Operation other = running.get(instanceId);
            if (other != null) {
                throw new SwitchoverInProgressException(
                        instanceId,
                        other.operationId(),
                        other.request().requestedBy(),
                        other.underWaySince(),
                        other.phase());
            }
            if (changing.contains(instanceId)) {
                throw new SwitchoverInProgressException(
                        instanceId, "this coordinator, which is changing its settings just now");
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * @throws IllegalStateException if the coordinator is closed
     * @throws SwitchoverInProgressException if the instance is being switched or changed
     */
    void claim(Operation operation) {
        lock.lock();
        try {
            requireFree(operation.request().instanceId());
            running.put(operation.request().instanceId(), operation);
        } finally {
            lock.unlock();
        }
    }

    /** Makes {@code next} the switchover of its instance, in the place of {@code ended}. */
    void pass(@Nullable Operation ended, @Nullable Operation next) {
        lock.lock();
        try {
            if (ended != null) {
                running.remove(ended.request().instanceId(), ended);
            }
            if (next != null) {
                running.put(next.request().instanceId(), next);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * As {@link #claim}, for a change of its settings.
     *
     * @throws IllegalStateException if the coordinator is closed
     * @throws SwitchoverInProgressException if the instance is being switched or changed
     */
    void claimChange(String instanceId) {
        lock.lock();
        try {
            requireFree(instanceId);
            changing.add(instanceId);
        } finally {
            lock.unlock();
        }
    }

    void freeChange(String instanceId) {
        lock.lock();
        try {
            changing.remove(instanceId);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the settings of an instance are not being changed, or the limit has passed. */
    void awaitChange(String instanceId, Duration limit) {
        lock.lock();
        try {
            long nanos = limit.toNanos();
            while (changing.contains(instanceId) && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    boolean isChanging(String instanceId) {
        lock.lock();
        try {
            return changing.contains(instanceId);
        } finally {
            lock.unlock();
        }
    }

    Optional<Operation> running(String instanceId) {
        lock.lock();
        try {
            return Optional.ofNullable(running.get(instanceId));
        } finally {
            lock.unlock();
        }
    }

    /** Takes no more claims, and tells what is running. */
    List<Operation> close() {
        lock.lock();
        try {
            closed = true;
            return List.copyOf(running.values());
        } finally {
            lock.unlock();
        }
    }
}
