package io.switchover4j.jdbc.internal;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A node with a driver that writes down each call and answers as it was told. */
class FakeNode implements NodePool {

    /** What reached the driver, as "a1.commit()": node, number of the connection, call. */
    final List<String> calls = new CopyOnWriteArrayList<>();

    final List<String> events = new CopyOnWriteArrayList<>();
    private final Map<String, Deque<Step>> steps = new HashMap<>();
    private final Deque<SQLException> refusals = new ArrayDeque<>();
    private final String name;
    boolean autoCommitDefault = true;
    boolean valid = true;
    boolean resets = true;
    int rows = 2;
    private int borrowed;
    private int closed;

    FakeNode(String name) {
        this.name = name;
    }

    interface Step {
        /** Returns normally to let the call have its ordinary answer. */
        void run() throws SQLException;
    }

    /** The next call of {@code method} throws; 08003 as a driver does that knows the connection to be closed. */
    void fail(String method, SQLException e) {
        on(method, () -> {
            if ("08003".equals(e.getSQLState())) {
                closed = borrowed;
            }
            throw e;
        });
    }

    /** Runs at the next call of {@code method}, before its answer. */
    synchronized void on(String method, Step step) {
        steps.computeIfAbsent(method, m -> new ArrayDeque<>()).add(step);
    }

    /** The next borrow is refused. */
    void refuse(SQLException e) {
        refusals.add(e);
    }

    /** The calls without those that only ask for state. */
    List<String> sent() {
        return calls.stream()
                .filter(call -> !call.contains(".getAutoCommit(") && !call.endsWith(".close()"))
                .toList();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public synchronized Connection borrow() throws SQLException {
        SQLException refusal = refusals.poll();
        if (refusal != null) {
            events.add("refused");
            throw refusal;
        }
        borrowed++;
        events.add("borrowed " + name + borrowed);
        return new FakeConnection(name + borrowed).proxy();
    }

    @Override
    public void discard(Connection physical) {
        events.add("discarded " + physical);
    }

    @Override
    public void abort(Connection physical, Executor executor) {
        events.add("aborted " + physical);
    }

    @Override
    public void evictAll() {
        events.add("evicted");
    }

    @Override
    public boolean resets() {
        return resets;
    }

    private @Nullable Step next(String method) {
        synchronized (this) {
            Deque<Step> queued = steps.get(method);
            return queued == null ? null : queued.poll();
        }
    }

    /** One object of the driver. */
    private class FakeHandle implements InvocationHandler {

        final String id;
        boolean closed;

        FakeHandle(String id) {
            this.id = id;
        }

        @Override
        public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
            switch (method.getName()) {
                case "toString":
                    return id;
                case "hashCode":
                    return System.identityHashCode(proxy);
                case "equals":
                    return arguments != null && proxy == arguments[0];
                default:
            }
            String text = arguments == null
                    ? ""
                    : Arrays.stream(arguments).map(FakeNode::show).collect(Collectors.joining(","));
            calls.add(id + "." + method.getName() + "(" + text + ")");
            Step step = next(method.getName());
            if (step != null) {
                step.run();
            }
            return answer(method, arguments == null ? new Object[0] : arguments);
        }

        @Nullable
        Object answer(Method method, Object[] arguments) throws SQLException {
            switch (method.getName()) {
                case "close":
                    closed = true;
                    return null;
                case "isClosed":
                    return closed;
                case "execute":
                    return arguments.length > 0 && arguments[0].toString().startsWith("select");
                case "unwrap":
                    return null;
                default:
                    return byType(method);
            }
        }

        private @Nullable Object byType(Method method) {
            Class<?> returned = method.getReturnType();
            if (returned == boolean.class) {
                return false;
            } else if (returned == int.class) {
                return 1;
            } else if (returned == long.class) {
                return 1L;
            } else if (returned == short.class) {
                return (short) 1;
            } else if (returned == byte.class) {
                return (byte) 1;
            } else if (returned == float.class) {
                return 1f;
            } else if (returned == double.class) {
                return 1d;
            } else if (returned == int[].class) {
                return new int[] {1};
            } else if (returned == long[].class) {
                return new long[] {1};
            } else if (returned == ResultSet.class) {
                return proxy(ResultSet.class, new FakeResultSet(id + ".rs"));
            } else if (returned == DatabaseMetaData.class) {
                return proxy(DatabaseMetaData.class, new FakeHandle(id + ".meta"));
            }
            return null;
        }
    }

    private final class FakeConnection extends FakeHandle {

        private final int number = borrowed;
        private boolean autoCommit = autoCommitDefault;
        private int statements;

        FakeConnection(String id) {
            super(id);
        }

        Connection proxy() {
            return FakeNode.proxy(Connection.class, this);
        }

        @Override
        @Nullable
        Object answer(Method method, Object[] arguments) throws SQLException {
            switch (method.getName()) {
                case "getAutoCommit":
                    return autoCommit;
                case "setAutoCommit":
                    autoCommit = (Boolean) arguments[0];
                    return null;
                case "isValid":
                    return valid;
                case "isClosed":
                    return number <= FakeNode.this.closed || this.closed;
                case "close":
                    events.add("returned " + id);
                    return super.answer(method, arguments);
                case "createStatement":
                    return handle(Statement.class, "s");
                case "prepareStatement":
                    return handle(PreparedStatement.class, "p");
                case "prepareCall":
                    return handle(CallableStatement.class, "call");
                case "commit":
                case "rollback":
                    if (autoCommit && arguments.length == 0) {
                        throw new SQLException("Not while autocommit is on", "25000");
                    }
                    return null;
                default:
                    return super.answer(method, arguments);
            }
        }

        private <T> T handle(Class<T> type, String prefix) {
            statements++;
            return FakeNode.proxy(type, new FakeHandle(id + "." + prefix + statements));
        }
    }

    private final class FakeResultSet extends FakeHandle {

        private int row;

        FakeResultSet(String id) {
            super(id);
        }

        @Override
        @Nullable
        Object answer(Method method, Object[] arguments) throws SQLException {
            return method.getName().equals("next") ? (Object) (row++ < rows) : super.answer(method, arguments);
        }
    }

    private static String show(@Nullable Object argument) {
        if (argument instanceof int[] numbers) {
            return Arrays.toString(numbers);
        }
        if (argument instanceof byte[] bytes) {
            return Arrays.toString(bytes);
        }
        if (argument instanceof Object[] objects) {
            return Stream.of(objects).map(FakeNode::show).collect(Collectors.joining(",", "[", "]"));
        }
        return String.valueOf(argument);
    }

    @SuppressWarnings("unchecked")
    static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return (T) Proxy.newProxyInstance(FakeNode.class.getClassLoader(), new Class<?>[] {type}, handler);
    }
}
