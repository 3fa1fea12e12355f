package io.switchover4j.internal;

import java.util.concurrent.ThreadFactory;

/** Makes the coordinator's threads, each with a name that says what it is for. Thread-safe. */
final class Threads {

    private final ThreadFactory factory;

    Threads(ThreadFactory factory) {
        this.factory = factory;
    }

    /** Platform threads that do not keep the process alive. */
    static ThreadFactory daemons() {
        return task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
        };
    }

    /**
     * @throws IllegalStateException if the factory makes none
     */
    Thread create(String purpose, Runnable task) {
        Thread thread = factory.newThread(task);
        if (thread == null) {
            throw new IllegalStateException(
                    "The thread factory %s made no thread for '%s'".formatted(factory, purpose));
        }
        thread.setName("switchover4j-" + purpose);
        return thread;
    }
}
