package io.switchover4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Endpoint;
import io.switchover4j.Topology;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.HoldRequest;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MovingEndpointTest {

    private final List<AutoCloseable> open = new ArrayList<>();
    private Endpoint first;
    private Endpoint second;
    private MovingEndpoint endpoint;

    @BeforeEach
    void start() throws IOException {
        first = server('1');
        second = server('2');
        endpoint = MovingEndpoint.to(first);
        open.add(endpoint);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable closeable : open) {
            closeable.close();
        }
    }

    @Test
    void bytesReachTheNodeAndComeBack() throws IOException {
        byte[] sent = new byte[1_000_000];
        new Random(1).nextBytes(sent);
        try (Client client = connect()) {
            assertThat(client.node()).isEqualTo('1');

            Thread writer = new Thread(() -> client.send(sent));
            writer.start();

            assertThat(client.read(sent.length)).isEqualTo(sent);
        }
    }

    @Test
    void pointingElsewhereCutsWhatWasOpenAndLeadsThere() throws IOException {
        try (Client before = connect()) {
            assertThat(before.node()).isEqualTo('1');

            endpoint.pointTo(second);

            assertThat(before.isCut()).isTrue();
            assertThat(endpoint.openConnections()).isZero();
            try (Client after = connect()) {
                assertThat(after.node()).isEqualTo('2');
            }
        }
    }

    @Test
    void lastWordsOfANodeReachTheClient() throws IOException {
        try (Client client = connect()) {
            assertThat(client.node()).isEqualTo('1');

            client.send("bye".getBytes(StandardCharsets.US_ASCII));
            client.endOutput();

            assertThat(client.read(3)).isEqualTo("bye".getBytes(StandardCharsets.US_ASCII));
            assertThat(client.isCut()).isTrue();
        }
        assertThat(Await.until(
                        "it is closed",
                        Duration.ofSeconds(5),
                        Duration.ofMillis(1),
                        () -> endpoint.openConnections() == 0))
                .isTrue();
    }

    @Test
    void nodeThatIsDownCostsTheClientItsConnectionAndNothingElse() throws IOException {
        int closedPort;
        try (ServerSocket socket = new ServerSocket(0, 1, Loopback.ADDRESS)) {
            closedPort = socket.getLocalPort();
        }
        endpoint.pointTo(new Endpoint("127.0.0.1", closedPort));

        try (Client client = connect()) {
            assertThat(client.isCut()).isTrue();
        }

        endpoint.pointTo(second);
        try (Client client = connect()) {
            assertThat(client.node()).isEqualTo('2');
        }
    }

    @Test
    void releasePointsToThePrimaryOfTheOperationThatHolds() throws Exception {
        assertThat(endpoint.hold(request("op-1")).isDrained()).isTrue();
        try (Client client = connect()) {
            assertThat(client.node()).isEqualTo('1');

            endpoint.release("another", new Topology("orders", "b", second));
            assertThat(endpoint.target()).isEqualTo(first);

            endpoint.release("op-1", new Topology("orders", "b", second));
            assertThat(endpoint.target()).isEqualTo(second);
            assertThat(client.isCut()).isTrue();
        }
    }

    @Test
    void releaseAfterARollbackCutsNothing() throws Exception {
        endpoint.hold(request("op-1"));
        try (Client client = connect()) {
            assertThat(client.node()).isEqualTo('1');

            endpoint.release("op-1", new Topology("orders", "a", first));

            assertThat(endpoint.openConnections()).isEqualTo(1);
            client.send(new byte[] {9});
            assertThat(client.read(1)).isEqualTo(new byte[] {9});
        }
    }

    @Test
    void cutEndsTheConnectionsWhileHeldOnly() throws Exception {
        try (Client client = connect()) {
            assertThat(client.node()).isEqualTo('1');

            assertThat(endpoint.cut("op-1")).isZero();
            endpoint.hold(request("op-1"));
            assertThat(endpoint.cut("op-1")).isEqualTo(1);

            assertThat(client.isCut()).isTrue();
        }
    }

    @Test
    void closedEndpointRefusesConnectionsAndLeavesNoThread() throws IOException {
        try (Client client = connect()) {
            assertThat(client.node()).isEqualTo('1');

            endpoint.close();
            endpoint.close();

            assertThat(client.isCut()).isTrue();
            assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
        }
        assertThat(Await.until(
                        "its threads have ended",
                        Duration.ofSeconds(5),
                        Duration.ofMillis(1),
                        () -> Thread.getAllStackTraces().keySet().stream()
                                .noneMatch(thread -> thread.getName().startsWith("switchover4j-forward-")
                                        || thread.getName()
                                                .equals("switchover4j-endpoint-"
                                                        + endpoint.endpoint().port()))))
                .isTrue();
    }

    private static HoldRequest request(String operationId) {
        Deadline soon = Deadline.after(Duration.ofSeconds(1));
        return new HoldRequest("orders", operationId, soon, soon);
    }

    private Client connect() throws IOException {
        return new Client(
                new Socket(endpoint.endpoint().host(), endpoint.endpoint().port()));
    }

    /** Says its name to each client, then echoes until the client has no more to say. */
    private Endpoint server(char name) throws IOException {
        ServerSocket server = new ServerSocket(0, 50, Loopback.ADDRESS);
        open.add(server);
        daemon(() -> {
            while (true) {
                Socket socket = server.accept();
                open.add(socket);
                daemon(() -> {
                    socket.getOutputStream().write(name);
                    socket.getInputStream().transferTo(socket.getOutputStream());
                    socket.close();
                });
            }
        });
        return new Endpoint("127.0.0.1", server.getLocalPort());
    }

    private interface Task {
        void run() throws IOException;
    }

    private static void daemon(Task task) {
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (IOException e) {
                // The end of the test, or the cut that is tested.
                return;
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private record Client(Socket socket) implements AutoCloseable {

        char node() throws IOException {
            return (char) socket.getInputStream().read();
        }

        void send(byte[] bytes) {
            try {
                socket.getOutputStream().write(bytes);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }

        void endOutput() throws IOException {
            socket.shutdownOutput();
        }

        byte[] read(int length) throws IOException {
            byte[] bytes = new byte[length];
            new DataInputStream(socket.getInputStream()).readFully(bytes);
            return bytes;
        }

        boolean isCut() {
            try {
                return socket.getInputStream().read() < 0;
            } catch (IOException e) {
                return true;
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
