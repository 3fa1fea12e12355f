package io.switchover4j.internal;

import io.switchover4j.FailoverResult;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport.PhaseTiming;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the journal remembers of a switchover that has not ended, read as what its next process must know. Immutable. */
final class Recollection {

    /** Facts of a step's record that are no notes of the step. */
    private static final Set<String> NO_NOTES =
            Set.of("took", "error", Facts.FENCED_POSITION, Facts.PROMOTED_POSITION, Facts.FENCE, Facts.FENCE_DETAIL);

    private final List<JournalRecord> records;
    private final JournalRecord first;
    private final JournalRecord last;

    /**
     * @param records of one switchover, at least one, oldest first
     */
    Recollection(List<JournalRecord> records) {
        this.records = List.copyOf(records);
        this.first = this.records.get(0);
        this.last = this.records.get(this.records.size() - 1);
    }

    List<JournalRecord> records() {
        return records;
    }

    String instanceId() {
        return first.instanceId();
    }

    String operationId() {
        return first.operationId();
    }

    Instant requestedAt() {
        return first.at();
    }

    /** When it began; when it was asked for if it never did. */
    Instant begunAt() {
        return records.stream()
                .filter(record -> record.phase() != Phase.SCHEDULED)
                .findFirst()
                .map(JournalRecord::at)
                .orElseGet(this::requestedAt);
    }

    SwitchoverRequest request() {
        return Facts.request(first);
    }

    Phase phase() {
        return last.phase();
    }

    Instant phaseAt() {
        Instant at = last.at();
        for (int i = records.size() - 1; i >= 0 && records.get(i).phase() == last.phase(); i--) {
            at = records.get(i).at();
        }
        return at;
    }

    /** The phases before the last one. */
    List<PhaseTiming> phasesBefore() {
        List<PhaseTiming> all = Histories.phases(records, last.at());
        return all.isEmpty() ? all : all.subList(0, all.size() - 1);
    }

    boolean isEnded() {
        return records.stream().anyMatch(record -> record.kind() == Kind.ENDED);
    }

    long nextSequence() {
        return records.stream().mapToLong(JournalRecord::sequence).max().orElse(-1) + 1;
    }

    /** A step that was about to be applied. */
    record Intent(Phase phase, String step, Instant at) {}

    /** The steps that may have been applied, each once, in order. */
    List<Intent> intents() {
        Map<String, Intent> intents = new LinkedHashMap<>();
        of(Kind.INTENT)
                .forEach(record -> intents.putIfAbsent(
                        record.subject(), new Intent(record.phase(), record.subject(), record.at())));
        return List.copyOf(intents.values());
    }

    /** What was said of a step before it was first applied; empty if it never was. */
    Optional<Map<String, String>> intent(String step) {
        return of(Kind.INTENT).stream()
                .filter(record -> record.subject().equals(step))
                .findFirst()
                .map(JournalRecord::facts);
    }

    /** Steps that are undone for certain. */
    Set<String> undone() {
        Set<String> undone = new LinkedHashSet<>();
        of(Kind.UNDONE).forEach(record -> undone.add(record.subject()));
        return undone;
    }

    Optional<String> oldPrimary() {
        return fact(Facts.OLD_PRIMARY);
    }

    /** Whether the old primary answered as such when the first step was about to be applied. */
    Optional<Boolean> hadPrimary() {
        return fact(Facts.PRIMARY_ANSWERED).map(Boolean::parseBoolean);
    }

    Optional<String> target() {
        return of(Kind.PHASE).stream()
                .flatMap(record -> Optional.ofNullable(record.facts().get(Facts.TARGET)).stream())
                .reduce((one, later) -> later);
    }

    /** What it knew of the price of a failover; empty if it was none. */
    Optional<FailoverResult> failover() {
        Map<String, String> facts = new LinkedHashMap<>();
        records.forEach(record -> facts.putAll(record.facts()));
        return Facts.failover(facts);
    }

    Optional<String> fencedPosition() {
        return fact(Facts.FENCED_POSITION);
    }

    Optional<String> promotedPosition() {
        return fact(Facts.PROMOTED_POSITION);
    }

    private Optional<String> fact(String name) {
        return records.stream()
                .flatMap(record -> Optional.ofNullable(record.facts().get(name)).stream())
                .reduce((one, later) -> later);
    }

    /** What the steps reported. */
    Map<String, String> notes() {
        Map<String, String> notes = new LinkedHashMap<>();
        records.stream()
                .filter(record -> record.kind() == Kind.DONE || record.kind() == Kind.UNDONE)
                .forEach(record -> notes.putAll(record.facts()));
        notes.keySet().removeAll(NO_NOTES);
        return notes;
    }

    /** Why it did not simply go on: what had turned it back or put it in doubt, and each process that ended. */
    List<Cause> causes() {
        List<Cause> causes = new ArrayList<>();
        Phase before = first.phase();
        for (JournalRecord record : of(Kind.PHASE)) {
            boolean turned = record.phase() == Phase.ROLLING_BACK || record.phase() == Phase.RESOLVING;
            Phase from = before;
            if (turned) {
                Facts.event(record)
                        .filter(event -> event != Event.OBSERVED_NOT_PROMOTED)
                        .ifPresent(event -> causes.add(
                                new Cause(from, event, record.facts().getOrDefault(Facts.WHY, event.text()), "")));
            }
            before = record.phase();
        }
        return causes;
    }

    /** How long writes paused, where it is known already that they go on. */
    Optional<Duration> writePause() {
        Optional<Instant> began = pauseBegan();
        Set<String> fences = new LinkedHashSet<>();
        intents().stream()
                .filter(intent -> intent.phase() == Phase.FENCING)
                .forEach(intent -> fences.add(intent.step()));
        return records.stream()
                .filter(record -> (record.kind() == Kind.DONE && record.phase() == Phase.RELEASING)
                        || (record.kind() == Kind.UNDONE && fences.contains(record.subject())))
                .map(JournalRecord::at)
                .findFirst()
                .flatMap(ended -> began.map(from -> Duration.between(from, ended)));
    }

    private Optional<Instant> pauseBegan() {
        return began(Phase.FENCING).or(() -> began(Phase.PROMOTING));
    }

    private Optional<Instant> began(Phase phase) {
        return intents().stream()
                .filter(intent -> intent.phase() == phase)
                .map(Intent::at)
                .findFirst();
    }

    private List<JournalRecord> of(Kind kind) {
        return records.stream().filter(record -> record.kind() == kind).toList();
    }
}
