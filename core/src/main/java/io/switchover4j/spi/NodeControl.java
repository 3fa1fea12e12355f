package io.switchover4j.spi;

import java.io.IOException;
import java.util.Set;

/**
 * Stops and starts the server process of one node, and reads and writes the small files that decide how it starts. An
 * implementation may act on this machine, over SSH or through an agent. Thread-safe.
 *
 * <p>Every method blocks for as long as its own work takes, not for the server to react, unless it says otherwise.
 */
public interface NodeControl {

    /** The node, for messages. */
    String nodeId();

    /**
     * Asks the server to stop, and returns once the request was delivered, not once it was heeded. Without effect if no
     * server runs.
     *
     * @throws BackendException if the request could not be delivered
     */
    void requestStop(StopMode mode);

    /**
     * Gets everything ready so that the request to stop can be delivered without delay: writes already wait when it is
     * sent. Changes nothing. The default prepares nothing.
     *
     * @throws BackendException if the request could not be delivered either
     */
    default PreparedStop prepareStop(StopMode mode) {
        return () -> requestStop(mode);
    }

    /** Whether the server process exists. */
    boolean isRunning();

    /**
     * Starts the server process, and returns once it exists, not once it accepts connections. Without effect if it runs.
     *
     * @throws BackendException if it could not be started; the message quotes the end of the server's log where known
     */
    void start();

    /**
     * Reads a file below the server's data directory.
     *
     * @param name relative, with {@code /}
     * @throws java.nio.file.NoSuchFileException if there is none
     */
    byte[] read(String name) throws IOException;

    /** Writes a file below the server's data directory whole and durably, or leaves it as it was. */
    void write(String name, byte[] content) throws IOException;

    /** Removes a file below the server's data directory durably. Without effect if there is none. */
    void delete(String name) throws IOException;

    /**
     * In which ways this control can make the data of a node a copy of another's: what a failover leaves behind may need it.
     * None by default.
     */
    default Set<Repair> repairs() {
        return Set.of();
    }

    /**
     * Makes the data of this node a copy of another server's, so that it can be started as its standby. No server of this
     * node runs before or after. The node's own configuration stays; {@code standby.signal} and the settings by which it
     * streams are written by the caller afterwards. Blocks until it is done; an interrupt or the deadline ends it.
     *
     * @throws BackendException if it failed; the data may be of no use then, and must not be started as a primary
     * @throws UnsupportedOperationException if {@link #repairs} does not name this way
     */
    default void repair(Repair how, CopySource from, Deadline deadline) {
        throw new UnsupportedOperationException("The control of node '%s' cannot %s".formatted(nodeId(), how));
    }

    /** How data that went their own way become a copy of another server's. */
    enum Repair {
        /** Only what differs is copied; what this node alone had is gone. */
        REWIND,
        /** Everything is copied; what this node alone had is gone. */
        RESEED
    }

    /** A request to stop that is ready to be sent. */
    @FunctionalInterface
    interface PreparedStop extends AutoCloseable {

        /**
         * Sends it, as {@link NodeControl#requestStop} does. At most once.
         *
         * @throws BackendException if the request could not be delivered
         */
        void send();

        /** Frees what was prepared; sends nothing. Idempotent. */
        @Override
        default void close() {}
    }

    /** How a server is asked to stop. */
    enum StopMode {
        /** Ends sessions, writes everything out, lets standbys receive it. */
        FAST,
        /** Ends at once; the next start recovers as from a crash. */
        IMMEDIATE
    }
}
