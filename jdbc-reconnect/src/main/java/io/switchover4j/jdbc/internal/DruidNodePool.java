package io.switchover4j.jdbc.internal;

import com.alibaba.druid.pool.DruidConnectionHolder;
import com.alibaba.druid.pool.DruidDataSource;
import com.alibaba.druid.pool.DruidPooledConnection;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Druid. Loaded only where it is present. */
final class DruidNodePool extends PlainNodePool {

    private static final Logger log = LoggerFactory.getLogger(DruidNodePool.class);

    private static final long NO_WAIT_MILLIS = 1;

    private final DruidDataSource source;

    DruidNodePool(String name, DruidDataSource source) {
        super(name, source);
        this.source = source;
    }

    /** Only where abandoned connections are looked for is it closed, too: Druid logs an error for each that is dead. */
    @Override
    void putAway(Connection physical) throws SQLException {
        if (physical instanceof DruidPooledConnection pooled) {
            DruidConnectionHolder holder = pooled.getConnectionHolder();
            if (holder != null) {
                source.discardConnection(holder);
            }
            if (!source.isRemoveAbandoned()) {
                pooled.disable();
                return;
            }
        }
        physical.close();
    }

    /**
     * Its {@code shrink} keeps minIdle connections, the old ones, and it gives out the newest first: so all that are idle are
     * taken out, and those that are old thrown away.
     */
    @Override
    void evictIdle() {
        if (!source.isInited()) {
            return;
        }
        long now = System.currentTimeMillis();
        List<DruidPooledConnection> taken = new ArrayList<>();
        try {
            while (source.getPoolingCount() > 0 && taken.size() < source.getMaxActive()) {
                taken.add(source.getConnectionDirect(NO_WAIT_MILLIS));
            }
        } catch (SQLException e) {
            log.debug("{}: others were faster, or the node is down", name(), e);
        }
        for (DruidPooledConnection connection : taken) {
            if (connection.getConnectionHolder().getConnectTimeMillis() <= now) {
                discard(connection);
            } else {
                close(name(), connection);
            }
        }
    }

    @Override
    public boolean resets() {
        return true;
    }

    @Override
    public int idle() {
        return source.getPoolingCount();
    }

    @Override
    public boolean mayBorrowAtOnce(int held) {
        return source.getActiveCount() < source.getMaxActive();
    }
}
