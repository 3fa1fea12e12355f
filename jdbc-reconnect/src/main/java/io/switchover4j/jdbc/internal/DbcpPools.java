package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.apache.commons.dbcp2.DriverConnectionFactory;
import org.apache.commons.dbcp2.PoolableConnection;
import org.apache.commons.dbcp2.PoolableConnectionFactory;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.jspecify.annotations.Nullable;

/** What we know of Apache Commons DBCP 2: all of it in classes that are loaded only where it is present. */
final class DbcpPools implements PoolKind {

    @Override
    public boolean accepts(DataSource source) {
        return source instanceof BasicDataSource;
    }

    @Override
    public NodePool pool(String name, DataSource source) {
        return new DbcpNodePool(name, (BasicDataSource) source);
    }

    @Override
    public @Nullable String url(DataSource source) {
        return ((BasicDataSource) source).getUrl();
    }

    /** Known once the pool runs. */
    @Override
    public @Nullable String driverProperty(DataSource source, String key) {
        GenericObjectPool<PoolableConnection> pool = ((BasicDataSource) source).getConnectionPool();
        return pool != null
                        && pool.getFactory() instanceof PoolableConnectionFactory factory
                        && factory.getConnectionFactory() instanceof DriverConnectionFactory driver
                ? driver.getProperties().getProperty(key)
                : null;
    }

    /** By the pool's own factory, because its driver properties cannot be read. */
    @Override
    public ProbeSource probe(DataSource source) {
        return () -> connect((BasicDataSource) source);
    }

    private static Connection connect(BasicDataSource source) throws SQLException {
        GenericObjectPool<PoolableConnection> pool = source.getConnectionPool();
        if (pool == null) {
            // Starts it, and connects only where an initialSize asks for that.
            source.getLogWriter();
            pool = source.getConnectionPool();
        }
        if (pool != null && pool.getFactory() instanceof PoolableConnectionFactory factory) {
            Connection connection = factory.getConnectionFactory().createConnection();
            try {
                connection.setClientInfo("ApplicationName", "switchover4j-watch");
            } catch (SQLClientInfoException e) {
                // A name is for people who look at the server's sessions, and this driver has none.
            }
            return connection;
        }
        return source.getConnection();
    }

    @Override
    public List<String> warningsAsStandby(String name, DataSource source) {
        BasicDataSource pool = (BasicDataSource) source;
        PoolWarnings warnings = new PoolWarnings(name);
        List<String> init = pool.getConnectionInitSqls();
        if (init != null) {
            init.forEach(sql -> warnings.initSql("a connectionInitSql", sql));
        }
        boolean refills = !pool.getDurationBetweenEvictionRuns().isNegative()
                && !pool.getDurationBetweenEvictionRuns().isZero();
        if (pool.getMinIdle() == 0 || !refills) {
            warnings.cold(pool.getMinIdle() == 0 ? "minIdle=0" : "minIdle without durationBetweenEvictionRuns");
        }
        return warnings.list();
    }

    @Override
    public List<String> warnings(String name, DataSource source, Duration reconnectTimeout) {
        BasicDataSource pool = (BasicDataSource) source;
        PoolWarnings warnings = new PoolWarnings(name);
        warnings.borrowTimeout("maxWait", pool.getMaxWaitDuration().toMillis(), reconnectTimeout);
        if (!pool.getTestOnBorrow()) {
            warnings.untested("testOnBorrow=false");
        }
        return warnings.list();
    }
}
