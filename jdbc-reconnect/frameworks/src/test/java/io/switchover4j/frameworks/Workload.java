package io.switchover4j.frameworks;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Threads that run one unit of work after the other through a framework, and what they were told of each. */
final class Workload implements AutoCloseable {

    /** A transaction that writes two rows with its {@code number} into the framework's table. */
    interface Unit {
        void run(long number) throws Exception;
    }

    enum Told {
        COMMITTED,
        /** SQLState 40001. */
        NOT_APPLIED,
        /** SQLState 08007. */
        UNKNOWN,
        /** Anything else, which an application cannot act on. */
        OTHER
    }

    private static final Duration PATIENCE = Duration.ofSeconds(40);

    final String name;
    private final Unit unit;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicLong committed = new AtomicLong();
    private final Map<Long, Told> told = new ConcurrentSkipListMap<>();
    private final Map<String, Throwable> examples = new ConcurrentHashMap<>();
    private volatile boolean stopped;

    Workload(String name, Unit unit) {
        this.name = name;
        this.unit = unit;
    }

    void start(int workers) {
        for (int i = 0; i < workers; i++) {
            Thread thread = new Thread(this::work, name + "-" + i);
            thread.setDaemon(true);
            threads.add(thread);
        }
        threads.forEach(Thread::start);
    }

    private void work() {
        while (!stopped) {
            long number = numbers.incrementAndGet();
            Told what;
            try {
                unit.run(number);
                what = Told.COMMITTED;
                committed.incrementAndGet();
            } catch (Exception | LinkageError e) {
                what = classify(e);
                examples.putIfAbsent(what.name(), e);
            }
            told.put(number, what);
        }
    }

    /** By the first SQLException of the chain that carries one of our states, as an application finds it. */
    static Told classify(Throwable thrown) {
        String state = stateOf(thrown);
        if ("40001".equals(state)) {
            return Told.NOT_APPLIED;
        }
        return "08007".equals(state) ? Told.UNKNOWN : Told.OTHER;
    }

    static @Nullable String stateOf(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return sql.getSQLState();
            }
        }
        return null;
    }

    void awaitCommits(long more) throws InterruptedException {
        long goal = committed.get() + more;
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (committed.get() < goal) {
            if (System.nanoTime() > until) {
                throw new AssertionError("%s: no commits any more: %s %s".formatted(name, counts(), examples));
            }
            Thread.sleep(2); // a counter
        }
    }

    void stop() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join(PATIENCE.toMillis());
            if (thread.isAlive()) {
                throw new AssertionError("%s does not end".formatted(thread.getName()));
            }
        }
    }

    Map<Long, Told> told() {
        return told;
    }

    Map<Told, Long> counts() {
        Map<Told, Long> counts = new TreeMap<>();
        told.values().forEach(what -> counts.merge(what, 1L, Long::sum));
        return counts;
    }

    /** The first failure of each kind. */
    Map<String, Throwable> examples() {
        return examples;
    }

    @Override
    public void close() {
        stopped = true;
    }
}
