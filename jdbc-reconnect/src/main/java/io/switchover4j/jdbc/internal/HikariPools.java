package io.switchover4j.jdbc.internal;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.DriverDataSource;
import java.sql.Connection;
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

    /** An unpooled connection made from the pool's own settings; null if they do not suffice. */
    static @Nullable ProbeSource probe(DataSource source) {
        HikariDataSource pool = (HikariDataSource) source;
        DataSource beneath = pool.getDataSource();
        if (beneath != null) {
            return () -> connect(beneath, pool);
        }
        String url = pool.getJdbcUrl();
        if (url == null || pool.getCredentialsProvider() != null) {
            return null;
        }
        JdbcUrl address = new JdbcUrl(url);
        DriverDataSource unpooled = new DriverDataSource(
                address.forAnyRole(),
                pool.getDriverClassName(),
                address.withTimeouts(pool.getDataSourceProperties()),
                pool.getUsername(),
                pool.getPassword());
        return unpooled::getConnection;
    }

    private static Connection connect(DataSource beneath, HikariDataSource pool) throws java.sql.SQLException {
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
                            .formatted(name, init));
        }
        if (!pool.isRunning() && pool.getInitializationFailTimeout() > 0) {
            warnings.add(("The pool of '%s' has initializationFailTimeout=%d: its first use fails if the node is down."
                            + " Set it to -1.")
                    .formatted(name, pool.getInitializationFailTimeout()));
        }
        return warnings;
    }

    private static boolean writes(String sql) {
        String text = sql.stripLeading().toUpperCase(Locale.ROOT);
        return !text.startsWith("SET")
                && !text.startsWith("SELECT")
                && !text.startsWith("SHOW")
                && !text.startsWith("VALUES");
    }
}
