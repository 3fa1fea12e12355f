package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is dropped, when, and what never is. */
class CompactionTest {

    private static final Instant NOW = Records.NOON;
    private static final Duration YEAR = Duration.ofDays(365);
    private static final Instant LONG_AGO = NOW.minus(YEAR).minusMillis(1);

    @TempDir
    Path directory;

    @Test
    void dropsWhatEndedBeforeTheHistoryToKeep() throws Exception {
        try (DirectoryJournal journal = open(1 << 20)) {
            appendOld(journal, "orders", 10);
            Records.switchover("orders", "kept", NOW.minus(YEAR)).forEach(journal::append);
        }
        long before = Files.size(Journals.file(directory));

        try (DirectoryJournal journal = open(100)) {
            assertThat(operations(journal, "orders")).containsExactly("kept");
            assertThat(journal.read("orders"))
                    .containsExactlyElementsOf(Records.switchover("orders", "kept", NOW.minus(YEAR)));
        }
        assertThat(Files.size(Journals.file(directory))).isLessThan(before / 5);
        assertThat(directory.resolve(JournalFile.NEW_NAME)).doesNotExist();
    }

    @Test
    void keepsTheNewestSwitchoverOfAnInstanceHoweverOld() {
        try (DirectoryJournal journal = open(1 << 20)) {
            appendOld(journal, "orders", 10);
            Records.switchover("billing", "only", LONG_AGO.minusSeconds(9)).forEach(journal::append);
        }

        try (DirectoryJournal journal = open(100)) {
            assertThat(operations(journal, "orders")).containsExactly("old9");
            assertThat(operations(journal, "billing")).containsExactly("only");
        }
    }

    @Test
    void keepsTheNewestSwitchoverWhateverElseHasEndedSince() {
        try (DirectoryJournal journal = open(1 << 20)) {
            appendOld(journal, "orders", 10);
            for (int i = 0; i < 2; i++) {
                journal.append(named("window" + i, 0, Kind.REQUESTED));
                journal.append(named("window" + i, 1, Kind.ENDED));
            }
        }

        try (DirectoryJournal journal = open(100)) {
            assertThat(operations(journal, "orders")).containsExactly("old9", "window1");
        }
    }

    private static JournalRecord named(String operationId, long sequence, Kind kind) {
        return new JournalRecord(
                "orders", operationId, sequence, LONG_AGO, kind, Phase.COMPLETED, "maintenance window", Map.of());
    }

    @Test
    void keepsWhatHasNotEndedAndItsPlaceInTheOrder() {
        List<JournalRecord> first = List.of(
                Records.at(LONG_AGO, "orders", "first", 0, Kind.REQUESTED, Phase.SCHEDULED),
                Records.at(LONG_AGO, "orders", "first", 1, Kind.PHASE, Phase.CHECKING));
        JournalRecord second = Records.at(LONG_AGO, "billing", "second", 0, Kind.REQUESTED, Phase.SCHEDULED);
        try (DirectoryJournal journal = open(1 << 20)) {
            journal.append(first.get(0));
            appendOld(journal, "orders", 5);
            journal.append(second);
            appendOld(journal, "billing", 5);
            journal.append(first.get(1));
        }

        try (DirectoryJournal journal = open(100)) {
            assertThat(operations(journal, "orders")).containsExactly("first", "old4", "first");
            assertThat(journal.unfinished()).containsExactly(first, List.of(second));
        }
        try (DirectoryJournal journal = open(1 << 20)) {
            assertThat(journal.unfinished()).containsExactly(first, List.of(second));
        }
    }

    @Test
    void keepsOnlyTheNewestRecordOfASetting() {
        try (DirectoryJournal journal = open(1 << 20)) {
            for (int i = 0; i < 5; i++) {
                journal.append(Records.setting("orders", "mode", i));
            }
            appendOld(journal, "orders", 5);
        }

        try (DirectoryJournal journal = open(100)) {
            assertThat(journal.read("orders"))
                    .filteredOn(record -> record.operationId().equals("mode"))
                    .containsExactly(Records.setting("orders", "mode", 4));
            journal.append(Records.setting("orders", "mode", 5));
        }
    }

    @Test
    void rewritesNothingWhileMostOfItIsWorthKeeping() throws Exception {
        try (DirectoryJournal journal = open(1 << 20)) {
            appendOld(journal, "orders", 2);
            Records.switchover("orders", "new1", NOW).forEach(journal::append);
            Records.switchover("orders", "new2", NOW).forEach(journal::append);
            Records.switchover("orders", "new3", NOW).forEach(journal::append);
        }
        byte[] before = Journals.bytes(directory);

        open(100).close();

        assertThat(Journals.bytes(directory)).isEqualTo(before);
    }

    @Test
    void leavesASmallFileAsItIs() throws Exception {
        try (DirectoryJournal journal = open(1 << 20)) {
            appendOld(journal, "orders", 20);
        }
        byte[] before = Journals.bytes(directory);

        open(before.length).close();
        assertThat(Journals.bytes(directory)).isEqualTo(before);

        open(before.length - 1).close();
        assertThat(Journals.bytes(directory)).hasSizeLessThan(before.length);
    }

    @Test
    void waitsUntilNoSwitchoverPausesItsTraffic() throws Exception {
        try (DirectoryJournal journal = open(1 << 20)) {
            appendOld(journal, "orders", 20);
        }
        long before = Files.size(Journals.file(directory));

        for (Phase phase : List.of(
                Phase.DRAINING,
                Phase.FENCING,
                Phase.CONFIRMING_POSITION,
                Phase.PROMOTING,
                Phase.RELEASING,
                Phase.ROLLING_BACK,
                Phase.RESOLVING)) {
            long sequence = phase.ordinal() + 10L;
            try (DirectoryJournal journal = open(1 << 20)) {
                if (phase == Phase.DRAINING) {
                    journal.append(Records.requested("billing", "running"));
                }
                journal.append(Records.of("billing", "running", sequence, Kind.PHASE, phase));
            }
            open(100).close();
            assertThat(Files.size(Journals.file(directory))).as("%s", phase).isGreaterThan(before);
        }

        try (DirectoryJournal journal = open(1 << 20)) {
            journal.append(Records.of("billing", "running", 99, Kind.PHASE, Phase.REJOINING));
        }
        open(100).close();
        assertThat(Files.size(Journals.file(directory))).isLessThan(before / 2);
    }

    @Test
    void theFileStaysSmallHoweverOftenItIsSwitched() throws Exception {
        try (DirectoryJournal journal = open(4000)) {
            for (int i = 0; i < 500; i++) {
                Records.switchover("orders", "op" + i, LONG_AGO).forEach(journal::append);
            }
            assertThat(operations(journal, "orders")).last().isEqualTo("op499");
        }
        assertThat(Files.size(Journals.file(directory))).isLessThan(10_000);
    }

    @Test
    void keepsEverythingWorthKeepingOfAFileThatIsWrittenInManyPieces() {
        int instances = 100;
        String why = "x".repeat(1_000);
        try (DirectoryJournal journal = open(Long.MAX_VALUE)) {
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < instances; i++) {
                    journal.append(why(i, round, 0, Kind.REQUESTED, why));
                    journal.append(why(i, round, 1, Kind.ENDED, why));
                }
            }
        }

        try (DirectoryJournal journal = open(100)) {
            for (int i = 0; i < instances; i++) {
                assertThat(journal.read("instance" + i))
                        .containsExactly(why(i, 3, 0, Kind.REQUESTED, why), why(i, 3, 1, Kind.ENDED, why));
            }
        }
    }

    private static JournalRecord why(int instance, int round, long sequence, Kind kind, String why) {
        return new JournalRecord(
                "instance" + instance,
                "op" + round,
                sequence,
                LONG_AGO.minusSeconds(9 - round),
                kind,
                Phase.COMPLETED,
                "",
                Map.of("why", why));
    }

    private DirectoryJournal open(long compactAbove) {
        return DirectoryJournal.open(
                new JournalSettings(directory, YEAR, compactAbove, Journals.clockAt(NOW)), FaultyDisk.healthy());
    }

    private static void appendOld(DirectoryJournal journal, String instanceId, int count) {
        for (int i = 0; i < count; i++) {
            Records.switchover(instanceId, "old" + i, LONG_AGO.minusSeconds(count - i))
                    .forEach(journal::append);
        }
    }

    /** Each run of records of one switchover. */
    private static List<String> operations(DirectoryJournal journal, String instanceId) {
        StringBuilder last = new StringBuilder();
        return journal.read(instanceId).stream()
                .map(JournalRecord::operationId)
                .filter(operation -> {
                    boolean other = !last.toString().equals(operation);
                    last.setLength(0);
                    last.append(operation);
                    return other;
                })
                .collect(Collectors.toList());
    }
}
