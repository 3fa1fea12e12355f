package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Connects past a pool, by the driver itself. The properties are read for each connection: a password may be changed. */
final class DriverProbe implements ProbeSource {

    private final JdbcUrl url;
    private final Driver driver;
    private final Supplier<Properties> properties;

    private DriverProbe(JdbcUrl url, Driver driver, Supplier<Properties> properties) {
        this.url = url;
        this.driver = driver;
        this.properties = properties;
    }

    /**
     * Returns null if there is no URL or no driver for it.
     *
     * @param driverClass a class whose loading registers the driver; may be null
     */
    static @Nullable ProbeSource of(
            @Nullable String url, @Nullable String driverClass, Supplier<Properties> properties) {
        if (url == null) {
            return null;
        }
        if (driverClass != null) {
            load(driverClass);
        }
        try {
            return new DriverProbe(new JdbcUrl(url), DriverManager.getDriver(url), properties);
        } catch (SQLException e) {
            return null;
        }
    }

    /** The pool's settings, with its user. */
    static Properties properties(@Nullable Properties own, @Nullable String user, @Nullable String password) {
        Properties all = new Properties();
        if (own != null) {
            own.stringPropertyNames().forEach(key -> all.setProperty(key, own.getProperty(key, "")));
        }
        if (user != null) {
            all.setProperty("user", user);
        }
        if (password != null) {
            all.setProperty("password", password);
        }
        return all;
    }

    private static void load(String driverClass) {
        try {
            Class.forName(driverClass, true, Thread.currentThread().getContextClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            // Then it is registered already, or there is none.
        }
    }

    @Override
    public Connection connect() throws SQLException {
        Connection connection = driver.connect(url.forAnyRole(), url.withTimeouts(properties.get()));
        if (connection == null) {
            throw new SQLException("The driver does not take the URL of the pool", "08001");
        }
        return connection;
    }
}
