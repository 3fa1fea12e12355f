package io.switchover4j.postgresql;

import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Looks for a moment at which both nodes of a pair take writes, some hundred times a second. */
final class SplitBrainWatch implements AutoCloseable {

    private final Eye one;
    private final Eye other;
    private final List<String> violations = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile boolean stopping;

    private SplitBrainWatch(PostgresPair pair) {
        this.one = new Eye(pair.nodes().get(0));
        this.other = new Eye(pair.nodes().get(1));
        this.thread = new Thread(this::watch, "split brain watch");
        thread.setDaemon(true);
    }

    static SplitBrainWatch start(PostgresPair pair) {
        SplitBrainWatch watch = new SplitBrainWatch(pair);
        watch.thread.start();
        return watch;
    }

    private void watch() {
        while (!stopping) {
            // Asked on both sides of the other's answer: writable then, too.
            if (one.seesWritable() && other.seesWritable() && one.seesWritable()) {
                violations.add("%s and %s take writes".formatted(one.node, other.node));
            }
            try {
                Thread.sleep(2);
            } catch (InterruptedException e) {
                break;
            }
        }
        one.shut();
        other.shut();
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

    /** A session that is kept for as long as its server lives: a new one for each look would be most of the load. */
    private static final class Eye {

        private final PostgresNode node;
        private @Nullable Connection connection;

        Eye(PostgresNode node) {
            this.node = node;
        }

        boolean seesWritable() {
            try {
                Connection open = connection == null ? node.connect() : connection;
                connection = open;
                try (Statement statement = open.createStatement();
                        ResultSet row = statement.executeQuery("SELECT pg_is_in_recovery()")) {
                    return row.next() && !row.getBoolean(1);
                }
            } catch (SQLException e) {
                shut();
                return false;
            }
        }

        void shut() {
            Connection open = connection;
            connection = null;
            if (open != null) {
                try {
                    open.close();
                } catch (SQLException e) {
                    // Its server is gone.
                }
            }
        }
    }
}
