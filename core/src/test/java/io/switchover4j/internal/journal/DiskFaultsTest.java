package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each call to the disk fails in turn, or is the last one before the process dies; compactions included. */
class DiskFaultsTest {

    private static final int COMPACT_ABOVE = 1000;

    @TempDir
    Path folder;

    @Test
    void whateverFailsNothingAcknowledgedIsLostAndWorkGoesOn() {
        int calls = callsOfAHealthyRun();
        for (int failing = 0; failing < calls; failing++) {
            int call = failing;
            Run run = new Run(folder.resolve("fails" + call), FaultyDisk.failing(other -> other == call));
            run.toTheEnd();
            run.assertNothingIsLost("call %d of %d failed".formatted(call, calls));
            assertThat(run.refused).as("call %d of %d failed", call, calls).hasSizeLessThanOrEqualTo(1);
        }
    }

    @Test
    void twoFailuresInARowLeaveAJournalThatMendsItself() {
        int calls = callsOfAHealthyRun();
        for (int failing = 0; failing < calls; failing++) {
            int call = failing;
            Run run = new Run(
                    folder.resolve("fails" + call), FaultyDisk.failing(other -> other == call || other == call + 1));
            run.toTheEnd();
            run.assertNothingIsLost("calls %d and %d of %d failed".formatted(call, call + 1, calls));
        }
    }

    @Test
    void whereverTheProcessDiesEverythingAcknowledgedIsThereAfterwards() {
        int calls = callsOfAHealthyRun();
        for (int call = 0; call < calls; call++) {
            Run run = new Run(folder.resolve("dies" + call), FaultyDisk.crashingAt(call));
            run.toTheEnd();
            run.assertNothingIsLost("the process died at call %d of %d".formatted(call, calls));
        }
    }

    @Test
    void aDiskThatStaysBrokenRefusesEverythingInWords() {
        try (DirectoryJournal journal =
                DirectoryJournal.open(Journals.settings(folder, COMPACT_ABOVE, Records.NOON), brokenAfter(folder, 2))) {
            JournalRecord first = Records.requested("orders", "op1");
            assertThat(refusal(journal, first))
                    .contains("does not keep the record REQUESTED of switchover op1 of 'orders': Input/output error")
                    .contains("The file could not be repaired: Input/output error");
            assertThat(refusal(journal, first))
                    .contains("after an earlier failure the file still cannot be repaired: Input/output error")
                    .contains("Nothing was written; the next append tries again");
        }
        try (DirectoryJournal journal = Journals.open(folder)) {
            assertThat(journal.unfinished()).isEmpty();
        }
    }

    /** Breaks after the calls of an opening and this many more. */
    private static FaultyDisk brokenAfter(Path directory, int more) {
        FaultyDisk counting = FaultyDisk.healthy();
        DirectoryJournal.open(Journals.settings(directory, COMPACT_ABOVE, Records.NOON), counting)
                .close();
        int first = counting.calls();
        FaultyDisk reopening = FaultyDisk.healthy();
        DirectoryJournal.open(Journals.settings(directory, COMPACT_ABOVE, Records.NOON), reopening)
                .close();
        assertThat(reopening.calls()).isLessThan(first);
        int opening = reopening.calls();
        return FaultyDisk.failing(call -> call >= opening + more - 1);
    }

    private static String refusal(DirectoryJournal journal, JournalRecord record) {
        try {
            journal.append(record);
        } catch (JournalException e) {
            return String.valueOf(e.getMessage());
        }
        throw new AssertionError("The record was kept");
    }

    private int callsOfAHealthyRun() {
        FaultyDisk disk = FaultyDisk.healthy();
        Run run = new Run(folder.resolve("healthy"), disk);
        run.toTheEnd();
        run.assertNothingIsLost("nothing failed");
        assertThat(run.refused).isEmpty();
        assertThat(run.compactions).as("compactions of the run").isGreaterThanOrEqualTo(3);
        return disk.calls();
    }

    /** Opens a journal, appends, and remembers what was acknowledged; a refused record is tried once more. */
    private static final class Run {

        private final Path directory;
        private final FaultyDisk disk;
        private final Map<String, List<JournalRecord>> acknowledged = new LinkedHashMap<>();
        private final List<JournalRecord> refused = new ArrayList<>();
        private final List<JournalRecord> doubtful = new ArrayList<>();
        private int compactions;

        Run(Path directory, FaultyDisk disk) {
            this.directory = directory;
            this.disk = disk;
        }

        void toTheEnd() {
            try (DirectoryJournal journal = openAtLast()) {
                appendAll(journal);
            } catch (FaultyDisk.Crash e) {
                return;
            }
        }

        private DirectoryJournal openAtLast() {
            for (int attempt = 0; ; attempt++) {
                try {
                    return DirectoryJournal.open(Journals.settings(directory, COMPACT_ABOVE, Records.NOON), disk);
                } catch (JournalException e) {
                    assertThat(e).hasMessageContaining("Input/output error");
                    assertThat(attempt).as("openings that failed").isLessThan(2);
                }
            }
        }

        private void appendAll(DirectoryJournal journal) {
            append(journal, Records.requested("orders", "waiting"));
            append(journal, Records.setting("orders", "mode", 0));
            for (int i = 0; i < 16; i++) {
                for (JournalRecord record : Records.switchover(
                        i % 2 == 0 ? "orders" : "billing", "op" + i, Records.NOON.minusSeconds(100 - i))) {
                    append(journal, record);
                }
                if (i == 8) {
                    append(journal, Records.setting("orders", "mode", 1));
                }
            }
            append(journal, Records.of("orders", "waiting", 1, Kind.PHASE, Phase.CHECKING));
        }

        private void append(DirectoryJournal journal, JournalRecord record) {
            long before = Journals.file(directory).toFile().length();
            try {
                journal.append(record);
            } catch (JournalException e) {
                if (disk.isCrashed()) {
                    doubtful.add(record);
                    throw new FaultyDisk.Crash();
                }
                refused.add(record);
                assertThat(e).hasMessageContaining("Input/output error");
                appendAtLast(journal, record);
            }
            acknowledged
                    .computeIfAbsent(record.operationId(), id -> new ArrayList<>())
                    .add(record);
            if (Journals.file(directory).toFile().length() < before) {
                compactions++;
            }
        }

        private static void appendAtLast(DirectoryJournal journal, JournalRecord record) {
            try {
                journal.append(record);
            } catch (JournalException e) {
                journal.append(record);
            }
        }

        void assertNothingIsLost(String what) {
            try (DirectoryJournal journal = Journals.open(directory)) {
                Map<String, List<JournalRecord>> kept = new LinkedHashMap<>();
                for (String instance : List.of("orders", "billing")) {
                    journal.read(instance).stream()
                            .collect(Collectors.groupingBy(
                                    JournalRecord::operationId, LinkedHashMap::new, Collectors.toList()))
                            .forEach(kept::put);
                }
                acknowledged.forEach((operation, records) -> {
                    List<JournalRecord> found = new ArrayList<>(kept.getOrDefault(operation, List.of()));
                    found.removeAll(doubtful);
                    boolean ended = records.get(records.size() - 1).kind() == Kind.ENDED;
                    if (operation.equals("mode")) {
                        assertThat(found).as(what).endsWith(records.get(records.size() - 1));
                    } else if (ended && found.isEmpty()) {
                        assertThat(isNewest(operation, records))
                                .as("%s: %s is gone", what, operation)
                                .isFalse();
                    } else {
                        assertThat(found).as("%s: %s", what, operation).isEqualTo(records);
                    }
                });
                kept.forEach((operation, records) -> {
                    List<JournalRecord> known = new ArrayList<>(acknowledged.getOrDefault(operation, List.of()));
                    known.addAll(doubtful);
                    assertThat(known).as("%s: %s", what, operation).containsAll(records);
                });
                journal.append(Records.requested("orders", "afterwards"));
                assertThat(journal.unfinished().stream()
                                .map(records -> records.get(0).operationId()))
                        .as(what)
                        .endsWith("afterwards");
            }
        }

        private boolean isNewest(String operation, List<JournalRecord> records) {
            String instance = records.get(0).instanceId();
            return acknowledged.entrySet().stream()
                    .filter(entry -> entry.getValue().get(0).instanceId().equals(instance))
                    .filter(entry ->
                            entry.getValue().get(entry.getValue().size() - 1).kind() == Kind.ENDED)
                    .reduce((first, second) -> second)
                    .orElseThrow()
                    .getKey()
                    .equals(operation);
        }
    }
}
