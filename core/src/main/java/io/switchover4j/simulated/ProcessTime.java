package io.switchover4j.simulated;

import io.switchover4j.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The clock as one process reads it. Once the process has ended, its waits move only what it reads itself, and its alarms do
 * not go off. Thread-safe.
 */
final class ProcessTime implements TimeSource {

    private final TimeSource shared;
    private final AtomicLong beyond = new AtomicLong();
    private volatile boolean ended;

    ProcessTime(TimeSource shared) {
        this.shared = shared;
    }

    void end() {
        ended = true;
    }

    @Override
    public Instant instant() {
        return shared.instant();
    }

    @Override
    public long nanoTime() {
        return shared.nanoTime() + beyond.get();
    }

    @Override
    public Alarm setAlarm(Instant at, Runnable task) {
        return shared.setAlarm(at, () -> {
            if (!ended) {
                task.run();
            }
        });
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        if (ended) {
            beyond.addAndGet(Math.max(0, duration.toNanos()));
        } else {
            shared.sleep(duration);
        }
    }
}
