package io.switchover4j.jdbc.internal;

import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.apache.tomcat.jdbc.pool.DataSourceProxy;
import org.jspecify.annotations.Nullable;

/** What we know of Tomcat's JDBC pool: all of it in classes that are loaded only where it is present. */
final class TomcatPools implements PoolKind {

    @Override
    public boolean accepts(DataSource source) {
        return source instanceof DataSourceProxy;
    }

    @Override
    public NodePool pool(String name, DataSource source) {
        return new TomcatNodePool(name, source, proxy(source));
    }

    @Override
    public @Nullable String url(DataSource source) {
        return proxy(source).getUrl();
    }

    @Override
    public @Nullable String driverProperty(DataSource source, String key) {
        return proxy(source).getDbProperties().getProperty(key);
    }

    /** The pool itself gives a sentence in place of its password. */
    @Override
    public @Nullable ProbeSource probe(DataSource source) {
        DataSourceProxy pool = proxy(source);
        if (pool.getDataSource() instanceof DataSource beneath) {
            String user = pool.getUsername();
            return () -> user == null
                    ? beneath.getConnection()
                    : beneath.getConnection(user, pool.getPoolProperties().getPassword());
        }
        return DriverProbe.of(
                pool.getUrl(),
                pool.getDriverClassName(),
                () -> DriverProbe.properties(
                        pool.getDbProperties(),
                        pool.getUsername(),
                        pool.getPoolProperties().getPassword()));
    }

    @Override
    public List<String> warningsAsStandby(String name, DataSource source) {
        DataSourceProxy pool = proxy(source);
        PoolWarnings warnings = new PoolWarnings(name);
        warnings.initSql("an initSQL", pool.getInitSQL());
        warnings.addIf(
                pool.getInitialSize() > 0 && !pool.isIgnoreExceptionOnPreLoad(),
                "has initialSize=%d: its first use fails if the node is down. Set initialSize=0 or ignoreExceptionOnPreLoad=true."
                        .formatted(pool.getInitialSize()));
        return warnings.list();
    }

    @Override
    public List<String> warnings(String name, DataSource source, Duration reconnectTimeout) {
        DataSourceProxy pool = proxy(source);
        PoolWarnings warnings = new PoolWarnings(name);
        warnings.borrowTimeout("maxWait", pool.getMaxWait(), reconnectTimeout);
        if (!pool.isTestOnBorrow()) {
            warnings.untested("testOnBorrow=false");
        }
        warnings.addIf(
                !pool.isFairQueue(),
                "has fairQueue=false: when all wait at once after a switch, a unit of work may be overtaken until its"
                        + " maxWait is over. Set it to true.");
        return warnings.list();
    }

    /** Its DataSource implements the interface in a subclass only. */
    private static DataSourceProxy proxy(DataSource source) {
        return (DataSourceProxy) source;
    }
}
