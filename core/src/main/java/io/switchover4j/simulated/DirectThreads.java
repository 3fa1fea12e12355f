package io.switchover4j.simulated;

import java.util.concurrent.ThreadFactory;

/**
 * Makes threads that run their task at once, on whoever starts them. A coordinator on such threads has carried a switchover
 * to its end when {@code start} returns, and everything happens in the same order each time. Thread-safe.
 *
 * <p>What would have happened at the same time happens inside of each other: a {@link Fault#run} may cancel the switchover,
 * ask for another one, or move the clock.
 */
public final class DirectThreads implements ThreadFactory {

    @Override
    public Thread newThread(Runnable task) {
        return new DirectThread(task);
    }

    private static final class DirectThread extends Thread {

        private final Runnable task;

        DirectThread(Runnable task) {
            this.task = task;
        }

        @Override
        @SuppressWarnings({"CallToThreadRun", "UnsynchronizedOverridesSynchronized"})
        public void start() {
            task.run();
        }
    }
}
