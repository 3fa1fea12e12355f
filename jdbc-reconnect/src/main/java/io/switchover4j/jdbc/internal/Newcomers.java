package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is asked of a physical connection, and done on it, before the first unit comes to it. Thread-safe; asks the server. */
final class Newcomers {

    private static final Logger log = LoggerFactory.getLogger(Newcomers.class);

    private static final int ROLE_QUESTION_MILLIS = 2_000;

    private final String name;
    private final List<NodePool> pools;
    private final GateState state;
    private final DrawnKeys drawnKeys;
    private final Supplier<Dialect> dialect;

    /** @param name of the DataSource, for the log */
    Newcomers(String name, List<NodePool> pools, GateState state, DrawnKeys drawnKeys, Supplier<Dialect> dialect) {
        this.name = name;
        this.pools = pools;
        this.state = state;
        this.drawnKeys = drawnKeys;
        this.dialect = dialect;
    }

    /** Whether it reaches the server process that the watch knows at the node, and that one takes writes if it must. */
    boolean reach(NodePool node, Connection borrowed, boolean mustBeWritable) {
        int index = pools.indexOf(node);
        RoleAnswer known = index < 0 ? null : state.view.node(index).answer();
        if (known == null) {
            return true;
        }
        try {
            int timeout = borrowed.getNetworkTimeout();
            borrowed.setNetworkTimeout(Runnable::run, ROLE_QUESTION_MILLIS);
            RoleAnswer answer = dialect.get().askRole(borrowed);
            if (!borrowed.getAutoCommit()) {
                borrowed.rollback();
            }
            borrowed.setNetworkTimeout(Runnable::run, timeout);
            return (answer.writable() || !mustBeWritable) && answer.server().equals(known.server());
        } catch (SQLException e) {
            log.debug("{}: a connection that '{}' gave is of no use", name, node.name(), e);
            return false;
        }
    }

    /** The first of an epoch draws the numbers again that are not to be anybody else's. */
    void attached(Connection borrowed, String node, long epoch) throws SQLException {
        if (!drawnKeys.isReserved(epoch)) {
            drawnKeys.reserve(epoch, numbers -> reserve(borrowed, node, epoch, numbers));
        }
    }

    private void reserve(Connection borrowed, String node, long epoch, Set<DrawnNumber> numbers) throws SQLException {
        ReplayDialect replay = dialect.get().replay();
        if (replay == null) {
            return;
        }
        // A draw is not undone, but its commit would wait for a synchronous standby, which a new primary may not have
        // for long.
        boolean autoCommit = borrowed.getAutoCommit();
        if (autoCommit) {
            borrowed.setAutoCommit(false);
        }
        try {
            replay.reserve(new DrawingAgain(borrowed, node, primaryServer(), epoch, drawnKeys), numbers);
        } catch (SQLException e) {
            if (dialect.get().classify(e) != ErrorClass.APPLICATION) {
                throw e;
            }
            log.debug("{}: numbers that were drawn could not be drawn again", name, e);
        }
        borrowed.rollback();
        if (autoCommit) {
            borrowed.setAutoCommit(true);
        }
    }

    /** The server process that is the accepted primary; empty if there is none. */
    String primaryServer() {
        RoleAnswer accepted = state.view.accepted();
        return accepted == null ? "" : accepted.server();
    }
}
