package io.switchover4j.internal.journal;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Records as a switchover writes them. */
final class Records {

    static final Instant NOON = Instant.parse("2026-03-01T12:00:00.123456789Z");

    private Records() {}

    static JournalRecord of(String instanceId, String operationId, long sequence, Kind kind, Phase phase) {
        return at(NOON.plusMillis(sequence), instanceId, operationId, sequence, kind, phase);
    }

    static JournalRecord at(Instant at, String instanceId, String operationId, long sequence, Kind kind, Phase phase) {
        return new JournalRecord(
                instanceId,
                operationId,
                sequence,
                at,
                kind,
                phase,
                kind == Kind.INTENT ? "stop 'a'" : "",
                Map.of("number", Long.toString(sequence)));
    }

    static JournalRecord requested(String instanceId, String operationId) {
        return of(instanceId, operationId, 0, Kind.REQUESTED, Phase.SCHEDULED);
    }

    static JournalRecord fencing(String instanceId, String operationId) {
        return of(instanceId, operationId, 1, Kind.INTENT, Phase.FENCING);
    }

    static JournalRecord ended(String instanceId, String operationId, long sequence, Instant at) {
        return at(at, instanceId, operationId, sequence, Kind.ENDED, Phase.COMPLETED);
    }

    /** A whole switchover that ended then. */
    static List<JournalRecord> switchover(String instanceId, String operationId, Instant end) {
        return List.of(
                at(end.minusSeconds(2), instanceId, operationId, 0, Kind.REQUESTED, Phase.SCHEDULED),
                at(end.minusSeconds(1), instanceId, operationId, 1, Kind.INTENT, Phase.FENCING),
                at(end.minusSeconds(1), instanceId, operationId, 2, Kind.DONE, Phase.FENCING),
                ended(instanceId, operationId, 3, end));
    }

    static JournalRecord setting(String instanceId, String operationId, long sequence) {
        return of(instanceId, operationId, sequence, Kind.DONE, Phase.SCHEDULED);
    }
}
