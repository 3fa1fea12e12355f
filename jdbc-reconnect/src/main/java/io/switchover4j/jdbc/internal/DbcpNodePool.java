package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import org.apache.commons.dbcp2.BasicDataSource;
import org.apache.commons.dbcp2.PoolableConnection;
import org.apache.commons.pool2.impl.GenericObjectPool;

/** Apache Commons DBCP 2. Loaded only where it is present. */
final class DbcpNodePool extends PlainNodePool {

    private final BasicDataSource source;

    DbcpNodePool(String name, BasicDataSource source) {
        super(name, source);
        this.source = source;
    }

    @Override
    void putAway(Connection physical) {
        source.invalidateConnection(physical);
    }

    /** It has no mark for what is in use: that is asked when it is borrowed again. */
    @Override
    void evictIdle() {
        GenericObjectPool<PoolableConnection> pool = source.getConnectionPool();
        if (pool != null) {
            pool.clear();
        }
    }

    @Override
    public int idle() {
        return source.getNumIdle();
    }

    @Override
    public boolean mayBorrowAtOnce(int held) {
        return source.getMaxTotal() < 0 || source.getNumActive() < source.getMaxTotal();
    }
}
