package io.switchover4j.testkit;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** A DataSource that does one commit in every 25 wrong, to see whether the judge notices. */
final class Saboteur implements InvocationHandler {

    /** What it does instead of a commit; the connection is the real one. */
    interface Crime {
        void commit(Connection real, List<Call> work) throws SQLException;
    }

    /** A call on a prepared statement, to be done again. */
    record Call(String sql, Method method, Object[] arguments) {}

    static final int EVERY = 25;

    private final DataSource real;
    private final Crime crime;
    private final AtomicInteger commits = new AtomicInteger();
    private final AtomicInteger crimes = new AtomicInteger();

    private Saboteur(DataSource real, Crime crime) {
        this.real = real;
        this.crime = crime;
    }

    static Saboteur of(DataSource real, Crime crime) {
        return new Saboteur(real, crime);
    }

    DataSource dataSource() {
        return proxy(DataSource.class, this);
    }

    int crimes() {
        return crimes.get();
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        Object result = call(real, method, arguments);
        return result instanceof Connection connection ? connection(connection) : result;
    }

    private Connection connection(Connection connection) {
        List<Call> work = new ArrayList<>();
        return proxy(Connection.class, (proxy, method, arguments) -> {
            if (method.getName().equals("commit") && commits.incrementAndGet() % EVERY == 0) {
                crimes.incrementAndGet();
                crime.commit(connection, work);
                return null;
            }
            Object result = call(connection, method, arguments);
            return result instanceof PreparedStatement statement
                    ? statement(statement, (String) arguments[0], work)
                    : result;
        });
    }

    private static PreparedStatement statement(PreparedStatement statement, String sql, List<Call> work) {
        return proxy(PreparedStatement.class, (proxy, method, arguments) -> {
            if (method.getName().startsWith("set") || method.getName().startsWith("execute")) {
                work.add(new Call(sql, method, arguments));
            }
            return call(statement, method, arguments);
        });
    }

    static void doAgain(Connection connection, List<Call> work) throws SQLException {
        PreparedStatement statement = null;
        for (Call call : work) {
            if (statement == null) {
                statement = connection.prepareStatement(call.sql());
            }
            try {
                call(statement, call.method(), call.arguments());
            } catch (Throwable e) {
                throw new SQLException(e);
            }
            if (call.method().getName().startsWith("execute")) {
                statement.close();
                statement = null;
            }
        }
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
