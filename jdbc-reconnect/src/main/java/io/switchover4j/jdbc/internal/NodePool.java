package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Executor;

/** The application's pool for one node, or for one endpoint that moves. Thread-safe. */
interface NodePool {

    /** The node's name, for messages. */
    String name();

    /** Borrows a physical connection. May block as long as the pool itself does. */
    Connection borrow() throws SQLException;

    /** Takes a physical connection out of service: it is closed and never handed out again. Never throws, never blocks long. */
    void discard(Connection physical);

    /**
     * Ends a physical connection that another thread may be using, and takes it out of service: nobody else will. Never
     * throws, never blocks long.
     */
    void abort(Connection physical, Executor executor);

    /** Tells the pool to let go of every connection that it opened before now. Never throws, never blocks long. */
    void evictAll();

    /** How many connections it has that nobody uses; 0 where the pool does not tell. */
    default int idle() {
        return 0;
    }

    /**
     * Whether a borrow would not have to wait for another user to give a connection back; true where the pool does not tell.
     *
     * @param held how many the caller has borrowed already
     */
    default boolean mayBorrowAtOnce(int held) {
        return true;
    }

    /**
     * Aborts, as far as they are known, the connections from before the last {@link #evictAll}: a thread hangs in the pool, most
     * likely in the validation of one of them. Never throws; may block on a socket.
     */
    default void endIdle() {}

    /**
     * What is known of {@code borrowed}. Whom it reaches must be asked if it is new since the pool was told to let go: that may
     * have no call for all of it, or may still have been connecting then, and through an endpoint that moved, to the old server.
     */
    default SeenConnection seen(Connection borrowed) throws SQLException {
        return SeenConnection.TRUSTED;
    }

    /** Whether a connection that comes back loses what its user set on it, so that the next one finds none of it. */
    default boolean resets() {
        return true;
    }
}
