package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * A session on one node. Every statement is bounded by a deadline, but for half a second; a session whose statement ran out of it is broken and
 * stays so. Confined to one thread at a time, except {@link #close()}.
 */
final class PgSession implements AutoCloseable {

    private static final Duration SHORTEST_STATEMENT = Duration.ofMillis(500);

    static final Duration CANCEL_TIMEOUT = Duration.ofSeconds(2);

    private final NodeConfig node;
    private final Connection connection;

    PgSession(NodeConfig node, Connection connection) {
        this.node = node;
        this.connection = connection;
    }

    NodeConfig node() {
        return node;
    }

    boolean isOpen() {
        try {
            return !connection.isClosed();
        } catch (SQLException e) {
            return false;
        }
    }

    int serverMajor() {
        try {
            return connection.getMetaData().getDatabaseMajorVersion();
        } catch (SQLException e) {
            throw PgFailure.of("ask for the version", node, e);
        }
    }

    /** Reads one row. */
    @FunctionalInterface
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** The rows of a query, in order. */
    <T> List<T> list(String what, String sql, Deadline deadline, Row<T> reader, Object... parameters) {
        Waiting.requireNotInterrupted();
        try {
            bound(deadline);
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int i = 0; i < parameters.length; i++) {
                    statement.setObject(i + 1, parameters[i]);
                }
                List<T> rows = new ArrayList<>();
                try (ResultSet result = statement.executeQuery()) {
                    while (result.next()) {
                        rows.add(reader.read(result));
                    }
                }
                return rows;
            }
        } catch (SQLException e) {
            throw PgFailure.of(what, node, e);
        }
    }

    /** The only row of a query. */
    <T> T one(String what, String sql, Deadline deadline, Row<T> reader, Object... parameters) {
        List<T> rows = list(what, sql, deadline, reader, parameters);
        if (rows.size() != 1) {
            throw new BackendException("Could not %s on %s: %d rows instead of 1".formatted(what, node, rows.size()));
        }
        return rows.get(0);
    }

    /** Runs statements that return nothing of interest. */
    void run(String what, String sql, Deadline deadline) {
        Waiting.requireNotInterrupted();
        try {
            bound(deadline);
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw PgFailure.of(what, node, e);
        }
    }

    /** As {@link #run}, for what may take long: an interrupt cancels it on the server. */
    void runCancellably(String what, String sql, Deadline deadline, Executor threads) {
        Waiting.requireNotInterrupted();
        try (Statement statement = connection.createStatement()) {
            bound(deadline);
            CompletableFuture<Void> running = new CompletableFuture<>();
            threads.execute(() -> {
                try {
                    statement.execute(sql);
                    running.complete(null);
                } catch (SQLException e) {
                    running.completeExceptionally(e);
                }
            });
            try {
                running.get();
            } catch (InterruptedException e) {
                cancel(statement, running);
                throw Waiting.interrupted();
            } catch (ExecutionException e) {
                throw e.getCause() instanceof SQLException failure
                        ? failure
                        : new SQLException(String.valueOf(e.getCause()), e);
            }
        } catch (SQLException e) {
            throw PgFailure.of(what, node, e);
        }
    }

    /** The session is of use again only once the statement has ended; of a server that does not answer it never is. */
    private void cancel(Statement statement, CompletableFuture<Void> running) throws SQLException {
        statement.cancel();
        running.handle((done, failure) -> true)
                .completeOnTimeout(false, CANCEL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .join();
        if (!running.isDone()) {
            connection.abort(Runnable::run);
        }
    }

    /** A statement that runs out of time breaks the session, and with it a lease: no hurry in the last moment. */
    private void bound(Deadline deadline) throws SQLException {
        connection.setNetworkTimeout(
                Runnable::run, Math.max(deadline.remainingMillis(), (int) SHORTEST_STATEMENT.toMillis()));
    }

    /** Ends the session without waiting for the server. */
    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // It is of no use any more; the server sees that the socket is closed.
        }
    }

    static String literal(String value) {
        return "'" + value.replace("'", "''") + "'";
    }
}
