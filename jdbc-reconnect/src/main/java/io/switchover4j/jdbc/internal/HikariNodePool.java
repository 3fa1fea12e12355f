package io.switchover4j.jdbc.internal;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** HikariCP, which has calls of its own for eviction. Loaded only where HikariCP is present. */
final class HikariNodePool implements NodePool {

    private static final Logger log = LoggerFactory.getLogger(HikariNodePool.class);

    private final String name;
    private final HikariDataSource source;
    private final Evictions evictions = new Evictions();

    HikariNodePool(String name, HikariDataSource source) {
        this.name = name;
        this.source = source;
    }

    @Override
    public String name() {
        return name;
    }

    /** A pool that is started by its first borrow throws an unchecked exception if the node is down. */
    @Override
    public Connection borrow() throws SQLException {
        try {
            return source.getConnection();
        } catch (RuntimeException e) {
            throw new SQLTransientConnectionException(
                    "The pool of '%s' could not be started: %s".formatted(name, e.getMessage()), "08001", e);
        }
    }

    @Override
    public int idle() {
        HikariPoolMXBean pool = source.getHikariPoolMXBean();
        return pool == null ? 0 : pool.getIdleConnections();
    }

    @Override
    public boolean mayBorrowAtOnce(int held) {
        HikariPoolMXBean pool = source.getHikariPoolMXBean();
        return pool == null
                || pool.getIdleConnections() > 0
                || pool.getTotalConnections() < source.getMaximumPoolSize();
    }

    @Override
    public void discard(Connection physical) {
        try {
            source.evictConnection(physical);
        } catch (RuntimeException e) {
            log.debug("{}: evicting a connection failed", name, e);
            PlainNodePool.end(name, physical, Runnable::run);
        }
    }

    @Override
    public void abort(Connection physical, Executor executor) {
        PlainNodePool.abort(name, physical, executor);
        discard(physical);
    }

    @Override
    public void evictAll() {
        evictions.begin();
        HikariPoolMXBean pool = source.getHikariPoolMXBean();
        if (pool == null) {
            return;
        }
        try {
            pool.softEvictConnections();
        } catch (RuntimeException e) {
            log.warn("{}: the pool did not let go of its connections", name, e);
        }
    }

    @Override
    public SeenConnection seen(Connection borrowed) throws SQLException {
        return evictions.seen(borrowed.unwrap(Connection.class));
    }

    @Override
    public void endIdle() {
        evictions.endOld(name);
    }
}
