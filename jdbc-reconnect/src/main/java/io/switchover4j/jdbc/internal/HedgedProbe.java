package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connects through an endpoint without waiting for an attempt that hangs: a frozen host accepts a connection and says nothing,
 * and the next attempt may reach another server. The first that succeeds is taken. For one thread.
 */
final class HedgedProbe implements ProbeSource {

    private static final Logger log = LoggerFactory.getLogger(HedgedProbe.class);

    /** Longer than a connect takes on a server that is merely busy, most of the time. */
    private static final long NEXT_AFTER_MILLIS = 500;

    /** A driver that bounds no connect must not gather threads without end. */
    private static final int MOST_AT_ONCE = 10;

    private final String dataSourceName;
    private final ProbeSource source;
    private final AtomicInteger running = new AtomicInteger();

    HedgedProbe(String dataSourceName, ProbeSource source) {
        this.dataSourceName = dataSourceName;
        this.source = source;
    }

    @Override
    public Connection connect() throws SQLException {
        CompletableFuture<Connection> first = new CompletableFuture<>();
        while (true) {
            if (running.get() < MOST_AT_ONCE) {
                attempt(first);
            }
            try {
                return first.get(NEXT_AFTER_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                log.debug("{}: {} attempts to connect hang", dataSourceName, running);
            } catch (ExecutionException e) {
                throw failure(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                closeWhenOpen(first);
                throw new SQLTransientConnectionException("Interrupted while connecting", "08001", e);
            }
        }
    }

    private void attempt(CompletableFuture<Connection> first) {
        running.incrementAndGet();
        Thread thread = new Thread(
                () -> {
                    try {
                        Connection fresh = source.connect();
                        if (!first.complete(fresh)) {
                            fresh.close();
                        }
                    } catch (SQLException | RuntimeException | Error e) {
                        first.completeExceptionally(e);
                    } finally {
                        running.decrementAndGet();
                    }
                },
                "switchover4j-%s-connect".formatted(dataSourceName));
        thread.setDaemon(true);
        thread.start();
    }

    private static void closeWhenOpen(CompletableFuture<Connection> first) {
        if (!first.completeExceptionally(new SQLException("given up", "08001")) && !first.isCompletedExceptionally()) {
            PlainNodePool.end("watch", first.join(), Runnable::run);
        }
    }

    private static SQLException failure(@Nullable Throwable cause) {
        if (cause instanceof SQLException sql) {
            return sql;
        }
        if (cause instanceof RuntimeException runtime) {
            throw runtime;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return new SQLException(cause);
    }
}
