package io.switchover4j.jdbc.internal;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.DriverDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What we know of HikariCP: all of it in classes that are loaded only where HikariCP is present. */
final class HikariPools {

    private HikariPools() {}

    static boolean accepts(DataSource source) {
        return source instanceof HikariDataSource;
    }

    static NodePool pool(String name, DataSource source) {
        return new HikariNodePool(name, (HikariDataSource) source);
    }

    /** The URL of {@code source}; null if it has none. */
    static @Nullable String url(DataSource source) {
        return ((HikariDataSource) source).getJdbcUrl();
    }

    static @Nullable String driverProperty(DataSource source, String key) {
        return ((HikariDataSource) source).getDataSourceProperties().getProperty(key);
    }

    /** An unpooled connection made from the pool's own settings; null if they do not suffice. */
    static @Nullable ProbeSource probe(DataSource source) {
        HikariDataSource pool = (HikariDataSource) source;
        DataSource beneath = pool.getDataSource();
        if (beneath != null) {
            return () -> connect(beneath, pool);
        }
        String url = pool.getJdbcUrl();
        if (url == null || hasCredentialsProvider(pool)) {
            return null;
        }
        JdbcUrl address = new JdbcUrl(url);
        // Made anew for each connection, because a password may be changed while the pool runs.
        return () -> new DriverDataSource(
                        address.forAnyRole(),
                        pool.getDriverClassName(),
                        address.withTimeouts(pool.getDataSourceProperties()),
                        pool.getUsername(),
                        pool.getPassword())
                .getConnection();
    }

    private static boolean hasCredentialsProvider(HikariDataSource pool) {
        try {
            return pool.getCredentialsProvider() != null;
        } catch (NoSuchMethodError e) {
            // HikariCP before 7.1
            return false;
        }
    }

    private static Connection connect(DataSource beneath, HikariDataSource pool) throws SQLException {
        String user = pool.getUsername();
        return user == null ? beneath.getConnection() : beneath.getConnection(user, pool.getPassword());
    }

    /** What keeps the pool from having warm connections on a standby. */
    static List<String> warningsAsStandby(String name, DataSource source) {
        HikariDataSource pool = (HikariDataSource) source;
        List<String> warnings = new ArrayList<>();
        String init = pool.getConnectionInitSql();
        if (init != null && writes(init)) {
            warnings.add(
                    ("The pool of '%s' has a connectionInitSql that writes ('%s'): it fails on a standby, so that no connection"
                                    + " is ready there when it is promoted. Take it out.")
                            .formatted(name, SqlText.headline(init)));
        }
        if (!pool.isRunning() && pool.getInitializationFailTimeout() > 0) {
            warnings.add(("The pool of '%s' has initializationFailTimeout=%d: its first use fails if the node is down."
                            + " Set it to -1.")
                    .formatted(name, pool.getInitializationFailTimeout()));
        }
        return warnings;
    }

    /** What may keep a unit waiting for longer than it was told to. */
    static List<String> warningsOfTimeouts(String name, DataSource source, Duration reconnectTimeout) {
        long millis = ((HikariDataSource) source).getConnectionTimeout();
        if (millis <= reconnectTimeout.toMillis()) {
            return List.of();
        }
        return List.of(
                ("The pool of '%s' has connectionTimeout=%d ms, more than the reconnectTimeout of %d ms: a unit of work"
                                + " may wait that long for a connection. Make it the same or less.")
                        .formatted(name, millis, reconnectTimeout.toMillis()));
    }

    private static boolean writes(String sql) {
        String text = sql.stripLeading().toUpperCase(Locale.ROOT);
        return !text.startsWith("SET")
                && !text.startsWith("SELECT")
                && !text.startsWith("SHOW")
                && !text.startsWith("VALUES");
    }
}
