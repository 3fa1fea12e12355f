package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.spi.Deadline;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one DataSource that wait for their {@link Turn} on a connection that they share, first come, first served.
 * Thread-safe. Its lock is taken only where somebody waits.
 */
final class Turns {

    /** Who gives a turn back may not have seen a waiter that has just come, who therefore looks again by itself. */
    private static final long FIRST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final long LAST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<Waiter> queue = new ArrayDeque<>();

    /** Written under the lock. */
    private volatile int waiting;

    private static final class Waiter {

        private final Thread thread = Thread.currentThread();
        private final Turn turn;

        /** It has the turn, and is out of the queue. */
        private boolean served;

        private Waiter(Turn turn) {
            this.turn = turn;
        }
    }

    boolean isAnybodyWaiting() {
        return waiting > 0;
    }

    /**
     * Waits until the calling thread has {@code turn}: as long as the calls before it take, which their own limits end.
     *
     * @param seconds how long at most; 0 if no limit was set
     */
    void await(Turn turn, Traffic traffic, int seconds) throws SQLException {
        Waiter waiter = new Waiter(turn);
        Deadline forPrimary = traffic.newDeadline();
        long start = System.nanoTime();
        long limit = seconds == 0 ? Long.MAX_VALUE : TimeUnit.SECONDS.toNanos(seconds);
        long look = FIRST_LOOK_NANOS;
        add(waiter);
        while (true) {
            SQLException why = whyNot(turn, traffic, forPrimary, System.nanoTime() - start >= limit);
            if (isServed(waiter, why != null)) {
                return;
            }
            if (why != null) {
                throw why;
            }
            LockSupport.parkNanos(this, Math.min(look, Math.max(1, limit - (System.nanoTime() - start))));
            look = Math.min(2 * look, LAST_LOOK_NANOS);
        }
    }

    private static @Nullable SQLException whyNot(Turn turn, Traffic traffic, Deadline forPrimary, boolean late) {
        if (!turn.isOpen()) {
            return Attachment.closedException();
        }
        if (Thread.currentThread().isInterrupted()) {
            return new SQLTransientConnectionException(
                    "Interrupted while another thread's call on this connection was waited for; nothing was sent",
                    "08001");
        }
        if (late) {
            return new SQLTimeoutException(
                    "The query timeout passed while another thread's call on this connection was waited for; nothing was sent",
                    "57014");
        }
        if (forPrimary.isExpired() && !traffic.route().open) {
            return new NoPrimaryException(
                    "No primary in time for another thread's call on this connection, which was waited for; nothing was sent");
        }
        return null;
    }

    private void add(Waiter waiter) {
        lock.lock();
        try {
            queue.addLast(waiter);
            waiting = queue.size();
        } finally {
            lock.unlock();
        }
    }

    private boolean isServed(Waiter waiter, boolean leaves) {
        lock.lock();
        try {
            if (waiter.served) {
                return true;
            }
            boolean taken = waiter.turn.tryTurn();
            if (taken || leaves) {
                queue.remove(waiter);
                waiting = queue.size();
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Gives {@code turn} to who waits for it longest, so that a thread that calls again and again cannot keep it. By its holder. */
    void pass(Turn turn) {
        Waiter next = null;
        lock.lock();
        try {
            for (Waiter waiter : queue) {
                if (waiter.turn == turn) {
                    next = waiter;
                    break;
                }
            }
            if (next != null) {
                queue.remove(next);
                waiting = queue.size();
                next.served = true;
            }
            turn.handTo(next == null ? null : next.thread);
        } finally {
            lock.unlock();
        }
        if (next != null) {
            LockSupport.unpark(next.thread);
        }
    }

    /** The connection of {@code turn} is closed: who waits for it ends. */
    void lookAgain(Turn turn) {
        if (!isAnybodyWaiting()) {
            return;
        }
        lock.lock();
        try {
            for (Waiter waiter : queue) {
                if (waiter.turn == turn) {
                    LockSupport.unpark(waiter.thread);
                }
            }
        } finally {
            lock.unlock();
        }
    }
}
