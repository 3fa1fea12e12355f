package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

import io.switchover4j.Endpoint;
import io.switchover4j.Topology;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.TrafficParticipant;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One address that leads to one node and is pointed to another, as the endpoint of a cloud service is: a TCP forwarder on
 * 127.0.0.1. Pointing it elsewhere cuts the connections that are open. Thread-safe.
 *
 * <p>As a participant of a switchover it points itself to the new primary when it is released. It knows connections, not
 * units of work, so it has nothing to drain: register it before the DataSource that goes through it, which is released
 * after it.
 */
public final class MovingEndpoint implements TrafficParticipant, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(MovingEndpoint.class);

    private static final Duration AFTER_ACCEPT_ERROR = Duration.ofMillis(100);
    private static final Duration AFTER_CLOSE = Duration.ofSeconds(1);

    private final ServerSocketChannel server;
    private final Endpoint address;
    private final Set<ForwardedConnection> connections = ConcurrentHashMap.newKeySet();
    private final Set<String> holding = ConcurrentHashMap.newKeySet();
    private final CountDownLatch acceptorEnded = new CountDownLatch(1);
    private volatile Endpoint target;

    private MovingEndpoint(ServerSocketChannel server, Endpoint target) throws IOException {
        this.server = server;
        this.address = new Endpoint(Loopback.HOST, ((InetSocketAddress) server.getLocalAddress()).getPort());
        this.target = target;
    }

    /**
     * Opens an endpoint on a free port that leads to {@code target}.
     *
     * @throws IOException if it cannot listen
     */
    public static MovingEndpoint to(Endpoint target) throws IOException {
        requireNonNull(target, "target");
        ServerSocketChannel server = ServerSocketChannel.open();
        try {
            server.bind(new InetSocketAddress(Loopback.ADDRESS, 0), 200);
            MovingEndpoint endpoint = new MovingEndpoint(server, target);
            Thread acceptor =
                    new Thread(endpoint::acceptUntilClosed, "switchover4j-endpoint-" + endpoint.address.port());
            acceptor.setDaemon(true);
            acceptor.start();
            return endpoint;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    /** The address that clients use; it never changes. */
    public Endpoint endpoint() {
        return address;
    }

    /** Where it leads now. */
    public Endpoint target() {
        return target;
    }

    /** How many connections are open. */
    public int openConnections() {
        return connections.size();
    }

    /**
     * Leads new connections to {@code node} and leaves those that are open as they are: as a DNS name that moves, or a virtual
     * address whose host died without a word.
     */
    public void pointNewTo(Endpoint node) {
        Endpoint before = target;
        target = requireNonNull(node, "node");
        log.info("Endpoint {} pointed from {} to {} for new connections", address, before, node);
    }

    /** Leads new connections to {@code node} and cuts those that are open, also if it led there before. */
    public void pointTo(Endpoint node) {
        requireNonNull(node, "node");
        Endpoint before = target;
        target = node;
        int cut = cutAll();
        log.info("Endpoint {} pointed from {} to {}, {} connections cut", address, before, node, cut);
    }

    private int cutAll() {
        List<ForwardedConnection> open = List.copyOf(connections);
        open.forEach(ForwardedConnection::close);
        return open.size();
    }

    private void acceptUntilClosed() {
        try {
            acceptAll();
        } finally {
            acceptorEnded.countDown();
        }
    }

    private void acceptAll() {
        while (server.isOpen()) {
            try {
                open(server.accept());
            } catch (IOException e) {
                if (server.isOpen()) {
                    log.warn("Endpoint {} could not accept a connection", address, e);
                    LockSupport.parkNanos(AFTER_ACCEPT_ERROR.toNanos());
                }
            }
        }
    }

    private void open(SocketChannel client) throws IOException {
        Endpoint to = target;
        ForwardedConnection connection = new ForwardedConnection(client, to, connections::remove);
        connections.add(connection);
        connection.start();
        // Either pointTo() finds it among the open ones, or it is seen here that the target has changed; equally for
        // close().
        if (!target.equals(to) || !server.isOpen()) {
            connection.close();
        }
    }

    @Override
    public String name() {
        return "moving endpoint " + address;
    }

    /** False: it knows connections, not units of work. */
    @Override
    public boolean drains() {
        return false;
    }

    /** Changes nothing: the address goes on leading where it led until it is released. */
    @Override
    public DrainResult hold(HoldRequest request) {
        holding.add(request.operationId());
        return DrainResult.drained();
    }

    /** Cuts all connections; a client cannot tell what became of its work. Returns how many there were. */
    @Override
    public int cut(String operationId) {
        return holding.contains(operationId) ? cutAll() : 0;
    }

    /** Points to the primary, and cuts what is open, if it leads elsewhere. */
    @Override
    public void release(String operationId, Topology topology) {
        if (holding.remove(operationId) && !topology.primaryEndpoint().equals(target)) {
            pointTo(topology.primaryEndpoint());
        }
    }

    /** Stops listening and cuts all connections. Idempotent. */
    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            log.debug("Closing endpoint {}", address, e);
        }
        cutAll();
        try {
            // The operating system accepts for the socket until the last thread has left it.
            if (!acceptorEnded.await(AFTER_CLOSE.toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("Endpoint {} still accepts {} ms after it was closed", address, AFTER_CLOSE.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return name() + " to " + target;
    }
}
