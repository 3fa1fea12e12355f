package io.switchover4j.jdbc.internal;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** A server that understands the question for its role and counts everything else, on a driver made of proxies. */
final class FakeServer {

    final String name;
    private final AtomicInteger generation = new AtomicInteger();
    private final AtomicInteger statements = new AtomicInteger();
    private final AtomicInteger questions = new AtomicInteger();
    private final Set<FakeConnection> open = ConcurrentHashMap.newKeySet();
    private volatile boolean up = true;
    private volatile boolean writable;
    private volatile int history = 1;
    private volatile @Nullable CountDownLatch frozen;
    private volatile @Nullable SQLException refusal;

    /** Called for each statement of the application, before it succeeds. */
    volatile Runnable onStatement = () -> {};

    FakeServer(String name, boolean writable) {
        this.name = name;
        this.writable = writable;
    }

    void promote(int newHistory) {
        history = newHistory;
        writable = true;
    }

    void demote() {
        writable = false;
    }

    /** All connections are lost. */
    void stop() {
        up = false;
        open.forEach(connection -> connection.alive = false);
        open.clear();
    }

    void start(boolean asPrimary) {
        generation.incrementAndGet();
        writable = asPrimary;
        up = true;
    }

    /** Loses the connections, not the server. */
    void dropConnections() {
        open.forEach(connection -> connection.alive = false);
        open.clear();
    }

    void refuse(@Nullable SQLException reason) {
        refusal = reason;
    }

    void freeze() {
        frozen = new CountDownLatch(1);
    }

    void thaw() {
        CountDownLatch ice = frozen;
        frozen = null;
        if (ice != null) {
            ice.countDown();
        }
    }

    int statements() {
        return statements.get();
    }

    int questions() {
        return questions.get();
    }

    int openConnections() {
        return open.size();
    }

    DataSource dataSource() {
        return proxy(DataSource.class, (self, method, args) -> switch (method.getName()) {
            case "getConnection" -> connect();
            case "isWrapperFor" -> false;
            case "getLoginTimeout" -> 0;
            case "setLoginTimeout" -> null;
            default -> plain(this, self, method, args);
        });
    }

    private Connection connect() throws SQLException {
        SQLException reason = refusal;
        if (reason != null) {
            throw reason;
        }
        awaitThaw();
        if (!up) {
            throw new SQLException("Connection to %s refused".formatted(name), "08001");
        }
        FakeConnection connection = new FakeConnection();
        open.add(connection);
        return proxy(Connection.class, connection);
    }

    private void awaitThaw() throws SQLException {
        CountDownLatch ice = frozen;
        if (ice != null) {
            try {
                ice.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new SQLException("interrupted", "08006", e);
            }
        }
    }

    private final class FakeConnection implements InvocationHandler {

        private volatile boolean alive = true;
        private boolean autoCommit = true;

        @Override
        public @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] args)
                throws Throwable {
            switch (method.getName()) {
                case "close", "abort":
                    alive = false;
                    open.remove(this);
                    return null;
                case "isClosed":
                    return !alive;
                case "isValid":
                    return alive;
                case "getAutoCommit":
                    return autoCommit;
                case "setAutoCommit":
                    check();
                    autoCommit = (Boolean) first(args);
                    return null;
                case "setNetworkTimeout", "clearWarnings", "setReadOnly":
                    return null;
                case "commit", "rollback":
                    work();
                    return null;
                case "isReadOnly", "isWrapperFor":
                    return false;
                case "getTransactionIsolation":
                    return Connection.TRANSACTION_READ_COMMITTED;
                case "getNetworkTimeout":
                    return 0;
                case "getCatalog", "getSchema":
                    return "public";
                case "setTransactionIsolation", "setCatalog", "setSchema":
                    return null;
                case "createStatement":
                    return proxy(Statement.class, new FakeStatement(this));
                case "getMetaData":
                    return proxy(DatabaseMetaData.class, (meta, getter, none) -> switch (getter.getName()) {
                        case "getDatabaseProductName" -> "PostgreSQL";
                        case "getDatabaseProductVersion" -> "18";
                        default -> plain(this, meta, getter, none);
                    });
                default:
                    return plain(FakeServer.this, self, method, args);
            }
        }

        void check() throws SQLException {
            awaitThaw();
            if (!alive) {
                throw new SQLException("An I/O error occurred on " + name, "08006");
            }
        }

        void work() throws SQLException {
            check();
            statements.incrementAndGet();
            onStatement.run();
            if (!writable) {
                throw new SQLException("cannot execute in a read-only transaction", "25006");
            }
        }
    }

    private final class FakeStatement implements InvocationHandler {

        private final FakeConnection connection;

        FakeStatement(FakeConnection connection) {
            this.connection = connection;
        }

        @Override
        public @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] args)
                throws Throwable {
            switch (method.getName()) {
                case "execute", "executeUpdate":
                    String sql = (String) first(args);
                    if (sql.startsWith("BEGIN ISOLATION")) {
                        questions.incrementAndGet();
                        connection.check();
                    } else if (sql.equals("DISCARD SEQUENCES")) {
                        connection.check();
                    } else {
                        connection.work();
                    }
                    return method.getName().equals("execute") ? (Object) false : (Object) 1;
                case "getMoreResults":
                    return true;
                case "getResultSet":
                    return roleRow();
                case "close":
                    return null;
                case "getUpdateCount":
                    return 1;
                case "getWarnings":
                    return null;
                default:
                    return plain(FakeServer.this, self, method, args);
            }
        }
    }

    private ResultSet roleRow() {
        boolean asPrimary = writable;
        String[] row = {
            "",
            asPrimary ? "f" : "t",
            asPrimary ? "%08X0000000000000001".formatted(history) : null,
            null,
            name + "@" + generation.get(),
            "42"
        };
        return proxy(ResultSet.class, (self, method, args) -> switch (method.getName()) {
            case "next" -> true;
            case "getBoolean" -> "t".equals(row[(Integer) first(args)]);
            case "getString" -> row[(Integer) first(args)];
            case "close" -> null;
            default -> plain(this, self, method, args);
        });
    }

    private static Object first(@Nullable Object @Nullable [] args) {
        return Objects.requireNonNull(Objects.requireNonNull(args)[0]);
    }

    private static @Nullable Object plain(
            Object identity, Object self, Method method, @Nullable Object @Nullable [] args) {
        return switch (method.getName()) {
            case "hashCode" -> System.identityHashCode(self);
            case "equals" -> self == first(args);
            case "toString" -> "fake of " + identity.getClass().getSimpleName();
            default -> throw new UnsupportedOperationException(method.toString());
        };
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(FakeServer.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
