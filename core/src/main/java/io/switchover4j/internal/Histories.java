package io.switchover4j.internal;

import io.switchover4j.HistoryEntry;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport.PhaseTiming;
import io.switchover4j.spi.JournalRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the journal's records as what people ask about: who, why, when, phases, pause, outcome. Pure. */
final class Histories {

    private Histories() {}

    /** One entry per switchover, in the order in which they were asked for. */
    static List<HistoryEntry> of(List<JournalRecord> records) {
        Map<String, List<JournalRecord>> byOperation = new LinkedHashMap<>();
        records.forEach(record -> byOperation
                .computeIfAbsent(record.operationId(), id -> new ArrayList<>())
                .add(record));
        return byOperation.values().stream()
                .filter(Histories::isSwitchover)
                .map(Histories::entry)
                .toList();
    }

    private static boolean isSwitchover(List<JournalRecord> operation) {
        return operation.get(0).kind() == JournalRecord.Kind.REQUESTED && !Windows.isWindow(operation);
    }

    private static HistoryEntry entry(List<JournalRecord> records) {
        JournalRecord first = records.get(0);
        JournalRecord last = records.get(records.size() - 1);
        Map<String, String> facts = new LinkedHashMap<>();
        records.forEach(record -> facts.putAll(record.facts()));
        boolean ended = last.kind() == JournalRecord.Kind.ENDED;
        return new HistoryEntry(
                first.instanceId(),
                first.operationId(),
                first.facts().getOrDefault(Facts.REQUESTED_BY, ""),
                first.facts().getOrDefault(Facts.REASON, ""),
                first.at(),
                ended ? Optional.of(last.at()) : Optional.empty(),
                last.phase(),
                Optional.ofNullable(facts.get(Facts.OLD_PRIMARY)),
                Optional.ofNullable(facts.get(Facts.TARGET)),
                Optional.ofNullable(facts.get(Facts.NEW_PRIMARY)),
                phases(records, last.at()),
                Optional.ofNullable(facts.get(Facts.WRITE_PAUSE)).map(Duration::parse),
                Facts.failover(facts),
                ended ? last.facts().getOrDefault(Facts.MESSAGE, "") : "");
    }

    /** Every phase with its begin and length, the last one up to {@code until}. */
    static List<PhaseTiming> phases(List<JournalRecord> records, Instant until) {
        List<PhaseTiming> timings = new ArrayList<>();
        Phase phase = records.get(0).phase();
        Instant since = records.get(0).at();
        for (JournalRecord record : records) {
            if (record.phase() != phase) {
                timings.add(new PhaseTiming(phase, since, Duration.between(since, record.at())));
                phase = record.phase();
                since = record.at();
            }
        }
        if (!phase.isEnd()) {
            timings.add(new PhaseTiming(phase, since, Duration.between(since, until)));
        }
        return timings;
    }
}
