package io.switchover4j.testkit;

import static io.switchover4j.testkit.MessageMatcher.COMMIT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Endpoint;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With a server that says that it is ready to whatever it is told: what does not depend on a database. */
@Timeout(30)
class FaultProxyTest {

    private static final byte[] STARTUP = {0, 0, 0, 8, 0, 3, 0, 0};
    private static final byte[] READY = {'Z', 0, 0, 0, 5, 'I'};
    private static final Duration SOON = Duration.ofSeconds(5);

    private final List<Socket> accepted = new CopyOnWriteArrayList<>();
    private ServerSocket server;
    private FaultProxy proxy;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 200, Loopback.ADDRESS);
        Thread acceptor = new Thread(() -> {
            try {
                while (true) {
                    Socket socket = server.accept();
                    accepted.add(socket);
                    Thread answers = new Thread(() -> answer(socket));
                    answers.setDaemon(true);
                    answers.start();
                }
            } catch (IOException e) {
                // The end of the test.
                return;
            }
        });
        acceptor.setDaemon(true);
        acceptor.start();
        proxy = FaultProxy.to(new Endpoint("127.0.0.1", server.getLocalPort()), WireProtocol.postgres());
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        server.close();
    }

    private static void answer(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            in.readNBytes(STARTUP.length);
            while (true) {
                socket.getOutputStream().write(READY);
                in.readByte();
                in.readNBytes(in.readInt() - 4);
            }
        } catch (IOException e) {
            // The end of the connection, which some of the tests are about.
            return;
        }
    }

    @Test
    void cutIsTheEndAndAResetIsAReset() throws IOException {
        try (Socket cut = connect();
                Socket reset = connect()) {
            proxy.connections().get(0).cut();
            proxy.connections().get(0).reset();

            assertThat(cut.getInputStream().read()).isEqualTo(-1);
            assertThatThrownBy(() -> reset.getInputStream().read())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("reset");
            assertThat(proxy.connections()).isEmpty();
        }
    }

    @RepeatedTest(50)
    void whoSeesTheCutSeesTheHit() throws IOException {
        Fault cut = proxy.on(COMMIT).beforeSent().cut();
        try (Socket client = connect()) {
            send(client, 'Q', "COMMIT");
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            assertThat(cut.hits()).hasSize(1);
        }
    }

    @Test
    void awaitSaysWhatCameInsteadAndWhatWasLookedFor() throws IOException {
        Fault cut = proxy.on(COMMIT).nth(2).afterApplied().cut();
        try (Socket client = connect()) {
            query(client, "COMMIT");
            assertThatThrownBy(() -> cut.awaitReached(Duration.ofMillis(20)))
                    .isInstanceOf(FaultProxyException.class)
                    .hasMessageStartingWith(
                            "Waited 20 ms for CUT of no. 2 COMMIT after it was applied to happen 1 times;"
                                    + " it happened 0 times. fault proxy 127.0.0.1:")
                    .hasMessageEndingWith(
                            "has seen 1 connections, 1 of them open now, and STARTUP 1, QUERY 1, READY 2");
        }
    }

    @Test
    void interruptEndsAWaitAndIsKept() {
        Fault cut = proxy.on(COMMIT).afterApplied().cut();
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> cut.awaitReached(SOON))
                .isInstanceOf(FaultProxyException.class)
                .hasMessage("Interrupted while waiting for CUT of no. 1 COMMIT after it was applied");
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aPointSaysWhereItIs() {
        FaultTrigger trigger = proxy.on(MessageMatcher.COMMIT);

        assertThat(trigger.nth(2)).hasToString("no. 2 COMMIT");
        assertThat(trigger.always().beforeSent()).hasToString("each COMMIT before it is sent");
        assertThat(trigger.afterApplied().meanwhile(hit -> {})).hasToString("no. 1 COMMIT after it was applied");
    }

    @Test
    void disarmedFaultLetsAllPass() throws IOException {
        Fault cut = proxy.on(COMMIT).beforeSent().cut();
        cut.disarm();
        Hold hold = proxy.on(COMMIT).beforeSent().hold();
        hold.release();
        proxy.on(COMMIT).always().beforeSent().cut();
        proxy.heal();

        try (Socket client = connect()) {
            query(client, "COMMIT");
        }
        assertThat(cut.hits()).isEmpty();
        assertThat(hold.hits()).isEmpty();
    }

    @Test
    void discardedHoldCutsWithoutSending() throws IOException {
        Hold hold = proxy.on(COMMIT).beforeSent().hold();
        try (Socket client = connect()) {
            send(client, 'Q', "COMMIT");
            hold.awaitReached(SOON);

            hold.discard();

            assertThat(client.getInputStream().read()).isEqualTo(-1);
            assertThat(proxy.count(MessageKind.READY)).isEqualTo(1);
        }
    }

    @Test
    void whatTheActionThrowsFailsTheWaitAndTheFaultHappensAllTheSame() throws IOException {
        Fault cut = proxy.on(COMMIT)
                .beforeSent()
                .meanwhile(hit -> {
                    throw new IllegalStateException("no thief");
                })
                .cut();
        try (Socket client = connect()) {
            send(client, 'Q', "COMMIT");

            assertThat(client.getInputStream().read()).isEqualTo(-1);
            assertThatThrownBy(() -> cut.awaitReached(SOON))
                    .hasMessage("The action of CUT of no. 1 COMMIT before it is sent failed: "
                            + "java.lang.IllegalStateException: no thief")
                    .hasCauseInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void actionThatDoesNotEndIsInterrupted() throws IOException {
        Fault proceed = proxy.on(COMMIT)
                .afterSent()
                .meanwhile(hit -> Thread.sleep(60_000), Duration.ofMillis(50))
                .proceed();
        try (Socket client = connect()) {
            query(client, "COMMIT");

            assertThatThrownBy(() -> proceed.awaitReached(SOON)).hasMessageContaining("it did not end within 50 ms");
        }
    }

    @Test
    void predicateThatFailsIsReportedAndDisturbsNoConnection() throws IOException {
        Fault cut = proxy.on(MessageMatcher.sql(sql -> sql.charAt(99) == 'x'))
                .beforeSent()
                .cut();
        try (Socket client = connect()) {
            query(client, "SELECT 1");
            query(client, "SELECT 2");
        }
        assertThatThrownBy(() -> cut.awaitReached(SOON)).hasMessageContaining("StringIndexOutOfBounds");
    }

    @Test
    void otherProtocolIsReset() throws IOException {
        try (Socket client =
                new Socket(proxy.endpoint().host(), proxy.endpoint().port())) {
            client.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(IOException.class);
        }
    }

    @Test
    void serverThatIsDownCostsTheClientItsConnection() throws IOException {
        server.close();

        try (Socket client =
                new Socket(proxy.endpoint().host(), proxy.endpoint().port())) {
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(eventually(() -> proxy.connections().isEmpty())).isTrue();
    }

    @Test
    void slownessIsThatOfTheDirectionAndEnds() throws IOException {
        try (Socket client = connect()) {
            proxy.delay(Direction.TO_CLIENT, Duration.ofMillis(60));
            assertThat(millisOf(client, "SELECT 1")).isGreaterThanOrEqualTo(60);
            proxy.delay(Direction.TO_CLIENT, Duration.ZERO);
            proxy.throttle(Direction.TO_SERVER, 10_000);
            assertThat(millisOf(client, "x".repeat(1_000))).isGreaterThanOrEqualTo(95);
            proxy.heal();
            query(client, "x".repeat(100_000));
        }
        assertThatThrownBy(() -> proxy.throttle(Direction.TO_CLIENT, 0))
                .hasMessage("bytesPerSecond must be 1 or more, but is 0");
        assertThatThrownBy(() -> proxy.delay(Direction.TO_CLIENT, Duration.ofMillis(-1)))
                .hasMessage("delay must not be negative, but is PT-0.001S");
        assertThatThrownBy(() -> proxy.on(COMMIT).nth(0)).hasMessage("nth must be 1 or more, but is 0");
        assertThatThrownBy(() -> proxy.on(COMMIT).afterRows(-1)).hasMessage("rows must be 0 or more, but is -1");
        assertThatThrownBy(() -> proxy.connection(1)).hasMessageContaining("has no connection to server process 1");
    }

    @Test
    void twoHoldsOnOneConnectionStopInTheirOrder() throws IOException {
        Hold first = proxy.on(MessageMatcher.message(MessageKind.QUERY))
                .nth(1)
                .beforeSent()
                .hold();
        Hold second = proxy.on(MessageMatcher.message(MessageKind.QUERY))
                .nth(2)
                .beforeSent()
                .hold();
        try (Socket client = connect()) {
            send(client, 'Q', "SELECT 1");
            send(client, 'Q', "SELECT 2");
            first.awaitReached(SOON);
            assertThat(second.hits()).isEmpty();

            first.release();
            awaitReady(client);
            second.awaitReached(SOON);
            assertThat(proxy.count(MessageKind.READY)).isEqualTo(2);
            second.release();
            awaitReady(client);
        }
    }

    @Test
    void hundredsOfConnectionsLeaveNothingAndCloseEndsAllThreads() throws IOException {
        for (int i = 0; i < 500; i++) {
            try (Socket client = connect()) {
                query(client, "SELECT 1");
            }
        }
        assertThat(eventually(() -> proxy.connections().isEmpty() && threads() == 1))
                .isTrue();
        assertThat(proxy.opened()).isEqualTo(500);
        assertThat(proxy.closedConnections()).hasSize(100);
        assertThat(accepted).hasSize(500);

        Hold hold = proxy.on(COMMIT).beforeSent().hold();
        try (Socket client = connect();
                Socket frozen = connect()) {
            send(client, 'Q', "COMMIT");
            hold.awaitReached(SOON);
            proxy.freeze();
            send(frozen, 'Q', "SELECT 1");

            proxy.close();
            proxy.close();

            assertThat(client.getInputStream().read()).isEqualTo(-1);
            assertThat(threads()).isZero();
            assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
        }
    }

    private long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName()
                        .startsWith("switchover4j-fault-" + proxy.endpoint().port() + "-"))
                .count();
    }

    private static boolean eventually(BooleanSupplier condition) {
        return Await.until("it is so", SOON, Duration.ofMillis(1), condition);
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(proxy.endpoint().host(), proxy.endpoint().port());
        socket.setSoTimeout(10_000);
        socket.getOutputStream().write(STARTUP);
        awaitReady(socket);
        return socket;
    }

    private static long millisOf(Socket client, String sql) throws IOException {
        long began = System.nanoTime();
        query(client, sql);
        return (System.nanoTime() - began) / 1_000_000;
    }

    private static void query(Socket client, String sql) throws IOException {
        send(client, 'Q', sql);
        awaitReady(client);
    }

    private static void send(Socket client, char type, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        client.getOutputStream()
                .write(ByteBuffer.allocate(6 + bytes.length)
                        .put((byte) type)
                        .putInt(5 + bytes.length)
                        .put(bytes)
                        .array());
    }

    private static void awaitReady(Socket client) throws IOException {
        byte[] answer = new byte[READY.length];
        new DataInputStream(client.getInputStream()).readFully(answer);
        assertThat(answer).isEqualTo(READY);
    }
}
