package io.switchover4j.testkit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** How fast bytes pass in one direction of a proxy. Thread-safe. */
final class Pace {

    private static final int SLICES_PER_SECOND = 20;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition closing = lock.newCondition();
    private volatile long bytesPerSecond = Long.MAX_VALUE;
    private volatile long delayNanos;
    private volatile boolean closed;

    void limit(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    void delay(Duration delay) {
        this.delayNanos = delay.toNanos();
    }

    /** Waits for as long as is due before the next bytes, and returns how many of {@code remaining} these are. */
    int awaitSlice(int remaining) {
        long rate = bytesPerSecond;
        int slice = (int) Math.min(remaining, Math.max(1, rate / SLICES_PER_SECOND));
        long pause = delayNanos + (rate == Long.MAX_VALUE ? 0 : slice * TimeUnit.SECONDS.toNanos(1) / rate);
        if (pause > 0) {
            await(pause);
        }
        return slice;
    }

    private void await(long nanos) {
        lock.lock();
        try {
            long left = nanos;
            while (left > 0 && !closed) {
                left = closing.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            closing.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
