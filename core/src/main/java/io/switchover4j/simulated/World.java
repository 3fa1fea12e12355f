package io.switchover4j.simulated;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.TimeSource;
import io.switchover4j.UnknownInstanceException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

/** The nodes, which outlive every process of a coordinator, and what has happened to them. Thread-safe. */
final class World {

    private static final int KEPT_EVENTS = 100_000;

    private final TimeSource time;
    private final AtomicInteger processes = new AtomicInteger();
    private final List<Consumer<SimulatedEvent>> observers = new CopyOnWriteArrayList<>();

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<String, InstanceState> instances = new LinkedHashMap<>();

    @GuardedBy("lock")
    private final List<SimulatedEvent> trace = new ArrayList<>();

    World(TimeSource time, List<InstanceState> all) {
        this.time = time;
        all.forEach(instance -> instances.put(instance.id, instance));
    }

    TimeSource time() {
        return time;
    }

    String nextProcess() {
        return "process " + processes.incrementAndGet();
    }

    List<String> ids() {
        lock.lock();
        try {
            return List.copyOf(instances.keySet());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Looks at an instance or changes it, once everything that takes time has happened to it.
     *
     * @throws UnknownInstanceException if there is none
     */
    <T> T with(String instanceId, Function<InstanceState, T> what) {
        List<NodeState> promoted;
        T result;
        lock.lock();
        try {
            InstanceState instance = instances.get(instanceId);
            if (instance == null) {
                throw new UnknownInstanceException(instanceId, instances.keySet());
            }
            promoted = instance.settle(time.nanoTime());
            result = what.apply(instance);
        } finally {
            lock.unlock();
        }
        promoted.forEach(
                node -> happened(instanceId + '/' + node.id, "is primary now", "timeline " + node.history.timeline()));
        return result;
    }

    /** A process has ended: its sessions end on every node that notices. */
    void ended(String process) {
        lock.lock();
        try {
            for (InstanceState instance : instances.values()) {
                for (NodeState node : instance.nodes) {
                    Lease lease = node.lease;
                    if (lease != null && lease.process().equals(process)) {
                        release(node, lease);
                    }
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** A node that is frozen cannot notice that its client has gone. */
    static void release(NodeState node, Lease lease) {
        if (node.lease != lease) {
            return;
        }
        if (node.frozen) {
            node.leaseOrphaned = true;
        } else {
            node.lease = null;
        }
    }

    void happened(String who, String what, String outcome) {
        SimulatedEvent event = new SimulatedEvent(time.instant(), who, what, outcome);
        lock.lock();
        try {
            if (trace.size() < KEPT_EVENTS) {
                trace.add(event);
            }
        } finally {
            lock.unlock();
        }
        observers.forEach(observer -> observer.accept(event));
    }

    List<SimulatedEvent> trace() {
        lock.lock();
        try {
            return List.copyOf(trace);
        } finally {
            lock.unlock();
        }
    }

    void observe(Consumer<SimulatedEvent> observer) {
        observers.add(observer);
    }
}
