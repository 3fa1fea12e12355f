package io.switchover4j.jdbc.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks all nodes of one DataSource, each on a thread of its own, and lets time pass for the gate. Thread-safe. */
final class Watch implements Watcher {

    private static final Logger log = LoggerFactory.getLogger(Watch.class);

    static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long BUSY_TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(15);

    /** Behind one endpoint only a fresh connection can reach another server; elsewhere patience costs nothing. */
    private static final long IMPATIENT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long PATIENT_NANOS = TimeUnit.SECONDS.toNanos(15);
    private static final Duration JOIN_TIMEOUT = Duration.ofSeconds(2);

    private final String name;
    private final Gate gate;
    private final List<NodeWatch> nodes;
    private final List<Thread> threads = new ArrayList<>();
    private final boolean[] suspected;
    private volatile @Nullable Thread timekeeper;
    private volatile boolean closed;

    Watch(String name, Gate gate, List<NodePool> pools, List<ProbeSource> probes, Duration interval) {
        this.name = name;
        this.gate = gate;
        List<NodeWatch> watches = new ArrayList<>();
        for (int i = 0; i < pools.size(); i++) {
            watches.add(new NodeWatch(
                    i,
                    name,
                    pools.get(i),
                    probes.get(i),
                    gate,
                    new WatchPace(interval),
                    pools.size() == 1,
                    gate.aborter()));
        }
        this.nodes = List.copyOf(watches);
        this.suspected = new boolean[pools.size()];
    }

    void start() {
        // All before the first can answer: whoever answers first is no primary before the others had their say.
        for (int i = 0; i < nodes.size(); i++) {
            gate.asked(i);
        }
        for (NodeWatch node : nodes) {
            threads.add(daemon(node, "switchover4j-%s-watch-%s".formatted(name, node.nodeName())));
        }
        threads.add(daemon(this::keepTime, "switchover4j-%s-watch".formatted(name)));
        threads.forEach(Thread::start);
    }

    private static Thread daemon(Runnable task, String threadName) {
        Thread thread = new Thread(task, threadName);
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void look(int node) {
        nodes.get(node).look();
    }

    @Override
    public void lookSoon(int node) {
        nodes.get(node).lookSoon();
    }

    @Override
    public void demoted(int node) {
        nodes.get(node).evictOnAnswer();
    }

    @Override
    public void tickSoon() {
        LockSupport.unpark(timekeeper);
    }

    private void keepTime() {
        timekeeper = Thread.currentThread();
        while (!closed) {
            try {
                gate.tick();
                tellSuspicions();
                giveUpLateQuestions();
            } catch (RuntimeException | Error e) {
                log.error("{}: the watch stumbled; it goes on", name, e);
            }
            if (!gate.hasBacklog()) {
                LockSupport.parkNanos(this, TICK_NANOS);
            }
            if (gate.hasBacklog()) {
                LockSupport.parkNanos(this, BUSY_TICK_NANOS);
            }
        }
    }

    private void tellSuspicions() {
        for (int i = 0; i < suspected.length; i++) {
            boolean now = gate.isSuspected(i);
            if (now && !suspected[i]) {
                gate.suspected(i);
            }
            suspected[i] = now;
        }
    }

    private void giveUpLateQuestions() {
        long now = gate.clock().nanoTime();
        long patience = nodes.size() == 1 ? IMPATIENT_NANOS : PATIENT_NANOS;
        nodes.forEach(node -> node.giveUpQuestion(now, patience));
    }

    /** Stops all threads; waits for them for a short time, because a driver may be deaf to interrupts. */
    void close() {
        closed = true;
        nodes.forEach(NodeWatch::close);
        long deadline = System.nanoTime() + JOIN_TIMEOUT.toNanos();
        boolean interrupted = false;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
            long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
            try {
                if (!interrupted && thread != Thread.currentThread()) {
                    thread.join(millis);
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
