package io.switchover4j;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * The two clocks of this library: {@link #instant()} for stamps that people read or that are stored, and
 * {@link #nanoTime()} for every time-out, which a change of the wall clock must not move. Thread-safe.
 */
public interface TimeSource extends InstantSource {

    /** Nanoseconds since an arbitrary origin; only differences mean something. */
    long nanoTime();

    /**
     * Has a task run once {@link #instant()} has reached a moment: never before, whatever is done to the wall clock until
     * then, and soon after. The default looks at the wall clock every 10 s at least, so that it also notices one that was
     * set. A clock of a test runs the task when it is moved.
     *
     * <p>The task runs on a thread that is shared by everything that waits: it must be short and must not block. What it
     * throws is logged.
     */
    default Alarm setAlarm(Instant at, Runnable task) {
        return AlarmThread.set(this, at, task);
    }

    /** A task that waits for its moment. Thread-safe. */
    interface Alarm {

        /** Keeps the task from being run, unless it runs already. Idempotent, does not wait. */
        void cancel();
    }

    /**
     * Waits on this clock. The default lets the thread sleep; a clock of a test may move itself instead.
     *
     * @throws InterruptedException if the caller was interrupted
     */
    default void sleep(Duration duration) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(TimeUnit.NANOSECONDS.convert(duration));
    }

    /** The machine's clocks. */
    static TimeSource system() {
        return SystemTimeSource.INSTANCE;
    }
}

enum SystemTimeSource implements TimeSource {
    INSTANCE;

    @Override
    public Instant instant() {
        return Instant.now();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }
}
