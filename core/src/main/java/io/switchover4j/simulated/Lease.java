package io.switchover4j.simulated;

import io.switchover4j.Phase;
import java.time.Instant;

/** The right to switch an instance, as a node knows it; one object per session, compared by identity. Thread-safe. */
final class Lease {

    private final String process;
    private final String operationId;
    private final String audit;
    private final Instant since;
    private volatile Phase phase;

    /**
     * @param process who holds it
     * @param phase where the switchover is when the lease is taken
     */
    Lease(String process, String operationId, String audit, Instant since, Phase phase) {
        this.process = process;
        this.operationId = operationId;
        this.audit = audit;
        this.since = since;
        this.phase = phase;
    }

    String process() {
        return process;
    }

    void phase(Phase next) {
        phase = next;
    }

    String holder() {
        return "'%s' from %s since %s (switchover %s, now %s)".formatted(audit, process, since, operationId, phase);
    }
}
