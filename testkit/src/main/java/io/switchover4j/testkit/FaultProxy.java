package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.Endpoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TCP proxy in front of one server that follows the protocol and injects faults at exact places of it: between a message
 * and its sending, between its sending and its answer, between the answer's arrival and the client. Thread-safe.
 *
 * <pre>{@code
 * try (FaultProxy proxy = FaultProxy.inFrontOf(pair.primary())) {
 *   DataSource orders = pair.dataSource(proxy.endpoint(), pair.application());
 *   Fault cut = proxy.on(COMMIT).nth(1).afterApplied().cut();
 *   ... the application commits, and sees its connection end ...
 *   cut.awaitReached(Duration.ofSeconds(5));
 *
 *   Hold late = proxy.on(query("insert")).beforeSent().hold();
 *   ... the application inserts, waits, and gives up ...
 *   late.awaitReached(Duration.ofSeconds(5));
 *   late.release();    // only now the server gets it
 * }
 * }</pre>
 *
 * <p>It listens on a free port of 127.0.0.1 and never changes it. A server that is down costs a client its connection and
 * nothing else. TLS and GSSAPI encryption are refused as a server does that offers neither: a client that insists on them
 * cannot come through. A single message is kept in memory until it is whole, and up to 64 MiB of what is held or frozen per
 * direction of a connection; then the proxy stops reading. What does not follow the protocol is reset, with a warning.
 *
 * <p>The threads are daemons; {@link #close()} leaves none of them behind, nor a connection.
 */
public final class FaultProxy implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(FaultProxy.class);
    private static final Duration AFTER_ACCEPT_ERROR = Duration.ofMillis(100);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);
    private static final int CLOSED_CONNECTIONS_KEPT = 100;

    private final ServerSocketChannel listener;
    private final Endpoint address;
    private final Endpoint target;
    private final WireProtocol protocol;
    private final Map<Direction, Pace> paces = Map.of(Direction.TO_SERVER, new Pace(), Direction.TO_CLIENT, new Pace());
    private final Map<MessageKind, LongAdder> counts = new EnumMap<>(MessageKind.class);
    private final List<FaultRule> rules = new CopyOnWriteArrayList<>();
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    private final Map<Long, ProxiedConnection> connections = new ConcurrentHashMap<>();
    private final AtomicLong opened = new AtomicLong();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Set<Direction> frozen = EnumSet.noneOf(Direction.class);

    @GuardedBy("lock")
    private final Deque<ProxiedConnection> closedConnections = new ArrayDeque<>();

    @GuardedBy("lock")
    private final List<Hold> holds = new ArrayList<>();

    private FaultProxy(ServerSocketChannel listener, Endpoint target, WireProtocol protocol) throws IOException {
        this.listener = listener;
        this.address = new Endpoint(Loopback.HOST, ((InetSocketAddress) listener.getLocalAddress()).getPort());
        this.target = target;
        this.protocol = protocol;
        for (MessageKind kind : MessageKind.values()) {
            counts.put(kind, new LongAdder());
        }
    }

    /**
     * Opens a proxy in front of a node of a pair.
     *
     * @throws IOException if it cannot listen
     */
    public static FaultProxy inFrontOf(PostgresNode node) throws IOException {
        return to(node.endpoint(), WireProtocol.postgres());
    }

    /**
     * Opens a proxy in front of any server.
     *
     * @throws IOException if it cannot listen
     */
    public static FaultProxy to(Endpoint server, WireProtocol protocol) throws IOException {
        requireNonNull(server, "server");
        requireNonNull(protocol, "protocol");
        ServerSocketChannel listener = ServerSocketChannel.open();
        try {
            listener.bind(new InetSocketAddress(Loopback.ADDRESS, 0), 200);
            FaultProxy proxy = new FaultProxy(listener, server, protocol);
            proxy.launch("accept", proxy::acceptUntilClosed);
            return proxy;
        } catch (IOException e) {
            listener.close();
            throw e;
        }
    }

    /** The address that clients use. */
    public Endpoint endpoint() {
        return address;
    }

    /** Begins a fault at messages that match; it is armed once it is said what shall happen. */
    public FaultTrigger on(MessageMatcher matcher) {
        return new FaultTrigger(this, requireNonNull(matcher, "matcher"), connection -> true, 1);
    }

    /** The connections whose client has not gone, oldest first. */
    public List<ProxiedConnection> connections() {
        return connections.values().stream()
                .filter(ProxiedConnection::isOpen)
                .sorted(Comparator.comparing(ProxiedConnection::id))
                .toList();
    }

    /** The last 100 connections that were closed, oldest first: what was said on them. */
    public List<ProxiedConnection> closedConnections() {
        lock.lock();
        try {
            return List.copyOf(closedConnections);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The open connection to the server process of this id.
     *
     * @throws IllegalArgumentException if there is none
     */
    public ProxiedConnection connection(int serverPid) {
        return connections().stream()
                .filter(connection -> connection.serverPid().equals(OptionalInt.of(serverPid)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("%s has no connection to server process %d, only %s"
                        .formatted(this, serverPid, connections())));
    }

    /** How many connections there have been. */
    public long opened() {
        return opened.get();
    }

    /** How many messages of this kind have been read, from clients and from the server. */
    public long count(MessageKind... kinds) {
        long sum = 0;
        for (MessageKind kind : kinds) {
            sum += counter(kind).sum();
        }
        return sum;
    }

    /**
     * From now on nothing passes in these directions, or in both if none is named: what comes is taken and kept, the sockets
     * stay open, and new connections are accepted, as by a stalled machine. Idempotent.
     */
    public void freeze(Direction... directions) {
        Direction[] stopped = orBoth(directions);
        lock.lock();
        try {
            frozen.addAll(List.of(stopped));
        } finally {
            lock.unlock();
        }
        connections.values().forEach(connection -> connection.freeze(this, stopped));
    }

    /** Ends {@link #freeze} in these directions, or in both if none is named: what was kept goes on. Idempotent. */
    public void thaw(Direction... directions) {
        Direction[] thawed = orBoth(directions);
        lock.lock();
        try {
            frozen.removeAll(List.of(thawed));
        } finally {
            lock.unlock();
        }
        connections.values().forEach(connection -> connection.thaw(this, thawed));
    }

    /** Lets at most this many bytes a second pass on each connection in this direction; Long.MAX_VALUE ends it. */
    public void throttle(Direction direction, long bytesPerSecond) {
        if (bytesPerSecond < 1) {
            throw new IllegalArgumentException("bytesPerSecond must be 1 or more, but is " + bytesPerSecond);
        }
        pace(direction).limit(bytesPerSecond);
    }

    /** Lets each portion of bytes wait for this long before it passes in this direction; zero ends it. */
    public void delay(Direction direction, Duration delay) {
        if (delay.isNegative()) {
            throw new IllegalArgumentException("delay must not be negative, but is " + delay);
        }
        pace(direction).delay(delay);
    }

    /** Cuts all open connections, as {@link ProxiedConnection#cut()}, and returns how many there were. */
    public int cutAll() {
        List<ProxiedConnection> open = connections();
        open.forEach(ProxiedConnection::cut);
        return open.size();
    }

    /** Resets all open connections, as {@link ProxiedConnection#reset()}, and returns how many there were. */
    public int resetAll() {
        List<ProxiedConnection> open = connections();
        open.forEach(ProxiedConnection::reset);
        return open.size();
    }

    /** Ends all faults: nothing is looked for any more, what is held is released, what is frozen or slow goes on. */
    public void heal() {
        rules.clear();
        List<Hold> released;
        lock.lock();
        try {
            released = List.copyOf(holds);
            holds.clear();
        } finally {
            lock.unlock();
        }
        released.forEach(Hold::release);
        for (Direction direction : Direction.values()) {
            pace(direction).limit(Long.MAX_VALUE);
            pace(direction).delay(Duration.ZERO);
        }
        thaw();
        connections.values().forEach(ProxiedConnection::thaw);
    }

    WireProtocol protocol() {
        return protocol;
    }

    Pace pace(Direction direction) {
        return requireNonNull(paces.get(direction), "direction");
    }

    Fault arm(FaultRule rule) {
        if (rule.fault() instanceof Hold hold) {
            lock.lock();
            try {
                holds.removeIf(Hold::isReleased);
                holds.add(hold);
            } finally {
                lock.unlock();
            }
        }
        rules.add(rule);
        return rule.fault();
    }

    void disarm(FaultRule rule) {
        rules.remove(rule);
    }

    List<Strike> strikes(ProxiedConnection connection, ClientMessage message) {
        if (rules.isEmpty()) {
            return List.of();
        }
        return rules.stream()
                .flatMap(rule -> rule.strike(connection, message).stream())
                .toList();
    }

    void countOne(MessageKind kind) {
        counter(kind).increment();
    }

    private LongAdder counter(MessageKind kind) {
        return requireNonNull(counts.get(kind), "kind");
    }

    /** What the proxy has seen, for messages. */
    String summary() {
        StringBuilder seen = new StringBuilder("%s has seen %d connections, %d of them open now, and"
                .formatted(this, opened(), connections().size()));
        String separator = " ";
        for (Map.Entry<MessageKind, LongAdder> each : counts.entrySet()) {
            if (each.getValue().sum() > 0) {
                seen.append(separator).append(each.getKey()).append(' ').append(each.getValue());
                separator = ", ";
            }
        }
        return separator.equals(" ") ? seen + " no messages" : seen.toString();
    }

    static Direction[] orBoth(Direction... directions) {
        return directions.length == 0 ? Direction.values() : directions.clone();
    }

    Thread launch(String job, Runnable task) {
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                    } finally {
                        threads.remove(Thread.currentThread());
                    }
                },
                "switchover4j-fault-" + address.port() + "-" + job);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
        return thread;
    }

    private void acceptUntilClosed() {
        while (listener.isOpen()) {
            try {
                open(listener.accept());
            } catch (IOException e) {
                if (listener.isOpen()) {
                    log.warn("{} could not accept a connection", this, e);
                    LockSupport.parkNanos(AFTER_ACCEPT_ERROR.toNanos());
                }
            }
        }
    }

    private void open(SocketChannel client) throws IOException {
        ProxiedConnection connection = new ProxiedConnection(this, opened.incrementAndGet(), client);
        lock.lock();
        try {
            connection.freeze(this, frozen.toArray(Direction[]::new));
            connections.put(connection.id(), connection);
        } finally {
            lock.unlock();
        }
        connection.start(target);
        // Either close() finds it among the open ones, or it is seen here.
        if (closed.get()) {
            connection.close();
        }
    }

    void closed(ProxiedConnection connection) {
        if (connections.remove(connection.id()) != null) {
            lock.lock();
            try {
                if (closedConnections.size() == CLOSED_CONNECTIONS_KEPT) {
                    closedConnections.remove();
                }
                closedConnections.add(connection);
            } finally {
                lock.unlock();
            }
        }
    }

    /** Stops listening, drops what is held, closes all connections and ends all threads. Idempotent; takes 3 s at most. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        rules.clear();
        try {
            listener.close();
        } catch (IOException e) {
            log.debug("Closing {}", this, e);
        }
        paces.values().forEach(Pace::close);
        connections.values().forEach(ProxiedConnection::close);
        long deadline = System.nanoTime() + CLOSE_TIMEOUT.toNanos();
        try {
            for (Thread thread : threads) {
                if (thread == Thread.currentThread()) {
                    continue;
                }
                thread.interrupt();
                thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
                if (thread.isAlive()) {
                    log.warn("{} is closed, but its thread '{}' does not end", this, thread.getName());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return "fault proxy " + address + " in front of " + target;
    }
}
