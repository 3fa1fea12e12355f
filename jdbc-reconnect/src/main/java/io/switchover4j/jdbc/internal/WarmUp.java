package io.switchover4j.jdbc.internal;

import io.switchover4j.spi.Deadline;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.BiPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets a standby's pool ready for its promotion: opens as many connections as are in use, asks each whom it reaches where that
 * has to be known, and lets each session load what the application's statements need. The first transaction of a cold session
 * takes many times as long as a later one, and that time is part of the pause. Thread-safe.
 */
final class WarmUp {

    private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

    private final GateOptions options;
    private final UnitRegistry registry;
    private final RecentStatements recent;
    private final BiPredicate<NodePool, Connection> reaches;

    /** @param reaches whether a connection of a pool reaches the server that the watch knows there: a round trip */
    WarmUp(
            GateOptions options,
            UnitRegistry registry,
            RecentStatements recent,
            BiPredicate<NodePool, Connection> reaches) {
        this.options = options;
        this.registry = registry;
        this.recent = recent;
        this.reaches = reaches;
    }

    /** All connections at once, or a pool would give the same one again. They go back as they came. */
    void run(NodePool pool, Dialect dialect, Deadline until) throws InterruptedException {
        int wanted = Math.min(Math.max(inUse(), pool.idle()), options.maxConcurrentReleases());
        List<String> texts = recent.texts();
        Deque<Connection> borrowed = new ArrayDeque<>();
        int warm = 0;
        try {
            while (borrowed.size() < wanted && pool.mayBorrowAtOnce(borrowed.size()) && !isOver(until)) {
                borrowed.add(pool.borrow());
            }
            while (!borrowed.isEmpty() && !isOver(until)) {
                Connection connection = borrowed.element();
                SeenConnection seen = pool.seen(connection);
                if (seen.mustAsk()) {
                    if (!reaches.test(pool, connection)) {
                        pool.discard(borrowed.remove());
                        continue;
                    }
                    seen.answered();
                }
                ReplayDialect replay = dialect.replay();
                if (replay != null) {
                    seen.identify(connection, replay);
                }
                warm(connection, dialect, texts, until);
                warm++;
                borrowed.remove().close();
            }
        } catch (SQLException | RuntimeException e) {
            log.info("{}: '{}' could not be warmed up further: {}", options.name(), pool.name(), e.toString());
            if (!borrowed.isEmpty()) {
                pool.discard(borrowed.remove());
            }
        } finally {
            borrowed.forEach(connection -> giveBack(pool, connection));
        }
        log.debug(
                "{}: {} connections to '{}' are warm for {} statements",
                options.name(),
                warm,
                pool.name(),
                texts.size());
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while '%s' was warmed up".formatted(pool.name()));
        }
    }

    private int inUse() {
        int[] units = {0};
        registry.forEach(unit -> units[0]++);
        return units[0];
    }

    private static boolean isOver(Deadline until) {
        return Thread.currentThread().isInterrupted() || until.isExpired();
    }

    private void warm(Connection connection, Dialect dialect, List<String> texts, Deadline until) throws SQLException {
        for (String sql : texts) {
            if (isOver(until)) {
                break;
            }
            try {
                dialect.warmUp(connection, sql);
            } catch (SQLException e) {
                if (dialect.classify(e) == ErrorClass.CONNECTION_LOST) {
                    throw e;
                }
                // A table that is gone: nobody needs it again, and each refusal is a line in the server's log.
                recent.forget(sql);
            }
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
        }
    }

    private static void giveBack(NodePool pool, Connection connection) {
        try {
            connection.close();
        } catch (SQLException | RuntimeException e) {
            pool.discard(connection);
        }
    }
}
