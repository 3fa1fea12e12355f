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
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A session on one node. Every statement is bounded by a deadline, but for half a second; a session whose statement ran out of it is broken and
 * stays so. Confined to one thread at a time, except {@link #close()}.
 */
final class PgSession implements AutoCloseable {

    private static final Duration SHORTEST_STATEMENT = Duration.ofMillis(500);

    /** In one message with the query that follows. */
    private static final String NAMING = "SELECT set_config('application_name', ?, false); ";

    static final Duration CANCEL_TIMEOUT = Duration.ofSeconds(2);

    private final NodeConfig node;
    private final Connection connection;

    /** What others are to read from now on; null if that is told already. */
    private final AtomicReference<@Nullable String> untoldName = new AtomicReference<>();

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

    /** Lets {@code pg_stat_activity} show another name: it goes along with the next query. Any thread may call it. */
    void nameFromNextQueryOn(String name) {
        untoldName.set(name);
    }

    /** The rows of a query, in order. */
    <T> List<T> list(String what, String sql, Deadline deadline, Row<T> reader, Object... parameters) {
        Waiting.requireNotInterrupted();
        String name = untoldName.get();
        try {
            bound(deadline);
            try (PreparedStatement statement = connection.prepareStatement(name == null ? sql : NAMING + sql)) {
                int first = 1;
                if (name != null) {
                    statement.setString(first++, Connector.cut(name));
                }
                for (int i = 0; i < parameters.length; i++) {
                    statement.setObject(first + i, parameters[i]);
                }
                List<T> rows = new ArrayList<>();
                try (ResultSet result = result(statement, name != null)) {
                    while (result.next()) {
                        rows.add(reader.read(result));
                    }
                }
                untoldName.compareAndSet(name, null);
                return rows;
            }
        } catch (SQLException e) {
            throw PgFailure.of(what, node, e);
        }
    }

    private static ResultSet result(PreparedStatement statement, boolean second) throws SQLException {
        if (!second) {
            return statement.executeQuery();
        }
        statement.execute();
        if (!statement.getMoreResults()) {
            throw new SQLException("The query gave no rows");
        }
        return statement.getResultSet();
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
