package io.switchover4j.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.SwitchoverListener;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells Flight Recorder at once, and listeners in order on one thread that ends when there is nothing to tell for a while,
 * what happened. Thread-safe.
 */
final class Listeners {

    private static final Logger log = LoggerFactory.getLogger(Listeners.class);
    private static final Duration LINGER = Duration.ofSeconds(10);

    private final FlightRecording recording = new FlightRecording();
    private final List<SwitchoverListener> listeners;
    private final Threads threads;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Deque<Runnable> queue = new ArrayDeque<>();

    /** Null while nobody tells. */
    @GuardedBy("lock")
    private @Nullable Thread thread;

    @GuardedBy("lock")
    private boolean closed;

    /** So many ends are about to be told. */
    @GuardedBy("lock")
    private int ending;

    /** The thread that is telling, where the factory's threads run their task on whoever starts them. */
    @GuardedBy("lock")
    private @Nullable Thread runner;

    Listeners(List<SwitchoverListener> listeners, Threads threads) {
        this.listeners = List.copyOf(listeners);
        this.threads = threads;
    }

    /** Runs what frees an instance and then tells the end: whoever closes meanwhile waits until that is told. */
    void end(Runnable end) {
        count(1);
        try {
            end.run();
        } finally {
            count(-1);
        }
    }

    private void count(int more) {
        lock.lock();
        try {
            ending += more;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void tell(String instanceId, Consumer<SwitchoverListener> what) {
        tell(instanceId, recording, what);
        if (listeners.isEmpty()) {
            return;
        }
        Thread created;
        lock.lock();
        try {
            if (closed && ending == 0) {
                log.debug("{}: the coordinator is closed; listeners are not told", instanceId);
                return;
            }
            queue.add(() -> listeners.forEach(listener -> tell(instanceId, listener, what)));
            changed.signalAll();
            if (thread != null) {
                return;
            }
            created = threads.create("listeners", this::drain);
            thread = created;
        } catch (RuntimeException | Error e) {
            notStarted(instanceId, e);
            return;
        } finally {
            lock.unlock();
        }
        try {
            created.start();
        } catch (RuntimeException | Error e) {
            lock.lock();
            try {
                thread = null;
                notStarted(instanceId, e);
            } finally {
                lock.unlock();
            }
        }
    }

    @GuardedBy("lock")
    private void notStarted(String instanceId, Throwable e) {
        queue.pollLast();
        log.warn("{}: no thread could be started to tell the listeners; the switchover is not affected", instanceId, e);
    }

    private static void tell(String instanceId, SwitchoverListener listener, Consumer<SwitchoverListener> what) {
        try {
            what.accept(listener);
        } catch (RuntimeException | Error e) {
            log.warn("{}: the listener {} threw; the switchover is not affected", instanceId, listener, e);
        }
    }

    private void drain() {
        for (Optional<Runnable> next = next(); next.isPresent(); next = next()) {
            next.get().run();
        }
    }

    /** What is to be told next; empty if the thread has nothing to wait for any more. */
    private Optional<Runnable> next() {
        lock.lock();
        try {
            runner = Thread.currentThread();
            long left = LINGER.toNanos();
            while (queue.isEmpty() && !closed && runner == thread && left > 0) {
                left = changed.awaitNanos(left);
            }
            Runnable next = queue.poll();
            if (next == null) {
                ended();
            }
            return Optional.ofNullable(next);
        } catch (InterruptedException e) {
            // Only shuts the thread down sooner: whoever has something to tell starts another one.
            Thread.currentThread().interrupt();
            Runnable next = queue.poll();
            if (next == null) {
                ended();
            }
            return Optional.ofNullable(next);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void ended() {
        thread = null;
        runner = null;
        changed.signalAll();
    }

    /** Delivers what is queued, within the limit, then stops. */
    void close(Duration limit) {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            if (Thread.currentThread() == runner) {
                return;
            }
            long left = limit.toNanos();
            while ((thread != null || ending > 0) && left > 0) {
                left = changed.awaitNanos(left);
            }
            Thread busy = thread;
            if (busy != null) {
                log.warn(
                        "A listener is still busy {} ms after the coordinator was closed; {} events are not delivered",
                        limit.toMillis(),
                        queue.size());
                queue.clear();
                busy.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }
}
