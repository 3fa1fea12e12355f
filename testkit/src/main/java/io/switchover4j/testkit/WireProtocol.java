package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a {@link FaultProxy} must know of a database's protocol: where messages begin and end, what they are for, and which
 * answer belongs to which of them. Thread-safe.
 */
public interface WireProtocol {

    /** PostgreSQL's protocol, version 3. */
    static WireProtocol postgres() {
        return PostgresDialogue::new;
    }

    /** The state of a new connection. */
    Dialogue begin();

    /**
     * One connection's messages. Its methods are called one at a time, by several threads; none blocks. Buffers are big-endian,
     * are read from index 0 to the limit, and must not be kept.
     */
    interface Dialogue {

        /** What a message's length is while too few of its bytes are there to tell. */
        int UNKNOWN = 0;

        /**
         * The length in bytes of the client message that the buffer begins with, or {@link #UNKNOWN}.
         *
         * @throws IOException if no message of this protocol begins so
         */
        int clientMessageLength(ByteBuffer bytes) throws IOException;

        /**
         * The length in bytes of the server message that the buffer begins with, or {@link #UNKNOWN}.
         *
         * @throws IOException if no message of this protocol begins so
         */
        int serverMessageLength(ByteBuffer bytes) throws IOException;

        /**
         * Takes the client's next message, before it is sent to the server.
         *
         * @throws IOException if it is broken
         */
        ClientMessage fromClient(ByteBuffer message) throws IOException;

        /** What the client is answered in place of the server, which then never gets the message. */
        default Optional<byte[]> refusal(ClientMessage message) {
            return Optional.empty();
        }

        /**
         * Takes the server's next message, before it is sent to the client.
         *
         * @throws IOException if it is broken
         */
        ServerMessage fromServer(ByteBuffer message) throws IOException;

        /** The server's own number of this session, once it has told it. */
        OptionalInt serverPid();
    }
}
