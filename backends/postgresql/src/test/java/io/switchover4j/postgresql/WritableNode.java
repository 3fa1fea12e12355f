package io.switchover4j.postgresql;

import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** Raw connections to whichever node of a pair takes writes, without any help of ours. Thread-safe. */
final class WritableNode implements DataSource {

    private final List<DataSource> nodes = new ArrayList<>();

    WritableNode(PostgresPair pair) {
        for (PostgresNode node : pair.nodes()) {
            nodes.add(node.dataSource(pair.application()));
        }
    }

    @Override
    public Connection getConnection() throws SQLException {
        SQLException reason = new SQLException("No node takes writes", "08001");
        for (DataSource node : nodes) {
            try {
                Connection connection = node.getConnection();
                if (isWritable(connection)) {
                    return connection;
                }
                connection.close();
            } catch (SQLException e) {
                reason.addSuppressed(e);
            }
        }
        throw reason;
    }

    private static boolean isWritable(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW transaction_read_only")) {
            return row.next() && row.getString(1).equals("off");
        }
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("The user is fixed");
    }

    @Override
    public PrintWriter getLogWriter() {
        return new PrintWriter(System.out);
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
