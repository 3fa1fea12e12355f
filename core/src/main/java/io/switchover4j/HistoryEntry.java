package io.switchover4j;

import static java.util.Objects.requireNonNull;

import io.switchover4j.SwitchoverReport.PhaseTiming;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One switchover as the journal remembers it. Immutable.
 *
 * @param instanceId the instance
 * @param operationId the switchover
 * @param requestedBy who asked
 * @param reason why
 * @param requestedAt when it was asked for
 * @param endedAt when it ended; empty if the journal knows of no end: it still runs, or was interrupted
 * @param phase the end it came to, or the last phase that is known
 * @param oldPrimary the node that was primary at the start; empty if it did not come that far
 * @param target the node to promote; empty if it did not come that far
 * @param newPrimary the node that was known to take writes at the end; empty if that was unknown, or it has not ended
 * @param phases every phase with its begin and length, in order
 * @param writePause how long writes paused; empty if they did not, or if that is not known
 * @param failover what a failover cost beyond a pause; empty for a planned switchover
 * @param message the report's message; empty if it has not ended
 */
public record HistoryEntry(
        String instanceId,
        String operationId,
        String requestedBy,
        String reason,
        Instant requestedAt,
        Optional<Instant> endedAt,
        Phase phase,
        Optional<String> oldPrimary,
        Optional<String> target,
        Optional<String> newPrimary,
        List<PhaseTiming> phases,
        Optional<Duration> writePause,
        Optional<FailoverResult> failover,
        String message) {

    public HistoryEntry {
        requireNonNull(instanceId, "instanceId");
        requireNonNull(operationId, "operationId");
        requireNonNull(requestedBy, "requestedBy");
        requireNonNull(reason, "reason");
        requireNonNull(requestedAt, "requestedAt");
        requireNonNull(endedAt, "endedAt");
        requireNonNull(phase, "phase");
        requireNonNull(oldPrimary, "oldPrimary");
        requireNonNull(target, "target");
        requireNonNull(newPrimary, "newPrimary");
        phases = List.copyOf(phases);
        requireNonNull(writePause, "writePause");
        requireNonNull(failover, "failover");
        requireNonNull(message, "message");
    }

    /** All of it as a text for people: the outcome, who and why, the figures, a table of the phases and their times. */
    public String describe() {
        return Texts.of(this);
    }
}
