package io.switchover4j.testkit;

import io.switchover4j.Endpoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A client's connection and the one to a node beneath it; a thread for each direction. Thread-safe. */
final class ForwardedConnection {

    private static final Logger log = LoggerFactory.getLogger(ForwardedConnection.class);
    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
    private static final int BUFFER_BYTES = 32 * 1_024;

    private final SocketChannel client;
    private final Endpoint to;
    private final Consumer<ForwardedConnection> onClosed;
    private final SocketChannel node;
    private final AtomicInteger directions = new AtomicInteger(2);
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Takes the client's connection over, also where it throws. */
    ForwardedConnection(SocketChannel client, Endpoint to, Consumer<ForwardedConnection> onClosed) throws IOException {
        this.client = client;
        this.to = to;
        this.onClosed = onClosed;
        try {
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            this.node = SocketChannel.open();
        } catch (IOException e) {
            client.close();
            throw e;
        }
    }

    void start() {
        launch("up", () -> {
            try {
                node.setOption(StandardSocketOptions.TCP_NODELAY, true);
                node.socket().connect(new InetSocketAddress(to.host(), to.port()), CONNECT_TIMEOUT_MILLIS);
            } catch (IOException e) {
                // As a client sees it whose address leads to a node that is down.
                log.debug("No connection to {}: {}", to, e.getMessage());
                close();
                return;
            }
            launch("down", () -> forward(node, client));
            forward(client, node);
        });
    }

    private static void launch(String direction, Runnable task) {
        Thread thread = new Thread(task, "switchover4j-forward-" + direction);
        thread.setDaemon(true);
        thread.start();
    }

    private void forward(SocketChannel from, SocketChannel into) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        try {
            while (from.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    into.write(buffer);
                }
                buffer.clear();
            }
        } catch (IOException e) {
            log.debug("Forwarding to {} ended: {}", to, e.toString());
        }
        try {
            // The last words of one side still reach the other: a server's reason for closing, above all.
            into.shutdownOutput();
        } catch (IOException e) {
            log.debug("The other side of the connection to {} is gone already", to);
        }
        if (directions.decrementAndGet() == 0) {
            close();
        }
    }

    void close() {
        if (closed.compareAndSet(false, true)) {
            closeQuietly(client);
            closeQuietly(node);
            onClosed.accept(this);
        }
    }

    private static void closeQuietly(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            log.debug("Closing {}", channel, e);
        }
    }
}
