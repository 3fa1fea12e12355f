package io.switchover4j.postgresql;

import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * Connections to whichever node of a pair takes writes, without any help of ours but that one is used again: a new session for
 * each transaction would be most of the load. Thread-safe.
 */
final class WritableNode implements DataSource, AutoCloseable {

    private final List<DataSource> nodes = new ArrayList<>();
    private final Queue<Connection> idle = new ConcurrentLinkedQueue<>();

    WritableNode(PostgresPair pair) {
        for (PostgresNode node : pair.nodes()) {
            nodes.add(node.dataSource(pair.application()));
        }
    }

    @Override
    public Connection getConnection() throws SQLException {
        SQLException reason = new SQLException("No node takes writes", "08001");
        for (Connection used = idle.poll(); used != null; used = idle.poll()) {
            if (isWritable(used, reason)) {
                return lent(used);
            }
        }
        for (DataSource node : nodes) {
            try {
                Connection fresh = node.getConnection();
                if (isWritable(fresh, reason)) {
                    return lent(fresh);
                }
            } catch (SQLException e) {
                reason.addSuppressed(e);
            }
        }
        throw reason;
    }

    /** Closes it if it is not. */
    private static boolean isWritable(Connection connection, SQLException reason) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW transaction_read_only")) {
            if (row.next() && row.getString(1).equals("off")) {
                return true;
            }
        } catch (SQLException e) {
            reason.addSuppressed(e);
        }
        connection.close();
        return false;
    }

    /** The same connection, whose close makes it idle. */
    private Connection lent(Connection connection) {
        return (Connection) Proxy.newProxyInstance(
                WritableNode.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        giveBack(connection);
                        return null;
                    }
                    try {
                        return method.invoke(connection, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private void giveBack(Connection connection) throws SQLException {
        if (connection.isClosed()) {
            return;
        }
        try {
            if (!connection.getAutoCommit()) {
                connection.rollback();
                connection.setAutoCommit(true);
            }
            idle.add(connection);
        } catch (SQLException e) {
            connection.close();
        }
    }

    @Override
    public void close() throws SQLException {
        for (Connection used = idle.poll(); used != null; used = idle.poll()) {
            used.close();
        }
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("The user is fixed");
    }

    @Override
    public PrintWriter getLogWriter() {
        return new PrintWriter(System.out, false, StandardCharsets.UTF_8);
    }

    @Override
    public void setLogWriter(PrintWriter out) {}

    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public int getLoginTimeout() {
        return 0;
    }

    @Override
    public Logger getParentLogger() {
        return Logger.getGlobal();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        throw new SQLException("Nothing is wrapped");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
