package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

import io.switchover4j.Phase;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One fact about one switchover. Immutable.
 *
 * @param instanceId the instance
 * @param operationId the switchover
 * @param sequence counts the records of one switchover from 0, without a gap
 * @param at when it was written
 * @param kind what sort of fact it is
 * @param phase the phase at that time
 * @param subject the step, or empty
 * @param facts names and values, in order; no secret is ever among them
 */
public record JournalRecord(
        String instanceId,
        String operationId,
        long sequence,
        Instant at,
        Kind kind,
        Phase phase,
        String subject,
        Map<String, String> facts) {

    /**
     * @throws IllegalArgumentException if an id is blank or contains control characters, or the sequence is negative
     */
    public JournalRecord {
        Names.require("instance id", instanceId);
        Names.require("operation id", operationId);
        if (sequence < 0) {
            throw new IllegalArgumentException("The sequence of a record of switchover %s is %d; it must be 0 or more"
                    .formatted(operationId, sequence));
        }
        requireNonNull(at, "at");
        requireNonNull(kind, "kind");
        requireNonNull(phase, "phase");
        requireNonNull(subject, "subject");
        facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    }

    /** What sort of fact a record holds. */
    public enum Kind {
        /** The request as it was made: the first record. */
        REQUESTED,
        /** The switchover entered the phase. */
        PHASE,
        /** The step is about to be applied. */
        INTENT,
        /** The step was applied. */
        DONE,
        /** The step failed, or may have failed. */
        FAILED,
        /** The step is about to be undone. */
        UNDO_INTENT,
        /** The step was undone. */
        UNDONE,
        /** The switchover ended in the phase: the last record. */
        ENDED
    }
}
