package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread of this process on which alarms go off; it ends when none is set. Thread-safe. */
final class AlarmThread {

    private static final Logger log = LoggerFactory.getLogger(AlarmThread.class);

    /** How long a wall clock that was set may go unnoticed. */
    private static final Duration LONGEST_SLEEP = Duration.ofSeconds(10);

    private static final ScheduledThreadPoolExecutor EXECUTOR = executor();

    private AlarmThread() {}

    private static ScheduledThreadPoolExecutor executor() {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "switchover4j-alarms");
            thread.setDaemon(true);
            return thread;
        });
        executor.setRemoveOnCancelPolicy(true);
        executor.setKeepAliveTime(LONGEST_SLEEP.toMillis(), TimeUnit.MILLISECONDS);
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    static TimeSource.Alarm set(TimeSource time, Instant at, Runnable task) {
        Waiting waiting = new Waiting(time, at, task);
        waiting.sleep();
        return waiting;
    }

    private static final class Waiting implements TimeSource.Alarm, Runnable {

        private final TimeSource time;
        private final Instant at;
        private final Runnable task;

        private volatile boolean cancelled;
        private volatile @Nullable ScheduledFuture<?> sleeping;

        Waiting(TimeSource time, Instant at, Runnable task) {
            this.time = time;
            this.at = requireNonNull(at, "at");
            this.task = requireNonNull(task, "task");
        }

        void sleep() {
            Duration left = Duration.between(time.instant(), at);
            Duration bounded = left.compareTo(LONGEST_SLEEP) < 0 ? left : LONGEST_SLEEP;
            sleeping = EXECUTOR.schedule(
                    this,
                    TimeUnit.NANOSECONDS.convert(bounded.isNegative() ? Duration.ZERO : bounded),
                    TimeUnit.NANOSECONDS);
            if (cancelled) {
                cancel();
            }
        }

        @Override
        public void run() {
            try {
                if (cancelled) {
                    return;
                }
                if (time.instant().isBefore(at)) {
                    sleep();
                    return;
                }
                task.run();
            } catch (RuntimeException | Error e) {
                log.error("The task {}, due at {}, failed", task, at, e);
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
            ScheduledFuture<?> future = sleeping;
            if (future != null) {
                future.cancel(false);
            }
        }
    }
}
