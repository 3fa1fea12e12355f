package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import org.jspecify.annotations.Nullable;

/**
 * Which connections of a pool were seen before it was last told to let go of them all, and which since. Each that is new since
 * then is asked once whom it reaches. Thread-safe; no lock.
 */
final class Evictions {

    private volatile SeenConnections since = new SeenConnections();
    private volatile SeenConnections before = new SeenConnections();
    private volatile boolean any;

    /** The pool is about to be told. */
    void begin() {
        any = true;
        before = since;
        since = new SeenConnections();
    }

    /** @param driver null if that is not known */
    SeenConnection seen(@Nullable Connection driver) {
        if (driver == null) {
            return any ? SeenConnection.UNKNOWN : SeenConnection.TRUSTED;
        }
        return since.of(driver, any);
    }

    /** Aborts those that were seen before. */
    void endOld(String name) {
        before.abortAll(name);
    }
}
