package io.switchover4j.jdbc.internal;

import com.alibaba.druid.filter.config.ConfigFilter;
import com.alibaba.druid.pool.DruidDataSource;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** What we know of Druid: all of it in classes that are loaded only where it is present. */
final class DruidPools implements PoolKind {

    private static final int LONG_RETRY_DELAY_MILLIS = 200;

    @Override
    public boolean accepts(DataSource source) {
        return source instanceof DruidDataSource;
    }

    @Override
    public NodePool pool(String name, DataSource source) {
        return new DruidNodePool(name, (DruidDataSource) source);
    }

    @Override
    public @Nullable String url(DataSource source) {
        return ((DruidDataSource) source).getRawJdbcUrl();
    }

    @Override
    public @Nullable String driverProperty(DataSource source, String key) {
        return ((DruidDataSource) source).getConnectProperties().getProperty(key);
    }

    @Override
    public @Nullable ProbeSource probe(DataSource source) {
        DruidDataSource pool = (DruidDataSource) source;
        boolean secretElsewhere = pool.getUserCallback() != null
                || pool.getPasswordCallback() != null
                || pool.getProxyFilters().stream().anyMatch(ConfigFilter.class::isInstance);
        if (secretElsewhere) {
            return null;
        }
        return DriverProbe.of(
                pool.getRawJdbcUrl(),
                pool.getDriverClassName(),
                () -> DriverProbe.properties(pool.getConnectProperties(), pool.getUsername(), pool.getPassword()));
    }

    @Override
    public List<String> warningsAsStandby(String name, DataSource source) {
        DruidDataSource pool = (DruidDataSource) source;
        PoolWarnings warnings = new PoolWarnings(name);
        pool.getConnectionInitSqls().forEach(sql -> warnings.initSql("a connectionInitSql", sql));
        if (!pool.isKeepAlive() || pool.getMinIdle() == 0) {
            warnings.cold(pool.getMinIdle() == 0 ? "minIdle=0" : "keepAlive=false");
        }
        return warnings.list();
    }

    @Override
    public List<String> warnings(String name, DataSource source, Duration reconnectTimeout) {
        DruidDataSource pool = (DruidDataSource) source;
        PoolWarnings warnings = new PoolWarnings(name);
        warnings.borrowTimeout("maxWait", pool.getMaxWait(), reconnectTimeout);
        if (!pool.isTestOnBorrow()) {
            warnings.untested("testOnBorrow=false");
        }
        warnings.addIf(
                pool.getTimeBetweenConnectErrorMillis() > LONG_RETRY_DELAY_MILLIS,
                ("has timeBetweenConnectErrorMillis=%d: a pool that could not connect while its node was down tries again"
                                + " only after that, also when the node is the primary by then. Set it to %d or less.")
                        .formatted(pool.getTimeBetweenConnectErrorMillis(), LONG_RETRY_DELAY_MILLIS));
        warnings.addIf(
                pool.isBreakAfterAcquireFailure(),
                "has breakAfterAcquireFailure=true: once its node was down, it never opens a connection again. Set it to false.");
        return warnings.list();
    }
}
