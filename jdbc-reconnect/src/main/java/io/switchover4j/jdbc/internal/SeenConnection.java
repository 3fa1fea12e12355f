package io.switchover4j.jdbc.internal;

import java.lang.ref.WeakReference;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a physical connection: the driver's own, which stays the same however often a pool gives it, and however it
 * wraps it. Thread-safe.
 */
final class SeenConnection extends WeakReference<Connection> {

    /** Nothing is known, and nothing need be. */
    static final SeenConnection TRUSTED = new SeenConnection(null, false);

    /** The driver's own cannot be told; whom it reaches must be asked each time. */
    static final SeenConnection UNKNOWN = new SeenConnection(null, true);

    private static final Backend NOBODY_KNOWS = new Backend(0, 0);

    private volatile boolean mustAsk;

    private volatile @Nullable Backend backend;

    SeenConnection(@Nullable Connection driver, boolean mustAsk) {
        super(driver);
        this.mustAsk = mustAsk;
    }

    /** Whether it must be asked whom it reaches before it is used: a round trip. */
    boolean mustAsk() {
        return mustAsk;
    }

    /** It was asked, and reaches whom it should. */
    void answered() {
        if (get() != null) {
            mustAsk = false;
        }
    }

    /** Has it asked who it is to the server, if it was not yet. */
    void identify(Connection borrowed, ReplayDialect dialect) throws SQLException {
        if (backend == null && get() != null) {
            Backend told = dialect.backendOf(borrowed);
            backend = told == null ? NOBODY_KNOWS : told;
        }
    }

    /** Who it is to the server; null if that is not known. */
    @Nullable
    Backend backend() {
        Backend known = backend;
        return known == NOBODY_KNOWS ? null : known;
    }
}
