package io.switchover4j.postgresql;

import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Looks for a moment at which both nodes of a pair take writes. */
final class SplitBrainWatch implements AutoCloseable {

    private final PostgresPair pair;
    private final List<String> violations = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile boolean stopping;

    private SplitBrainWatch(PostgresPair pair) {
        this.pair = pair;
        this.thread = new Thread(this::watch, "split brain watch");
        thread.setDaemon(true);
    }

    static SplitBrainWatch start(PostgresPair pair) {
        SplitBrainWatch watch = new SplitBrainWatch(pair);
        watch.thread.start();
        return watch;
    }

    private void watch() {
        PostgresNode one = pair.nodes().get(0);
        PostgresNode other = pair.nodes().get(1);
        while (!stopping) {
            // Asked on both sides of the other's answer: writable then, too.
            if (one.isWritable() && other.isWritable() && one.isWritable()) {
                violations.add("%s and %s take writes".formatted(one, other));
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    List<String> violations() {
        return List.copyOf(violations);
    }

    @Override
    public void close() throws InterruptedException {
        stopping = true;
        thread.interrupt();
        thread.join(5_000);
    }
}
