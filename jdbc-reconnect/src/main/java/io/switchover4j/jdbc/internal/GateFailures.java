package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.spi.HoldRequest;
import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;

/** What the gate says to those whom it does not let pass. Stateless. */
final class GateFailures {

    private GateFailures() {}

    static SQLException closed(GateOptions options) {
        return new SQLNonTransientConnectionException(
                "The DataSource '%s' is closed; the unit of work was not started".formatted(options.name()), "08003");
    }

    static SQLException interrupted(GateOptions options, Route route, TopologyView view, long now, long waitedNanos) {
        return new NoPrimaryException(
                "Interrupted after %s while waiting for a primary of '%s': %s. The unit of work was not started."
                        .formatted(Texts.nanos(waitedNanos), options.name(), why(options, route, view, now)));
    }

    static SQLException noPrimary(GateOptions options, Route route, TopologyView view, long now, long waitedNanos) {
        NoPrimaryException failure =
                new NoPrimaryException("No primary for '%s' within %s: %s. The unit of work was not started."
                        .formatted(options.name(), Texts.nanos(waitedNanos), why(options, route, view, now)));
        for (NodeView node : view.nodes()) {
            Exception cause = node.failure() != null ? node.failure() : node.doubt();
            if (cause != null) {
                failure.addSuppressed(cause);
            }
        }
        return failure;
    }

    static IllegalStateException alreadyHeld(GateOptions options, Hold current, HoldRequest request) {
        return new IllegalStateException(
                "'%s' is already %s; switchover '%s' of '%s' must wait until that is released. Nothing was changed."
                        .formatted(options.name(), current.describe(), request.operationId(), request.instanceId()));
    }

    /** Why units wait, each node included. */
    private static String why(GateOptions options, Route route, TopologyView view, long now) {
        String nodes = view.describe(now, options.rules());
        return route.reason.equals(nodes) || route.reason.isEmpty() ? nodes : route.reason + "; " + nodes;
    }
}
