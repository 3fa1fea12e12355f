package io.switchover4j.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.Endpoint;
import io.switchover4j.testkit.FaultRule.Phase;
import io.switchover4j.testkit.Outbox.Barrier;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A client's connection to a {@link FaultProxy} and the one to the server beneath it. Thread-safe. */
public final class ProxiedConnection {

    /** How many messages the log of a connection keeps: the newest ones. */
    public static final int LOGGED_MESSAGES = 500;

    private static final Logger log = LoggerFactory.getLogger(ProxiedConnection.class);
    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
    private static final int BUFFER_BYTES = 32 * 1_024;

    private static final int NOTED_CHARACTERS = 4_000;

    /** What is made readable only when somebody reads it. */
    private record Note(Instant at, Direction direction, MessageKind kind, String text, int length) {

        LoggedMessage forLog() {
            return new LoggedMessage(at, direction, kind, SqlText.forLog(text), length);
        }
    }

    private final FaultProxy proxy;
    private final long id;
    private final SocketChannel client;
    private final SocketChannel server;
    private final Outbox toServer;
    private final Outbox toClient;
    private final AtomicInteger directions = new AtomicInteger(2);
    private final AtomicBoolean clientClosed = new AtomicBoolean();
    private final CountDownLatch serverEnded = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final WireProtocol.Dialogue dialogue;

    @GuardedBy("lock")
    private final Deque<Note> messages = new ArrayDeque<>();

    // Strikes whose answer must not reach the client; seldom any, so it is read without the lock first.
    @GuardedBy("lock")
    private final List<Strike> withheld = new ArrayList<>();

    private volatile boolean anyWithheld;

    // Only the thread that reads from the client.
    private final List<Strike> unfinished = new ArrayList<>();

    /** Takes the client's connection over, also where it throws. */
    ProxiedConnection(FaultProxy proxy, long id, SocketChannel client) throws IOException {
        this.proxy = proxy;
        this.id = id;
        this.client = client;
        this.dialogue = proxy.protocol().begin();
        try {
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            this.server = SocketChannel.open();
        } catch (IOException e) {
            client.close();
            throw e;
        }
        this.toServer = new Outbox(server, proxy.pace(Direction.TO_SERVER), this::execute);
        this.toClient = new Outbox(client, proxy.pace(Direction.TO_CLIENT), this::execute);
    }

    /** Its number at the proxy, from 1 on. */
    public long id() {
        return id;
    }

    /** The id of the server process behind it, once the server has told it. */
    public OptionalInt serverPid() {
        lock.lock();
        try {
            return dialogue.serverPid();
        } finally {
            lock.unlock();
        }
    }

    /** Whether the client's side is open as far as the proxy knows. */
    public boolean isOpen() {
        return !clientClosed.get();
    }

    /** The newest messages, oldest first, both directions in the order in which they were read. */
    public List<LoggedMessage> messages() {
        lock.lock();
        try {
            return messages.stream().map(Note::forLog).toList();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends the connection: the server reads all that was sent to it, then the end; the client reads the end. What is held is
     * dropped. Idempotent.
     */
    public void cut() {
        endServerSide();
        closeClient();
    }

    /** Ends the connection by a TCP reset of both sides. Idempotent. */
    public void reset() {
        resetServerSide();
        reset(client);
        closeClient();
    }

    /** From now on nothing passes in these directions, or in both if none is named; the sockets stay open. Idempotent. */
    public void freeze(Direction... frozen) {
        freeze(this, FaultProxy.orBoth(frozen));
    }

    /** Ends {@link #freeze} in these directions, or in both if none is named. Idempotent. */
    public void thaw(Direction... thawed) {
        thaw(this, FaultProxy.orBoth(thawed));
    }

    void freeze(Object by, Direction... frozen) {
        for (Direction direction : frozen) {
            outbox(direction).freeze(by);
        }
    }

    void thaw(Object by, Direction... thawed) {
        for (Direction direction : thawed) {
            outbox(direction).thaw(by);
        }
    }

    void open(Direction direction, Barrier barrier) {
        outbox(direction).open(barrier);
    }

    private Outbox outbox(Direction direction) {
        return direction == Direction.TO_SERVER ? toServer : toClient;
    }

    void execute(Runnable task) {
        launch("go-on", task);
    }

    Thread launch(String job, Runnable task) {
        return proxy.launch(id + "-" + job, task);
    }

    void start(Endpoint to) {
        launch("up", () -> {
            try {
                server.setOption(StandardSocketOptions.TCP_NODELAY, true);
                server.socket().connect(new InetSocketAddress(to.host(), to.port()), CONNECT_TIMEOUT_MILLIS);
            } catch (IOException e) {
                // As a client sees it whose address leads to a server that is down.
                log.debug("No connection to {}: {}", to, e.getMessage());
                close();
                return;
            }
            launch("down", this::pumpDown);
            pumpUp();
        });
    }

    private void pumpUp() {
        pump(client, this::splitFromClient);
        toServer.send(() -> endOutput(server));
        ended();
    }

    private void pumpDown() {
        pump(server, this::splitFromServer);
        serverEnded.countDown();
        List<Strike> unreached;
        lock.lock();
        try {
            unreached = List.copyOf(withheld);
        } finally {
            lock.unlock();
        }
        unreached.forEach(Strike::serverEnded);
        // The last words of the server still reach the client.
        toClient.send(() -> endOutput(client));
        ended();
    }

    private void ended() {
        if (directions.decrementAndGet() == 0) {
            close();
        }
    }

    private interface Splitter {

        /** Sends the whole messages on and returns the length of the one that is not whole yet, if it is known. */
        int split(ByteBuffer bytes) throws IOException;
    }

    private void pump(SocketChannel from, Splitter splitter) {
        ByteBuffer in = ByteBuffer.allocate(BUFFER_BYTES);
        while (true) {
            try {
                if (from.read(in) < 0) {
                    return;
                }
            } catch (IOException e) {
                log.debug("Connection {} of {} ended: {}", id, proxy, e.toString());
                return;
            }
            in.flip();
            int incomplete;
            try {
                incomplete = splitter.split(in);
            } catch (IOException | IndexOutOfBoundsException e) {
                log.warn("Connection {} of {} is reset, it cannot be followed", id, proxy, e);
                reset();
                return;
            }
            in = withRoomFor(incomplete, in);
        }
    }

    private static ByteBuffer withRoomFor(int length, ByteBuffer in) {
        int wanted = Math.max(BUFFER_BYTES, length);
        if (wanted <= in.capacity() && (in.capacity() == BUFFER_BYTES || length > BUFFER_BYTES)) {
            return in.compact();
        }
        return ByteBuffer.allocate(Math.max(wanted, in.remaining())).put(in);
    }

    private int splitFromClient(ByteBuffer in) throws IOException {
        int sent = 0;
        int at = 0;
        int length;
        while (true) {
            ByteBuffer rest = in.slice(at, in.limit() - at);
            ClientMessage message;
            Optional<byte[]> refusal;
            lock.lock();
            try {
                length = dialogue.clientMessageLength(rest);
                if (length == WireProtocol.Dialogue.UNKNOWN || length > rest.limit()) {
                    break;
                }
                message = dialogue.fromClient(rest.limit(length));
                refusal = dialogue.refusal(message);
                note(Direction.TO_SERVER, message.kind(), message.sql(), length);
            } finally {
                lock.unlock();
            }
            int end = at + message.length();
            if (refusal.isPresent()) {
                toServer.send(portion(in, sent, at));
                toClient.send(ByteBuffer.wrap(refusal.get()));
                sent = end;
            } else {
                for (Strike strike : proxy.strikes(this, message)) {
                    sent = begin(strike, in, sent, at);
                }
                if (!unfinished.isEmpty()) {
                    sent = finish(message, in, sent, end);
                }
            }
            at = end;
        }
        toServer.send(portion(in, sent, at));
        in.position(at);
        return length;
    }

    private int begin(Strike strike, ByteBuffer in, int sent, int at) {
        unfinished.add(strike);
        if (strike.phase() == Phase.BEFORE_SENT) {
            toServer.send(portion(in, sent, at));
            toServer.send(strike.newBarrier());
            return at;
        }
        lock.lock();
        try {
            withheld.add(strike);
            anyWithheld = true;
        } finally {
            lock.unlock();
        }
        return sent;
    }

    private int finish(ClientMessage message, ByteBuffer in, int sent, int end) {
        int now = sent;
        for (Strike strike : List.copyOf(unfinished)) {
            if (strike.endsWith(message)) {
                unfinished.remove(strike);
                strike.read();
                if (strike.phase() == Phase.AFTER_SENT) {
                    toServer.send(portion(in, now, end));
                    toServer.send(strike::reached);
                    now = end;
                }
            }
        }
        return now;
    }

    private int splitFromServer(ByteBuffer in) throws IOException {
        int sent = 0;
        int at = 0;
        int length;
        while (true) {
            ByteBuffer rest = in.slice(at, in.limit() - at);
            ServerMessage message;
            lock.lock();
            try {
                length = dialogue.serverMessageLength(rest);
                if (length == WireProtocol.Dialogue.UNKNOWN || length > rest.limit()) {
                    break;
                }
                message = dialogue.fromServer(rest.limit(length));
                note(Direction.TO_CLIENT, message.kind(), message.text(), length);
            } finally {
                lock.unlock();
            }
            if (anyWithheld) {
                sent = withhold(message, in, sent, at);
            }
            at += message.length();
        }
        toClient.send(portion(in, sent, at));
        in.position(at);
        return length;
    }

    private int withhold(ServerMessage message, ByteBuffer in, int sent, int at) {
        List<Strike> strikes;
        lock.lock();
        try {
            strikes = List.copyOf(withheld);
            withheld.removeIf(strike -> strike.isSettledBy(message));
            anyWithheld = !withheld.isEmpty();
        } finally {
            lock.unlock();
        }
        int now = sent;
        for (Strike strike : strikes) {
            if (message.kind() == MessageKind.COPY_IN) {
                strike.letThroughCallForData();
            } else if (!strike.withholds() && strike.withholds(message)) {
                toClient.send(portion(in, now, at));
                toClient.send(strike.newBarrier());
                now = at;
            }
            if (strike.phase() == Phase.AFTER_APPLIED && strike.isSettledBy(message)) {
                strike.reached();
            }
        }
        return now;
    }

    private static ByteBuffer portion(ByteBuffer in, int from, int to) {
        return in.slice(from, to - from);
    }

    @GuardedBy("lock")
    private void note(Direction direction, MessageKind kind, String text, int length) {
        proxy.countOne(kind);
        if (kind == MessageKind.DATA_ROW || kind == MessageKind.COPY_DATA) {
            return;
        }
        if (messages.size() == LOGGED_MESSAGES) {
            messages.remove();
        }
        String start = text.length() > NOTED_CHARACTERS ? text.substring(0, NOTED_CHARACTERS) : text;
        messages.add(new Note(Instant.now(), direction, kind, start, length));
    }

    /** The server reads the end behind what was sent to it; nothing it says reaches the client any more. */
    void endServerSide() {
        toServer.discard();
        toClient.discard();
        endOutput(server);
    }

    void resetServerSide() {
        toServer.discard();
        toClient.discard();
        reset(server);
    }

    /** Waits until the server has closed its side, or the time is over. */
    void awaitServerEnded(Duration timeout) {
        if (!await(serverEnded, timeout)) {
            log.warn(
                    "Server process {} has not ended the session of connection {} within {} ms of its end",
                    serverPid().isPresent() ? serverPid().getAsInt() : "?",
                    id,
                    timeout.toMillis());
        }
    }

    /** Waits this long, or until the connection is closed. */
    void awaitClosed(Duration timeout) {
        await(closed, timeout);
    }

    private static boolean await(CountDownLatch latch, Duration timeout) {
        try {
            return latch.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private static void endOutput(SocketChannel channel) {
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            log.debug("{} is gone already", channel);
        }
    }

    private static void reset(SocketChannel channel) {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException e) {
            log.debug("{} is gone already", channel);
        }
        closeQuietly(channel);
    }

    private void closeClient() {
        clientClosed.set(true);
        closeQuietly(client);
    }

    /** Closes both sides at once. */
    void close() {
        toServer.discard();
        toClient.discard();
        closeClient();
        closeQuietly(server);
        serverEnded.countDown();
        closed.countDown();
        proxy.closed(this);
    }

    private static void closeQuietly(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            log.debug("Closing {}", channel, e);
        }
    }

    @Override
    public String toString() {
        OptionalInt pid = serverPid();
        return "connection %d of %s%s"
                .formatted(id, proxy, pid.isPresent() ? " to server process " + pid.getAsInt() : "");
    }
}
