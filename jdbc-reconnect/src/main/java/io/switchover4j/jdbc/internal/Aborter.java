package io.switchover4j.jdbc.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what may block on the socket of a node that does not answer: closing a TLS connection writes to it first. Each task
 * has a thread at once, so that one that hangs keeps no other waiting; there is none while there is nothing to do.
 * Thread-safe.
 */
final class Aborter implements Executor, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Aborter.class);

    private static final long IDLE_SECONDS = 1;
    private static final long CLOSE_SECONDS = 1;

    private final ThreadPoolExecutor threads;

    Aborter(String dataSourceName) {
        threads = new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                task -> {
                    Thread thread = new Thread(task, "switchover4j-%s-abort".formatted(dataSourceName));
                    thread.setDaemon(true);
                    return thread;
                },
                // Closed, and whoever still has something to end does it itself.
                (task, closed) -> task.run());
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(task);
    }

    /** Waits a short time for what was begun. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                log.debug("A connection that is being aborted hangs");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
