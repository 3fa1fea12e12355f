package io.switchover4j.jdbc.internal;

import org.jspecify.annotations.Nullable;

/**
 * What traffic may do now: the one thing the hot path reads. Immutable; replaced whole, so that a comparison of
 * references tells that nothing changed.
 *
 * <p>An attached connection goes on as long as the route is the very object it attached under. On another object it looks
 * closer: a newer epoch means another primary; a closed route of the same epoch lets open units finish.
 */
final class Route {

    /** Whether new units may start. */
    final boolean open;

    /** Counts the primaries this DataSource has seen; grows with each. */
    final long epoch;

    /** The current primary; null while none is known. */
    final @Nullable NodePool primary;

    /** Why the route is closed, for messages; empty if it is open. */
    final String reason;

    private Route(boolean open, long epoch, @Nullable NodePool primary, String reason) {
        this.open = open;
        this.epoch = epoch;
        this.primary = primary;
        this.reason = reason;
    }

    static Route open(long epoch, NodePool primary) {
        return new Route(true, epoch, primary, "");
    }

    static Route closed(long epoch, @Nullable NodePool primary, String reason) {
        return new Route(false, epoch, primary, reason);
    }
}
