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
 * it comes back. After a switch, whom an idle connection reaches is asked when it is borrowed: one round trip each.
 */
final class PlainNodePool implements NodePool {

    private static final Logger log = LoggerFactory.getLogger(PlainNodePool.class);

    private static final int IDLE_SECONDS = 1;

    private final String name;
    private final DataSource source;
    private final Executor closer;
    private volatile boolean mayGiveOld;

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
    public String name() {
        return name;
    }

    @Override
    public Connection borrow() throws SQLException {
        return source.getConnection();
    }

    @Override
    public void discard(Connection physical) {
        end(name, physical, Runnable::run);
    }

    /** The pool gets its connection back on another thread, because closing may wait for the one that uses it. */
    @Override
    public void abort(Connection physical, Executor executor) {
        abort(name, physical, executor);
        closer.execute(() -> close(name, physical));
    }

    @Override
    public void evictAll() {
        mayGiveOld = true;
    }

    @Override
    public boolean mayGiveOld() {
        return mayGiveOld;
    }

    static void end(String name, Connection physical, Executor executor) {
        abort(name, physical, executor);
        close(name, physical);
    }

    private static void close(String name, Connection physical) {
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
