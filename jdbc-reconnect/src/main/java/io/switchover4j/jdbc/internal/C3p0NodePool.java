package io.switchover4j.jdbc.internal;

import com.mchange.v2.c3p0.C3P0ProxyConnection;
import com.mchange.v2.c3p0.impl.AbstractPoolBackedDataSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Executor;

/** c3p0. Loaded only where it is present. */
final class C3p0NodePool extends PlainNodePool {

    private static final Method ABORT = abortMethod();

    private final AbstractPoolBackedDataSource source;

    C3p0NodePool(String name, AbstractPoolBackedDataSource source) {
        super(name, source);
        this.source = source;
    }

    private static Method abortMethod() {
        try {
            return Connection.class.getMethod("abort", Executor.class);
        } catch (NoSuchMethodException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Its own abort closes politely, behind a lock that a thread inside the driver may hold. */
    @Override
    void endPhysical(Connection physical, Executor executor) throws SQLException {
        if (!(physical instanceof C3P0ProxyConnection proxy)) {
            super.endPhysical(physical, executor);
            return;
        }
        try {
            proxy.rawConnectionOperation(ABORT, C3P0ProxyConnection.RAW_CONNECTION, new Object[] {executor});
        } catch (InvocationTargetException | IllegalAccessException e) {
            throw new SQLException("c3p0 could not abort a connection", e);
        }
    }

    /** It takes a dead connection back as if it were good, unless it saw an error of it. */
    @Override
    void putAway(Connection physical) throws SQLException {
        try (Statement statement = physical.createStatement()) {
            statement.execute("SELECT 1");
        } catch (SQLException e) {
            // Seen.
        }
        physical.close();
    }

    @Override
    void evictIdle() throws SQLException {
        source.softResetAllUsers();
    }

    @Override
    public boolean resets() {
        return true;
    }

    @Override
    public int idle() {
        try {
            return source.getNumIdleConnectionsDefaultUser();
        } catch (SQLException e) {
            return 0;
        }
    }

    @Override
    public boolean mayBorrowAtOnce(int held) {
        try {
            return source.getNumBusyConnectionsDefaultUser() < C3p0Pools.maxPoolSize(source);
        } catch (SQLException e) {
            return true;
        }
    }
}
