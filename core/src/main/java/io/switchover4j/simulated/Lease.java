package io.switchover4j.simulated;

import java.time.Instant;

/**
 * The right to switch an instance, as a node knows it. Immutable; one object per session, compared by identity.
 *
 * @param process who holds it
 */
record Lease(String process, String operationId, String audit, Instant since) {

    String holder() {
        return "'%s' (switchover %s, %s) since %s".formatted(audit, operationId, process, since);
    }
}
