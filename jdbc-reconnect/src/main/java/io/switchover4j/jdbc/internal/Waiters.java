package io.switchover4j.jdbc.internal;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** The units that wait at the gate, first come, first served. Guarded by the gate's lock, except for what a waiter does itself. */
final class Waiters {

    private final Set<Waiter> queue = new LinkedHashSet<>();

    Waiter add(Thread thread, Unit unit) {
        Waiter waiter = new Waiter(thread, unit);
        queue.add(waiter);
        return waiter;
    }

    /** Whoever waits for {@code unit} looks at it again, and keeps its place. */
    void lookAgain(Unit unit) {
        for (Waiter waiter : queue) {
            if (waiter.unit == unit) {
                LockSupport.unpark(waiter.thread);
            }
        }
    }

    void remove(Waiter waiter) {
        queue.remove(waiter);
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }

    int size() {
        return queue.size();
    }

    /** The same for those who are let go, not only woken to look. */
    List<Waiter> letGo(int most) {
        List<Waiter> taken = take(most);
        taken.forEach(waiter -> waiter.letGo = true);
        return taken;
    }

    /** Takes up to {@code most} waiters out; the caller wakes them outside its lock. */
    List<Waiter> take(int most) {
        List<Waiter> taken = new ArrayList<>(Math.min(most, queue.size()));
        Iterator<Waiter> waiting = queue.iterator();
        while (waiting.hasNext() && taken.size() < most) {
            taken.add(waiting.next());
            waiting.remove();
        }
        return taken;
    }

    static final class Waiter {

        private final Thread thread;
        private final Unit unit;
        private volatile boolean released;

        /** Written before it is woken, under the gate's lock. */
        private boolean letGo;

        private Waiter(Thread thread, Unit unit) {
            this.thread = thread;
            this.unit = unit;
        }

        boolean isReleased() {
            return released;
        }

        /** Whether it counts as on its way to a connection; for its own thread, once it left the queue. */
        boolean isLetGo() {
            return letGo;
        }

        void wake() {
            released = true;
            LockSupport.unpark(thread);
        }
    }
}
