package io.switchover4j.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.locks.ReentrantLock;

/** Stamps of acknowledgements from several threads. Thread-safe. */
final class AckLog {

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final LongSeries stamps = new LongSeries();

    void add(long nanos) {
        lock.lock();
        try {
            stamps.add(nanos);
        } finally {
            lock.unlock();
        }
    }

    int size() {
        lock.lock();
        try {
            return stamps.size();
        } finally {
            lock.unlock();
        }
    }

    long[] toArray() {
        lock.lock();
        try {
            return stamps.toArray();
        } finally {
            lock.unlock();
        }
    }
}
