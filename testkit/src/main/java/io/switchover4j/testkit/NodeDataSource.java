package io.switchover4j.testkit;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.Properties;
import java.util.function.Supplier;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Opens a new connection to one address on every call, in the pair's session time zone. Thread-safe. */
final class NodeDataSource implements DataSource {

    private final Supplier<String> url;
    private final Credentials credentials;
    private final String sessionTimeZone;
    private volatile int loginTimeoutSeconds = 10;

    NodeDataSource(Supplier<String> url, Credentials credentials, String sessionTimeZone) {
        this.url = url;
        this.credentials = credentials;
        this.sessionTimeZone = sessionTimeZone;
    }

    @Override
    public Connection getConnection() throws SQLException {
        return open(credentials);
    }

    @Override
    public Connection getConnection(@Nullable String user, @Nullable String password) throws SQLException {
        return open(new Credentials(user == null ? "" : user, password == null ? "" : password));
    }

    private Connection open(Credentials as) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", as.user());
        properties.setProperty("password", as.password());
        // The driver's own login time-out costs a thread per connection and leaves it behind on a frozen server.
        properties.setProperty("connectTimeout", Integer.toString(loginTimeoutSeconds));
        properties.setProperty("socketTimeout", Integer.toString(loginTimeoutSeconds));
        // The servers speak neither; asking for it costs a round trip, and on a frozen server a time-out each.
        properties.setProperty("sslmode", "disable");
        properties.setProperty("gssEncMode", "disable");
        Connection connection = DriverManager.getConnection(url.get(), properties);
        // The driver sends the zone of this JVM, which outranks the server's configuration.
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET TIME ZONE '" + sessionTimeZone.replace("'", "''") + "'");
            connection.setNetworkTimeout(Runnable::run, 0);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public void setLoginTimeout(int seconds) {
        loginTimeoutSeconds = seconds;
    }

    @Override
    public int getLoginTimeout() {
        return loginTimeoutSeconds;
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(@Nullable PrintWriter out) {
        // Nothing is written.
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("This DataSource does not use java.util.logging");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        throw new SQLException(this + " wraps no " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }

    @Override
    public String toString() {
        return "DataSource of %s as %s".formatted(url.get(), credentials);
    }
}
