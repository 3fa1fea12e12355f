package io.switchover4j.testkit;

import io.switchover4j.Endpoint;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A forwarder that breaks what passes into pieces of random length, many of a single byte. */
final class RandomSegments implements AutoCloseable {

    private final ServerSocket listener;
    private final Endpoint target;
    private final Random random;
    private final Set<Closeable> open = ConcurrentHashMap.newKeySet();

    RandomSegments(Endpoint target, long seed) throws IOException {
        this.listener = new ServerSocket(0, 50, Loopback.ADDRESS);
        this.target = target;
        this.random = new Random(seed);
        open.add(listener);
        launch(() -> {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(target.host(), target.port());
                open.add(client);
                open.add(server);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                launch(() -> forward(client, server));
                launch(() -> forward(server, client));
            }
        });
    }

    Endpoint endpoint() {
        return new Endpoint("127.0.0.1", listener.getLocalPort());
    }

    private void forward(Socket from, Socket to) throws IOException {
        byte[] bytes = new byte[20_000];
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        int length;
        while ((length = in.read(bytes, 0, pieceLength(bytes.length))) >= 0) {
            int at = 0;
            while (at < length) {
                int piece = Math.min(length - at, pieceLength(9_000));
                out.write(bytes, at, piece);
                at += piece;
            }
        }
        to.shutdownOutput();
    }

    private synchronized int pieceLength(int max) {
        return random.nextInt(4) == 0 ? 1 + random.nextInt(7) : 1 + random.nextInt(max);
    }

    private interface Task {
        void run() throws IOException;
    }

    private static void launch(Task task) {
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (IOException e) {
                // The end of a connection, or of the test.
                return;
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        for (Closeable each : open) {
            each.close();
        }
    }

    @Override
    public String toString() {
        return "random segments to " + target;
    }
}
