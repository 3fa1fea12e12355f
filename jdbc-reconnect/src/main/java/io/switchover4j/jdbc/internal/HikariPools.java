package io.switchover4j.jdbc.internal;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.DriverDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What we know of HikariCP: all of it in classes that are loaded only where HikariCP is present. */
final class HikariPools implements PoolKind {

    @Override
    public boolean accepts(DataSource source) {
        return source instanceof HikariDataSource;
    }

    @Override
    public NodePool pool(String name, DataSource source) {
        return new HikariNodePool(name, (HikariDataSource) source);
    }

    @Override
    public @Nullable String url(DataSource source) {
        return ((HikariDataSource) source).getJdbcUrl();
    }

    @Override
    public @Nullable String driverProperty(DataSource source, String key) {
        return ((HikariDataSource) source).getDataSourceProperties().getProperty(key);
    }

    @Override
    public @Nullable ProbeSource probe(DataSource source) {
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

    @Override
    public List<String> warningsAsStandby(String name, DataSource source) {
        HikariDataSource pool = (HikariDataSource) source;
        PoolWarnings warnings = new PoolWarnings(name);
        warnings.initSql("a connectionInitSql", pool.getConnectionInitSql());
        warnings.addIf(
                !pool.isRunning() && pool.getInitializationFailTimeout() > 0,
                "has initializationFailTimeout=%d: its first use fails if the node is down. Set it to -1."
                        .formatted(pool.getInitializationFailTimeout()));
        return warnings.list();
    }

    @Override
    public List<String> warnings(String name, DataSource source, Duration reconnectTimeout) {
        PoolWarnings warnings = new PoolWarnings(name);
        warnings.borrowTimeout(
                "connectionTimeout", ((HikariDataSource) source).getConnectionTimeout(), reconnectTimeout);
        return warnings.list();
    }
}
