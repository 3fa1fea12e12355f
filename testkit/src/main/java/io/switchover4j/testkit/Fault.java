package io.switchover4j.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A fault that a {@link FaultProxy} was told to inject: what has become of it, and its end. Thread-safe. */
public sealed class Fault permits Hold {

    private static final int HITS_KEPT = 100;

    private final String name;
    private final Supplier<String> seen;
    private final Runnable disarm;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Deque<FaultHit> hits = new ArrayDeque<>();

    @GuardedBy("lock")
    private long count;

    @GuardedBy("lock")
    private @Nullable Exception failure;

    /**
     * @param seen what the proxy has seen, for messages
     * @param disarm ends the search for further messages
     */
    Fault(String name, Supplier<String> seen, Runnable disarm) {
        this.name = name;
        this.seen = seen;
        this.disarm = disarm;
    }

    /**
     * Waits until it has happened once: the client's connection is cut, the message or its answer is held, the action has
     * run. Returns the first of {@link #hits()}.
     *
     * @throws FaultProxyException if it does not happen in time, if the action in between failed, or if the caller is
     *     interrupted
     */
    public FaultHit awaitReached(Duration timeout) {
        return awaitReached(1, timeout).get(0);
    }

    /** Waits until it has happened {@code times} times; see {@link #awaitReached(Duration)}. Returns {@link #hits()}. */
    public List<FaultHit> awaitReached(int times, Duration timeout) {
        long left = timeout.toNanos();
        lock.lock();
        try {
            while (true) {
                if (failure != null) {
                    throw new FaultProxyException("The action of " + name + " failed: " + failure, failure);
                }
                if (count >= times) {
                    return List.copyOf(hits);
                }
                if (left <= 0) {
                    throw new FaultProxyException("Waited %d ms for %s to happen %d times; it happened %d times. %s"
                            .formatted(timeout.toMillis(), name, times, count, seen.get()));
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FaultProxyException("Interrupted while waiting for " + name, e);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Where it has happened so far, or begins to, in order; the last 100 of them. A client that sees its connection cut sees the hit
     * here.
     */
    public List<FaultHit> hits() {
        lock.lock();
        try {
            return List.copyOf(hits);
        } finally {
            lock.unlock();
        }
    }

    /** Ends the search for further messages; what has begun goes on. Idempotent. */
    public void disarm() {
        disarm.run();
    }

    /** What the client can see of it comes next. */
    void begins(FaultHit hit) {
        lock.lock();
        try {
            if (hits.size() == HITS_KEPT) {
                hits.remove();
            }
            hits.add(hit);
        } finally {
            lock.unlock();
        }
    }

    void reached() {
        lock.lock();
        try {
            count++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void failed(Exception e) {
        lock.lock();
        try {
            failure = e;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
