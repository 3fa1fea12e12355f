package io.switchover4j.simulated;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A clock that stands still until it is moved. Whoever waits on it moves it: {@link #sleep} returns at once, with the clock at
 * the end of the wait, so that nothing that runs on this clock takes real time. Alarms go off in the order of their moments,
 * on the thread that moves the clock, each with the clock at its moment. Thread-safe.
 *
 * <pre>{@code
 * ManualTime time = ManualTime.at(Instant.parse("2026-03-01T21:00:00Z"));
 * time.advance(Duration.ofHours(1));
 * }</pre>
 */
public final class ManualTime implements TimeSource {

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Instant wall;

    @GuardedBy("lock")
    private long nanos;

    @GuardedBy("lock")
    private final PriorityQueue<Waiting> alarms = new PriorityQueue<>();

    @GuardedBy("lock")
    private long alarmsSet;

    private ManualTime(Instant start) {
        wall = start;
    }

    /** A clock that shows {@code start}. */
    public static ManualTime at(Instant start) {
        return new ManualTime(requireNonNull(start, "start"));
    }

    @Override
    public Instant instant() {
        lock.lock();
        try {
            return wall;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long nanoTime() {
        lock.lock();
        try {
            return nanos;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets time pass. Returns when every alarm that went off has been heeded.
     *
     * @throws IllegalArgumentException if the duration is negative
     */
    public void advance(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException(
                    "The clock cannot be moved by %s; use setWallClock to set it back".formatted(duration));
        }
        long target = nanoTime() + duration.toNanos();
        for (Optional<Waiting> due = next(target); due.isPresent(); due = next(target)) {
            due.get().task.run();
        }
    }

    /**
     * {@link #advance Lets time pass} until {@link #instant()} shows {@code instant}; does nothing if it shows a later one
     * already, as whoever waits on this clock may have moved it on. To set it back, {@link #setWallClock}.
     */
    public void advanceTo(Instant instant) {
        Duration left = Duration.between(instant(), instant);
        if (!left.isNegative()) {
            advance(left);
        }
    }

    /** Sets what {@link #instant()} shows, as when somebody sets a machine's clock: {@link #nanoTime()} goes on as before. */
    public void setWallClock(Instant instant) {
        lock.lock();
        try {
            wall = requireNonNull(instant, "instant");
        } finally {
            lock.unlock();
        }
        advance(Duration.ZERO);
    }

    /** Moves the clock to the end of the wait, unless somebody else has moved it there, and returns at once. */
    @Override
    public void sleep(Duration duration) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while waiting for %s".formatted(duration));
        }
        if (!duration.isNegative()) {
            advance(duration);
        }
    }

    @Override
    public Alarm setAlarm(Instant at, Runnable task) {
        Waiting waiting;
        lock.lock();
        try {
            waiting = new Waiting(requireNonNull(at, "at"), alarmsSet++, requireNonNull(task, "task"));
            alarms.add(waiting);
        } finally {
            lock.unlock();
        }
        return () -> cancel(waiting);
    }

    private void cancel(Waiting waiting) {
        lock.lock();
        try {
            alarms.remove(waiting);
        } finally {
            lock.unlock();
        }
    }

    /** Moves the clock to the next alarm that is due by then, or to the end. */
    private Optional<Waiting> next(long target) {
        lock.lock();
        try {
            Waiting first = alarms.peek();
            if (first != null) {
                Duration left = Duration.between(wall, first.at);
                boolean due = left.compareTo(Duration.ofNanos(Math.max(0, target - nanos))) <= 0;
                if (due) {
                    alarms.remove();
                    moveTo(nanos + Math.max(0, left.toNanos()));
                    return Optional.of(first);
                }
            }
            moveTo(Math.max(nanos, target));
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void moveTo(long target) {
        wall = wall.plusNanos(target - nanos);
        nanos = target;
    }

    /** Two that wait for the same moment go off in the order in which they were set. */
    private record Waiting(Instant at, long order, Runnable task) implements Comparable<Waiting> {

        @Override
        public int compareTo(Waiting other) {
            int byMoment = at.compareTo(other.at);
            return byMoment != 0 ? byMoment : Long.compare(order, other.order);
        }
    }

    @Override
    public String toString() {
        return instant().toString();
    }
}
