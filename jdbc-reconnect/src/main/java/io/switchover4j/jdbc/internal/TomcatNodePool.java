package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.apache.tomcat.jdbc.pool.DataSourceProxy;
import org.apache.tomcat.jdbc.pool.PooledConnection;

/** Tomcat's JDBC pool. Loaded only where it is present. */
final class TomcatNodePool extends PlainNodePool {

    private final DataSourceProxy proxy;

    TomcatNodePool(String name, DataSource source, DataSourceProxy proxy) {
        super(name, source);
        this.proxy = proxy;
    }

    /** It takes a dead connection back as if it were good, unless it is marked. */
    @Override
    void putAway(Connection physical) throws SQLException {
        physical.unwrap(PooledConnection.class).setDiscarded(true);
        physical.close();
    }

    @Override
    void evictIdle() {
        if (proxy.getPool() != null) {
            proxy.purge();
        }
    }

    @Override
    public int idle() {
        return proxy.getPool() == null ? 0 : proxy.getIdle();
    }

    @Override
    public boolean mayBorrowAtOnce(int held) {
        return proxy.getPool() == null || proxy.getActive() < proxy.getMaxActive();
    }
}
