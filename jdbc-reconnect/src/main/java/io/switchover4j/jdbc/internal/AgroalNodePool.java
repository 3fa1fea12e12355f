package io.switchover4j.jdbc.internal;

import io.agroal.api.AgroalDataSource;
import io.agroal.pool.ConnectionHandler;
import io.agroal.pool.wrapper.ConnectionWrapper;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Executor;

/** Agroal. Loaded only where it is present. */
final class AgroalNodePool extends PlainNodePool {

    private final AgroalDataSource source;

    AgroalNodePool(String name, AgroalDataSource source) {
        super(name, source);
        this.source = source;
    }

    /** Its own abort gives the connection back as if it were good, unless it is marked before. */
    @Override
    void endPhysical(Connection physical, Executor executor) throws SQLException {
        if (physical instanceof ConnectionWrapper wrapper) {
            ConnectionHandler handler = wrapper.getHandler();
            handler.setFlushOnly();
            handler.rawConnection().abort(executor);
        } else {
            super.endPhysical(physical, executor);
        }
    }

    /** Done a moment later, on the pool's own thread; what is in use goes when it comes back. */
    @Override
    void evictIdle() {
        source.flush(AgroalDataSource.FlushMode.GRACEFUL);
    }

    @Override
    public boolean resets() {
        return true;
    }

    /** It counts for others only where its metrics are on. */
    @Override
    public boolean mayBorrowAtOnce(int held) {
        return held < source.getConfiguration().connectionPoolConfiguration().maxSize();
    }
}
