package io.switchover4j.internal;

import io.switchover4j.SwitchoverListener;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells Flight Recorder at once, and listeners in order on one thread that ends when there is nothing to tell, what happened.
 * Thread-safe.
 */
final class Listeners {

    private static final Logger log = LoggerFactory.getLogger(Listeners.class);

    private final FlightRecording recording = new FlightRecording();
    private final List<SwitchoverListener> listeners;
    private final ThreadPoolExecutor executor;
    private volatile @Nullable Thread thread;

    Listeners(List<SwitchoverListener> listeners, Threads threads) {
        this.listeners = List.copyOf(listeners);
        this.executor = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread created = threads.create("listeners", task);
            thread = created;
            return created;
        });
        executor.allowCoreThreadTimeOut(true);
    }

    void tell(String instanceId, Consumer<SwitchoverListener> what) {
        tell(instanceId, recording, what);
        if (listeners.isEmpty()) {
            return;
        }
        try {
            executor.execute(() -> listeners.forEach(listener -> tell(instanceId, listener, what)));
        } catch (RejectedExecutionException e) {
            log.debug("{}: the coordinator is closed; listeners are not told", instanceId, e);
        } catch (RuntimeException | Error e) {
            log.warn(
                    "{}: no thread could be started to tell the listeners; the switchover is not affected",
                    instanceId,
                    e);
        }
    }

    private static void tell(String instanceId, SwitchoverListener listener, Consumer<SwitchoverListener> what) {
        try {
            what.accept(listener);
        } catch (RuntimeException | Error e) {
            log.warn("{}: the listener {} threw; the switchover is not affected", instanceId, listener, e);
        }
    }

    /** Delivers what is queued, within the limit, then stops. */
    void close(Duration limit) {
        executor.shutdown();
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            if (!executor.awaitTermination(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                List<Runnable> undelivered = executor.shutdownNow();
                log.warn(
                        "A listener is still busy {} ms after the coordinator was closed; {} events are not delivered",
                        limit.toMillis(),
                        undelivered.size());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
