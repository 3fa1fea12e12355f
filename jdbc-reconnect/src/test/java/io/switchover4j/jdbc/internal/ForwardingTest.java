package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every method of JDBC reaches the driver with its arguments, default methods included. */
final class ForwardingTest {

    private final FakeNode node = new FakeNode("a");
    private final FakeTraffic traffic = new FakeTraffic(node);

    @Test
    void everyMethodOfAConnectionIsForwarded() throws Exception {
        // These answer by themselves: a handle has its own.
        check(
                Connection.class,
                Set.of("getAutoCommit", "isClosed", "setAutoCommit", "abort", "close", "getMetaData"),
                this::open);
    }

    @Test
    void everyMethodOfAStatementIsForwarded() throws Exception {
        check(Statement.class, Set.of("getConnection"), () -> open().createStatement());
    }

    @Test
    void everyMethodOfAPreparedStatementIsForwarded() throws Exception {
        check(PreparedStatement.class, Set.of("getConnection"), () -> open().prepareStatement("insert 1"));
    }

    @Test
    void everyMethodOfACallableStatementIsForwarded() throws Exception {
        check(CallableStatement.class, Set.of("getConnection"), () -> open().prepareCall("{call p}"));
    }

    @Test
    void everyMethodOfAResultSetIsForwarded() throws Exception {
        check(
                ResultSet.class,
                Set.of("getStatement"),
                () -> open().createStatement().executeQuery("select 1"));
    }

    @Test
    void everyMethodOfDatabaseMetaDataIsForwarded() throws Exception {
        check(DatabaseMetaData.class, Set.of("getConnection"), () -> open().getMetaData());
    }

    @Test
    void ourOwnTypesAreUnwrappedToThemselves() throws SQLException {
        Connection connection = open();
        assertThat(connection.unwrap(LogicalConnection.class)).isSameAs(connection);
        assertThat(connection.isWrapperFor(Unit.class)).isTrue();
        Statement statement = connection.createStatement();
        assertThat(statement.unwrap(Statement.class)).isSameAs(statement);
    }

    private Connection open() throws SQLException {
        return LogicalConnection.open(traffic);
    }

    @FunctionalInterface
    private interface Maker {
        Object make() throws SQLException;
    }

    private void check(Class<?> type, Set<String> own, Maker maker) throws Exception {
        List<String> notForwarded = new ArrayList<>();
        int checked = 0;
        for (Method method : type.getMethods()) {
            if (Modifier.isStatic(method.getModifiers()) || own.contains(method.getName()) || isNewerThan17(method)) {
                continue;
            }
            Object handle = maker.make();
            node.calls.clear();
            try {
                method.invoke(handle, arguments(method));
            } catch (InvocationTargetException e) {
                // The fake driver refuses to end a transaction in autocommit; anything else is a gap.
                if (!"25000".equals(e.getCause() instanceof SQLException s ? s.getSQLState() : "")) {
                    throw new AssertionError(method.toString(), e.getCause());
                }
            }
            checked++;
            if (node.calls.stream().noneMatch(call -> call.contains("." + method.getName() + "("))) {
                notForwarded.add(method.toString());
            }
        }
        assertThat(notForwarded).isEmpty();
        assertThat(checked).isGreaterThan(40);
    }

    /** What later versions of Java add has a default that calls what we forward. */
    private static boolean isNewerThan17(Method method) {
        return method.isDefault()
                && Stream.of(
                                ForwardingConnection.class,
                                ForwardingStatement.class,
                                ForwardingPreparedStatement.class,
                                ForwardingCallableStatement.class,
                                ForwardingResultSet.class,
                                ForwardingDatabaseMetaData.class)
                        .flatMap(forwarding -> Arrays.stream(forwarding.getDeclaredMethods()))
                        .noneMatch(declared -> declared.getName().equals(method.getName())
                                && Arrays.equals(declared.getParameterTypes(), method.getParameterTypes()));
    }

    private static @Nullable Object[] arguments(Method method) {
        return Arrays.stream(method.getParameterTypes())
                .map(ForwardingTest::argument)
                .toArray();
    }

    private static @Nullable Object argument(Class<?> type) {
        if (type == int.class) {
            return 1;
        } else if (type == long.class) {
            return 1L;
        } else if (type == boolean.class) {
            return true;
        } else if (type == short.class) {
            return (short) 1;
        } else if (type == byte.class) {
            return (byte) 1;
        } else if (type == float.class) {
            return 1f;
        } else if (type == double.class) {
            return 1d;
        } else if (type == String.class) {
            return "x";
        } else if (type == Class.class) {
            return Runnable.class;
        } else if (type == Executor.class) {
            return (Executor) Runnable::run;
        } else if (type == Map.class) {
            return Map.of();
        } else if (type == Properties.class) {
            return new Properties();
        } else if (type == int[].class) {
            return new int[] {1};
        } else if (type == String[].class) {
            return new String[] {"x"};
        }
        return null;
    }
}
