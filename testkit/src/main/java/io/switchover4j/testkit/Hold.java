package io.switchover4j.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A message, or its answer, that does not go on until a test says so, nor does anything behind it. Both sockets stay open; the
 * client may close its own in the meantime, and what it had sent is still let through. Thread-safe.
 */
public final class Hold extends Fault {

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final List<Strike> held = new ArrayList<>();

    @GuardedBy("lock")
    private boolean released;

    Hold(String name, Supplier<String> seen, Runnable disarm) {
        super(name, seen, disarm);
    }

    /** Lets through what is held, and holds nothing more. Idempotent; does not wait for it to arrive. */
    public void release() {
        end().forEach(Strike::release);
    }

    /**
     * Cuts the connections of what is held, without sending it on, and holds nothing more. Idempotent; without effect on
     * what was released.
     */
    public void discard() {
        end().forEach(Strike::discard);
    }

    private List<Strike> end() {
        disarm();
        lock.lock();
        try {
            released = true;
            List<Strike> ended = List.copyOf(held);
            held.clear();
            return ended;
        } finally {
            lock.unlock();
        }
    }

    boolean isReleased() {
        lock.lock();
        try {
            return released;
        } finally {
            lock.unlock();
        }
    }

    /** Whether it is held; if not, this was released before the message came. */
    boolean add(Strike strike) {
        lock.lock();
        try {
            return !released && held.add(strike);
        } finally {
            lock.unlock();
        }
    }
}
