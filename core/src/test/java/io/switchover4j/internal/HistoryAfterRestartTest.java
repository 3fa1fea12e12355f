package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.FileJournal;
import io.switchover4j.HistoryEntry;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverReport.PhaseTiming;
import io.switchover4j.spi.JournalRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the file journal tells the next process about the switchovers of this one. */
@Timeout(60)
class HistoryAfterRestartTest {

    @TempDir
    Path directory;

    @Test
    void theNextProcessKnowsWhoWhyWhenWhichPhasesHowLongAndHowItEnded() throws Exception {
        SwitchoverReport report;
        SwitchoverReport rejected;
        try (FileJournal journal = FileJournal.in(directory);
                Rig rig = new Rig(new FakePair(), journal, new FakeTraffic("shop"))) {
            report = rig.run();
            rejected = rig.run(Rig.request().target("b").build());
        }

        try (FileJournal journal = FileJournal.in(directory);
                Rig rig = new Rig(new FakePair(), journal)) {
            List<HistoryEntry> history = rig.coordinator.history(FakePair.ID);

            assertThat(history).hasSize(2);
            HistoryEntry entry = history.get(0);
            assertThat(entry.operationId()).isEqualTo(report.operationId());
            assertThat(entry.requestedBy()).isEqualTo("alice");
            assertThat(entry.reason()).isEqualTo("kernel update");
            assertThat(entry.requestedAt())
                    .isBetween(
                            report.startedAt().minusSeconds(5),
                            report.startedAt().plusSeconds(5));
            assertThat(entry.endedAt())
                    .hasValueSatisfying(end -> assertThat(end).isAfter(report.startedAt()));
            assertThat(entry.phase()).isEqualTo(Phase.COMPLETED);
            assertThat(entry.oldPrimary()).contains("a");
            assertThat(entry.target()).contains("b");
            assertThat(entry.newPrimary()).contains("b");
            assertThat(entry.writePause()).isEqualTo(report.writePause()).isPresent();
            assertThat(entry.message()).isEqualTo(report.message());
            assertThat(entry.phases().stream().map(PhaseTiming::phase))
                    .containsSubsequence(
                            Phase.CHECKING,
                            Phase.CATCHING_UP,
                            Phase.DRAINING,
                            Phase.FENCING,
                            Phase.CONFIRMING_POSITION,
                            Phase.PROMOTING,
                            Phase.RELEASING,
                            Phase.REJOINING);
            assertThat(history.get(1).message()).isEqualTo(rejected.message());
            assertThat(entry.describe())
                    .startsWith("COMPLETED: " + report.message())
                    .contains("requested by    alice: kernel update", "primary before  a", "primary after   b")
                    .contains("writes paused   %d ms"
                            .formatted(report.writePause().orElseThrow().toMillis()));
        }
    }

    @Test
    void readsAsATextForPeople() {
        Instant noon = Instant.parse("2026-03-01T12:00:00Z");
        HistoryEntry entry = new HistoryEntry(
                "orders",
                "op1",
                "alice",
                "",
                noon,
                Optional.of(noon.plusSeconds(3)),
                Phase.ROLLED_BACK,
                Optional.of("a"),
                Optional.of("b"),
                Optional.empty(),
                List.of(new PhaseTiming(Phase.CHECKING, noon, Duration.ofMillis(40))),
                Optional.of(Duration.ofMillis(250)),
                Optional.empty(),
                "The fence was not passed in time.");

        assertThat(entry.describe()).isEqualTo("""
                        ROLLED_BACK: The fence was not passed in time.

                        instance        orders
                        switchover      op1
                        requested by    alice
                        requested at    2026-03-01T12:00:00Z
                        ended at        2026-03-01T12:00:03Z
                        primary before  a
                        target          b
                        primary after   unknown
                        writes paused   250 ms

                        phase     began                 lasted
                        CHECKING  2026-03-01T12:00:00Z  40 ms
                        """);
    }

    @Test
    void oneThatHasNotEndedSaysSo() {
        JournalRecord requested = record("op1", 0, JournalRecord.Kind.REQUESTED, Map.of("requestedBy", "alice"));

        HistoryEntry entry = Histories.of(List.of(requested)).get(0);

        assertThat(entry.describe())
                .startsWith("SCHEDULED: no end is known; it still runs, waits, or was interrupted\n")
                .contains("primary before  unknown")
                .doesNotContain("ended at", "writes paused", "target");
    }

    @Test
    void settingsOfAnInstanceAreNoHistory() {
        JournalRecord setting = record("mode", 0, JournalRecord.Kind.DONE, Map.of());

        assertThat(Histories.of(List.of(setting))).isEmpty();
    }

    @Test
    void whatAStepReportsIsNotTakenForWhoAsked() {
        JournalRecord requested =
                record("op1", 0, JournalRecord.Kind.REQUESTED, Map.of("requestedBy", "alice", "reason", "update"));
        JournalRecord done = record("op1", 1, JournalRecord.Kind.DONE, Map.of("requestedBy", "b", "reason", "x"));

        HistoryEntry entry = Histories.of(List.of(requested, done)).get(0);

        assertThat(entry.requestedBy()).isEqualTo("alice");
        assertThat(entry.reason()).isEqualTo("update");
    }

    private static JournalRecord record(
            String operationId, long sequence, JournalRecord.Kind kind, Map<String, String> facts) {
        return new JournalRecord("orders", operationId, sequence, Instant.EPOCH, kind, Phase.SCHEDULED, "", facts);
    }
}
