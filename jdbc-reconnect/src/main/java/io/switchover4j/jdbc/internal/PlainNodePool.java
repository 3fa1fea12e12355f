package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Any DataSource. Without a call of its own for it, a pool is made to drop a connection by ending it: it finds it dead when
 * it comes back. After a switch, whom a connection reaches is asked when it is borrowed for the first time.
 *
 * <p>Pools that we know override what they have calls for.
 */
class PlainNodePool implements NodePool {

    private static final Logger log = LoggerFactory.getLogger(PlainNodePool.class);

    private static final int IDLE_SECONDS = 1;

    private final String name;
    private final DataSource source;
    private final Executor closer;
    private final Evictions evictions = new Evictions();

    PlainNodePool(String name, DataSource source) {
        this.name = name;
        this.source = source;
        this.closer = closer(name);
    }

    /** At most one thread, and none while there is nothing to close. */
    private static Executor closer(String name) {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "switchover4j-close-" + name);
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final Connection borrow() throws SQLException {
        return source.getConnection();
    }

    @Override
    public final void discard(Connection physical) {
        end(physical, Runnable::run);
        takeBack(physical);
    }

    /** The pool gets its connection back on another thread, because closing may wait for the one that uses it. */
    @Override
    public final void abort(Connection physical, Executor executor) {
        end(physical, executor);
        closer.execute(() -> takeBack(physical));
    }

    private void end(Connection physical, Executor executor) {
        try {
            endPhysical(physical, executor);
        } catch (SQLException | RuntimeException | LinkageError e) {
            log.debug("{}: a connection could not be aborted", name, e);
        }
    }

    private void takeBack(Connection physical) {
        try {
            putAway(physical);
        } catch (SQLException | RuntimeException | LinkageError e) {
            log.debug("{}: the pool did not take a discarded connection out of service", name, e);
            close(name, physical);
        }
    }

    @Override
    public final void evictAll() {
        evictions.begin();
        try {
            evictIdle();
        } catch (SQLException | RuntimeException | LinkageError e) {
            log.warn("{}: the pool did not let go of its connections; each is asked before it is used", name, e);
        }
    }

    @Override
    public final SeenConnection seen(Connection borrowed) {
        return evictions.seen(PgjdbcConnections.driverOf(borrowed));
    }

    @Override
    public final void endIdle() {
        evictions.endOld(name);
    }

    /** We cannot know. */
    @Override
    public boolean resets() {
        return false;
    }

    /** Ends a connection that another thread may be using, without waiting for that thread. */
    void endPhysical(Connection physical, Executor executor) throws SQLException {
        physical.abort(executor);
    }

    /** Gives a connection that was ended back to the pool, so that the pool closes it for good. */
    void putAway(Connection physical) throws SQLException {
        physical.close();
    }

    /** Makes the pool close what it has at hand, and what is in use when it comes back, as far as it can. */
    void evictIdle() throws SQLException {}

    static void end(String name, Connection physical, Executor executor) {
        abort(name, physical, executor);
        close(name, physical);
    }

    static void close(String name, Connection physical) {
        try {
            physical.close();
        } catch (SQLException | RuntimeException e) {
            log.debug("{}: closing a discarded connection failed", name, e);
        }
    }

    static void abort(String name, Connection physical, Executor executor) {
        try {
            physical.abort(executor);
        } catch (SQLException | RuntimeException | AbstractMethodError e) {
            log.debug("{}: a connection could not be aborted", name, e);
        }
    }
}
