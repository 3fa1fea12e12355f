package io.switchover4j.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.TimeSource;
import io.switchover4j.TimeSource.Alarm;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The switchovers that wait for their time, at most one per instance, and the one alarm that is set for all of them.
 * Thread-safe; nothing of others is called under its lock.
 */
final class Schedule {

    private final TimeSource time;
    private final int atOnce;
    private final Consumer<Waiting> onDue;

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<String, Waiting> byInstance = new HashMap<>();

    @GuardedBy("lock")
    private final TreeSet<Waiting> queue = new TreeSet<>(Comparator.comparing(Waiting::startsAt)
            .thenComparing(waiting -> waiting.operation().operationId())
            .thenComparing(Waiting::instanceId));

    @GuardedBy("lock")
    private int busy;

    @GuardedBy("lock")
    private @Nullable Instant alarmAt;

    @GuardedBy("lock")
    private @Nullable Alarm alarm;

    @GuardedBy("lock")
    private boolean ringing;

    @GuardedBy("lock")
    private boolean askedAgain;

    @GuardedBy("lock")
    private boolean closed;

    /**
     * @param atOnce how many may be under way at once; the others wait until one ends
     * @param onDue is told of each one whose time has come, which no longer waits then; must not block, and must see to it
     *     that {@link #ended} is called once for each
     */
    Schedule(TimeSource time, int atOnce, Consumer<Waiting> onDue) {
        this.time = time;
        this.atOnce = atOnce;
        this.onDue = onDue;
    }

    /** The one of an instance: it waits, or has just begun. */
    Optional<Waiting> of(String instanceId) {
        lock.lock();
        try {
            return Optional.ofNullable(byInstance.get(instanceId));
        } finally {
            lock.unlock();
        }
    }

    List<Waiting> all() {
        lock.lock();
        try {
            return List.copyOf(byInstance.values());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Makes it the one of its instance, which does not wait yet, in the place of another one, which waits no longer.
     *
     * @return false, with nothing changed, if the other one does not wait any more, or a third is there
     */
    boolean occupy(Waiting next, Optional<Waiting> before) {
        lock.lock();
        try {
            Waiting present = byInstance.get(next.instanceId());
            boolean expected = before.isEmpty() ? present == null : present == before.get() && queue.contains(present);
            if (!expected) {
                return false;
            }
            before.ifPresent(queue::remove);
            byInstance.put(next.instanceId(), next);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Lets it wait; it must be the one of its instance, maybe with another time. */
    void enqueue(Waiting waiting) {
        lock.lock();
        try {
            put(waiting);
        } finally {
            lock.unlock();
        }
        ring();
    }

    /** As {@link #enqueue} for many, each the only one of its instance. */
    void enqueueAll(List<Waiting> many) {
        lock.lock();
        try {
            many.forEach(this::put);
        } finally {
            lock.unlock();
        }
        ring();
    }

    @GuardedBy("lock")
    private void put(Waiting waiting) {
        byInstance.put(waiting.instanceId(), waiting);
        queue.add(waiting);
        waiting.operation().startsAt(waiting.startsAt());
    }

    /**
     * Takes the one of an operation out of the queue: of all who try, one succeeds.
     *
     * @return it; empty if it does not wait any more
     */
    Optional<Waiting> take(Operation operation) {
        lock.lock();
        try {
            Waiting present = byInstance.get(operation.request().instanceId());
            if (present == null || present.operation() != operation || !queue.remove(present)) {
                return Optional.empty();
            }
            return Optional.of(present);
        } finally {
            lock.unlock();
        }
    }

    /** Frees the instance, if the operation is the one it has. */
    void release(Operation operation) {
        lock.lock();
        try {
            Waiting present = byInstance.get(operation.request().instanceId());
            if (present != null && present.operation() == operation) {
                byInstance.remove(present.instanceId());
                queue.remove(present);
            }
        } finally {
            lock.unlock();
        }
    }

    /** One whose time had come has ended, or waits again. */
    void ended() {
        lock.lock();
        try {
            busy--;
        } finally {
            lock.unlock();
        }
        ring();
    }

    /** Nobody's time comes any more. */
    void close() {
        Alarm set;
        lock.lock();
        try {
            closed = true;
            set = alarm;
            alarm = null;
        } finally {
            lock.unlock();
        }
        if (set != null) {
            set.cancel();
        }
    }

    /**
     * Looks at the clock: never is anything due because an alarm went off, only because its moment has come. One thread at a
     * time does it, for all who ask meanwhile.
     */
    private void ring() {
        lock.lock();
        try {
            if (ringing) {
                askedAgain = true;
                return;
            }
            ringing = true;
        } finally {
            lock.unlock();
        }
        List<Waiting> due = due();
        while (!due.isEmpty() || isAskedAgain()) {
            due.forEach(onDue);
            due = due();
        }
        setAlarm();
    }

    private List<Waiting> due() {
        Instant now = time.instant();
        List<Waiting> due = new ArrayList<>();
        lock.lock();
        try {
            while (!closed
                    && busy < atOnce
                    && !queue.isEmpty()
                    && !queue.first().startsAt().isAfter(now)) {
                due.add(queue.pollFirst());
                busy++;
            }
            return due;
        } finally {
            lock.unlock();
        }
    }

    private boolean isAskedAgain() {
        lock.lock();
        try {
            ringing = askedAgain;
            askedAgain = false;
            return ringing;
        } finally {
            lock.unlock();
        }
    }

    private void alarmed() {
        lock.lock();
        try {
            alarmAt = null;
            alarm = null;
        } finally {
            lock.unlock();
        }
        ring();
    }

    /** Sets the alarm for the first of the queue. One too many does no harm: it only looks at the clock. */
    private void setAlarm() {
        Instant wanted;
        Alarm obsolete;
        lock.lock();
        try {
            if (closed
                    || queue.isEmpty()
                    || busy >= atOnce
                    || queue.first().startsAt().equals(alarmAt)) {
                return;
            }
            wanted = queue.first().startsAt();
            obsolete = alarm;
            alarmAt = wanted;
            alarm = null;
        } finally {
            lock.unlock();
        }
        if (obsolete != null) {
            obsolete.cancel();
        }
        Alarm set = time.setAlarm(wanted, this::alarmed);
        lock.lock();
        try {
            if (!closed && wanted.equals(alarmAt) && alarm == null) {
                alarm = set;
                return;
            }
        } finally {
            lock.unlock();
        }
        set.cancel();
    }
}
