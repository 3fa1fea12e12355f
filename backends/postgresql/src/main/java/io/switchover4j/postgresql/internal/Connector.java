package io.switchover4j.postgresql.internal;

import io.switchover4j.postgresql.Credentials;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.postgresql.Driver;

/** Opens sessions, each within a deadline, also on a server that accepts connections and then says nothing. Thread-safe. */
final class Connector implements AutoCloseable {

    /** Longer than any name the server keeps. */
    private static final int MAXIMUM_APPLICATION_NAME = 63;

    /**
     * Whatever is configured for the user: at SERIALIZABLE any query on a standby fails, a search path could put somebody's
     * function in the place of the server's, and a lease must not end by a time-out. A lease of a dead machine ends by the
     * keep-alives.
     */
    private static final String SESSION_OPTIONS = "-c default_transaction_isolation=read\\ committed"
            + " -c default_transaction_read_only=off -c search_path=pg_catalog -c statement_timeout=0 -c lock_timeout=5s"
            + " -c idle_session_timeout=0 -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3";

    private final PgSettings settings;
    private final Driver driver = new Driver();
    private final ExecutorService threads;

    Connector(PgSettings settings) {
        this.settings = settings;
        AtomicLong number = new AtomicLong();
        this.threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "switchover4j-postgresql-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    /** For what must run beside the caller's thread. */
    Executor threads() {
        return threads;
    }

    PgSettings settings() {
        return settings;
    }

    /**
     * @throws PgFailure if the server refuses
     * @throws BackendException if it does not answer in time, or the caller was interrupted
     */
    PgSession open(NodeConfig node, String applicationName, Deadline deadline) {
        Properties properties = properties(supplied(settings.credentials()), applicationName, deadline);
        properties.setProperty("options", SESSION_OPTIONS);
        return new PgSession(node, connect(node, settings.database(), properties, deadline));
    }

    /** Logs in as a standby would, and leaves again. */
    void tryReplicationLogin(NodeConfig node, Credentials credentials, Deadline deadline) {
        Properties properties = properties(credentials, "switchover4j replication login", deadline);
        properties.setProperty("replication", "true");
        properties.setProperty("assumeMinServerVersion", "14");
        properties.setProperty("preferQueryMode", "simple");
        new PgSession(node, connect(node, settings.database(), properties, deadline)).close();
    }

    /** What a supplier says when it fails may hold a secret: only its kind is passed on. */
    static Credentials supplied(Supplier<Credentials> supplier) {
        try {
            return supplier.get();
        } catch (RuntimeException e) {
            throw new BackendException(
                    "The supplier of credentials failed: " + e.getClass().getName(), e);
        }
    }

    private Properties properties(Credentials credentials, String applicationName, Deadline deadline) {
        Properties properties = new Properties();
        for (Map.Entry<String, String> property :
                settings.connectionProperties().entrySet()) {
            properties.setProperty(property.getKey(), property.getValue());
        }
        String seconds = Integer.toString(1 + deadline.remainingMillis() / 1_000);
        properties.setProperty("user", credentials.user());
        properties.setProperty("password", credentials.password());
        properties.setProperty("connectTimeout", seconds);
        properties.setProperty("socketTimeout", seconds);
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("cancelSignalTimeout", Long.toString(PgSession.CANCEL_TIMEOUT.toSeconds()));
        properties.setProperty("assumeMinServerVersion", "14");
        properties.setProperty("ApplicationName", cut(applicationName));
        return properties;
    }

    static String cut(String applicationName) {
        return applicationName.substring(0, Math.min(MAXIMUM_APPLICATION_NAME, applicationName.length()));
    }

    private Connection connect(NodeConfig node, String database, Properties properties, Deadline deadline) {
        String host = node.endpoint().host();
        String url = "jdbc:postgresql://%s:%d/%s"
                .formatted(
                        host.indexOf(':') < 0 ? host : '[' + host + ']',
                        node.endpoint().port(),
                        database);
        CompletableFuture<Connection> opened = new CompletableFuture<>();
        try {
            threads.execute(() -> connect(url, properties, opened));
        } catch (RejectedExecutionException e) {
            throw new BackendException("The backend is closed", e);
        }
        try {
            return opened.get(deadline.remainingMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            opened.cancel(false);
            throw Waiting.interrupted();
        } catch (TimeoutException e) {
            opened.cancel(false);
            throw PgFailure.connecting(
                    node, new SQLException("no answer", "08001", new java.net.SocketTimeoutException()));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SQLException refused) {
                throw PgFailure.connecting(node, refused);
            }
            throw new BackendException("Could not connect to %s: %s".formatted(node, e.getCause()), e.getCause());
        }
    }

    private void connect(String url, Properties properties, CompletableFuture<Connection> opened) {
        try {
            Connection connection = driver.connect(url, properties);
            if (connection == null) {
                throw new SQLException("The driver does not know this form of address", "08001");
            }
            if (!opened.complete(connection)) {
                connection.close();
            }
        } catch (SQLException | RuntimeException e) {
            opened.completeExceptionally(e);
        }
    }

    Deadline probeDeadline(Deadline deadline) {
        return deadline.orAfter(settings.probeTimeout());
    }

    static Duration atMost(Duration limit, Deadline deadline) {
        Duration remaining = deadline.remaining();
        return remaining.compareTo(limit) < 0 ? remaining : limit;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
