package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What happened in a switchover, once it has ended. Immutable.
 *
 * @param instanceId the instance
 * @param operationId the switchover
 * @param outcome the end it came to
 * @param message what failed and why, what was changed, who is writable, what to do; for a success, one line
 * @param oldPrimary the node that was primary at the start; empty if that could not be found out
 * @param newPrimary the node that was seen to take writes when the switchover ended; empty if that is unknown
 * @param target the node that was to be promoted; empty if there was none
 * @param startedAt when it began, which is when it left {@link Phase#SCHEDULED}; when it was asked for if it never began. How
 *     long it had waited is told by the phases
 * @param phases every phase with its begin and length, in order
 * @param predictedPause what was predicted; empty if it did not come that far
 * @param writePause from the fence being applied to the first write the new (or the restored) primary accepted; empty if
 *     writes were never stopped, or were not seen to be accepted again
 * @param hold from new units of work being held to their release; empty if none were held
 * @param fencedPosition the last position the old primary wrote; empty if it was not fenced
 * @param promotedPosition the first position on the new history; empty if nothing was promoted
 * @param checks the checks with their verdicts
 * @param notes figures that the steps reported, in order
 * @param failover what a failover cost beyond a pause; empty for a planned switchover, which loses nothing
 * @param requestedBy who asked
 * @param reason why
 */
public record SwitchoverReport(
        String instanceId,
        String operationId,
        Phase outcome,
        String message,
        Optional<String> oldPrimary,
        Optional<String> newPrimary,
        Optional<String> target,
        Instant startedAt,
        List<PhaseTiming> phases,
        Optional<Duration> predictedPause,
        Optional<Duration> writePause,
        Optional<Duration> hold,
        Optional<String> fencedPosition,
        Optional<String> promotedPosition,
        List<Check> checks,
        Map<String, String> notes,
        Optional<FailoverResult> failover,
        String requestedBy,
        String reason) {

    public SwitchoverReport {
        requireNonNull(instanceId, "instanceId");
        requireNonNull(operationId, "operationId");
        requireNonNull(outcome, "outcome");
        requireNonNull(message, "message");
        requireNonNull(oldPrimary, "oldPrimary");
        requireNonNull(newPrimary, "newPrimary");
        requireNonNull(target, "target");
        requireNonNull(startedAt, "startedAt");
        requireNonNull(predictedPause, "predictedPause");
        requireNonNull(writePause, "writePause");
        requireNonNull(hold, "hold");
        requireNonNull(fencedPosition, "fencedPosition");
        requireNonNull(promotedPosition, "promotedPosition");
        requireNonNull(failover, "failover");
        requireNonNull(requestedBy, "requestedBy");
        requireNonNull(reason, "reason");
        phases = List.copyOf(phases);
        checks = List.copyOf(checks);
        notes = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(notes));
    }

    /** Whether the target is primary now, with or without the old primary following it. */
    public boolean isSwitched() {
        return outcome == Phase.COMPLETED || outcome == Phase.COMPLETED_DEGRADED;
    }

    /**
     * Returns this report if the switchover reached COMPLETED.
     *
     * @throws SwitchoverFailedException otherwise, with this report and its message
     */
    public SwitchoverReport requireCompleted() {
        if (outcome != Phase.COMPLETED) {
            throw new SwitchoverFailedException(this);
        }
        return this;
    }

    /** All of it as a text for people: the outcome, the figures, a table of the phases and their times. */
    public String describe() {
        return Texts.of(this);
    }

    /** How long one phase lasted. */
    public record PhaseTiming(Phase phase, Instant at, Duration length) {

        public PhaseTiming {
            requireNonNull(phase, "phase");
            requireNonNull(at, "at");
            requireNonNull(length, "length");
        }
    }
}
