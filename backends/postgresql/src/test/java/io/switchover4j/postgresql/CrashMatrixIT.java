package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.FileJournal;
import io.switchover4j.HistoryEntry;
import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.postgresql.DyingCoordinator.Death;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.testkit.Bank;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.BankRun;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The coordinator's process dies in the middle of a switchover of a real pair under load, and another process takes the
 * switchover up from the journal and from what it observes.
 */
@Tag("soak")
class CrashMatrixIT {

    /** What does not fail on the way. */
    private static final String NOTHING_FAILS = "";

    private static final String CONFIRMING_FAILS = "INTENT CONFIRMING_POSITION";

    private static final String PROMOTING_FAILS = "INTENT PROMOTING";

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @SuppressWarnings("NullAway.Init")
    private static PostgresPair pair;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @BeforeAll
    static void start() {
        pair = PostgresPair.start();
    }

    @AfterAll
    static void stop() {
        pair.close();
    }

    @ParameterizedTest(name = "{1} {0}")
    @CsvSource({
        "INTENT CATCHING_UP, after, ABORTED",
        "DONE FENCING, before, ROLLED_BACK",
        "DONE PROMOTING, before, COMPLETED",
        "INTENT REJOINING, after, COMPLETED",
    })
    void aSwitchoverWhoseProcessDiesIsBroughtToItsEnd(String record, String when, Phase expected) throws Exception {
        HistoryEntry entry = dieAndResume(new Death(record, when.equals("after")), NOTHING_FAILS)
                .orElseThrow();

        assertThat(entry.phase()).as(entry.message()).isEqualTo(expected);
        assertThat(entry.phases())
                .extracting(SwitchoverReport.PhaseTiming::phase)
                .contains(Phase.RESOLVING);
    }

    @Test
    void whereverTheProcessDiesAfterARecord() throws Exception {
        everyDeath(true, NOTHING_FAILS);
    }

    @Test
    void whereverTheProcessDiesBeforeARecord() throws Exception {
        everyDeath(false, NOTHING_FAILS);
    }

    @Test
    void whereverTheProcessDiesAfterARecordOfARollback() throws Exception {
        everyDeath(true, CONFIRMING_FAILS);
    }

    @Test
    void whereverTheProcessDiesBeforeARecordOfARollback() throws Exception {
        everyDeath(false, CONFIRMING_FAILS);
    }

    @Test
    void whereverTheProcessDiesOnceThePromotionWasInDoubt() throws Exception {
        everyDeath(true, PROMOTING_FAILS);
        everyDeath(false, PROMOTING_FAILS);
    }

    private void everyDeath(boolean after, String failingAfter) throws Exception {
        int begin = failingAfter.equals(NOTHING_FAILS) ? 0 : 15;
        for (int number = after ? begin : Math.max(1, begin); ; number++) {
            Optional<HistoryEntry> entry = dieAndResume(new Death("#" + number, after), failingAfter);
            if (entry.isEmpty()) {
                assertThat(number).isGreaterThan(20);
                return;
            }
        }
    }

    /** Empty if the process did not die, because its journal had no such record. */
    private Optional<HistoryEntry> dieAndResume(Death death, String failingAfter) throws Exception {
        pair.awaitStreaming();
        PostgresNode oldPrimary = pair.primary();
        PostgresNode target = pair.standby();
        Path directory = folder.resolve("journal");
        Bank bank = Bank.builder(new WritableNode(pair))
                .workers(2)
                .thinkTime(Duration.ofMillis(2))
                .build();
        bank.createSchema(new WritableNode(pair));
        HistoryEntry entry;
        List<String> died;
        BankReport told;
        try (BankRun run = bank.start();
                SplitBrainWatch watch = SplitBrainWatch.start(pair)) {
            assertThat(run.awaitCommits(20, PATIENCE)).isTrue();
            died = DyingCoordinator.run(pair, directory, target.id(), death, failingAfter);
            assertThat(died).as(death.toString()).isNotEmpty();
            entry = takeUp(directory);
            long committed = run.committed();
            assertThat(run.awaitCommits(committed + 20, PATIENCE)).isTrue();
            told = run.reconcile(new WritableNode(pair));
            assertThat(watch.violations()).as(death.toString()).isEmpty();
        }
        String where = "%s, failing after '%s': %s".formatted(death, failingAfter, entry.message());
        assertThat(entry.phase().isEnd()).as(where).isTrue();
        assertThat(entry.phase()).as(where).isNotEqualTo(Phase.NEEDS_OPERATOR);
        // Nobody holds this traffic: that a raw client is told of a failure where its commit arrived is the driver's.
        assertThat(told.lost().count()).as(where + " " + told).isZero();
        assertThat(told.appliedTwice().count()).as(where + " " + told).isZero();
        assertThat(told.isBalanceRight()).as(where + " " + told).isTrue();
        boolean switched = entry.phase() == Phase.COMPLETED;
        assertThat(pair.primary()).as(where).isSameAs(switched ? target : oldPrimary);
        pair.awaitStreaming();
        Leftovers.assertNone(pair);
        assertNothingIsLeftToDo(directory, where);
        delete(directory);
        boolean lived = death.record().startsWith("#")
                && Integer.parseInt(death.record().substring(1)) >= died.size() + (death.after() ? 0 : 1);
        if (lived) {
            return Optional.empty();
        }
        System.out.printf("%s of %s: %s%n", death, died.get(died.size() - 1), entry.phase());
        CrashPage.expect(died, death.after(), entry.phase().name());
        return Optional.of(entry);
    }

    private static HistoryEntry takeUp(Path directory) throws Exception {
        try (FileJournal journal = FileJournal.in(directory);
                PostgresBackend backend = Backends.of(pair);
                SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                        .backend(backend)
                        .journal(journal)
                        .build()) {
            Optional<Switchover> left = coordinator.running(Backends.INSTANCE);
            if (left.isPresent()) {
                left.get().await(PATIENCE);
            }
            List<HistoryEntry> history = coordinator.history(Backends.INSTANCE);
            assertThat(history).hasSize(1);
            return history.get(0);
        }
    }

    private static void assertNothingIsLeftToDo(Path directory, String where) throws Exception {
        List<Integer> timelines =
                pair.nodes().stream().map(PostgresNode::timeline).toList();
        try (FileJournal journal = FileJournal.in(directory)) {
            List<JournalRecord> records = journal.read(Backends.INSTANCE);
            try (PostgresBackend backend = Backends.of(pair);
                    SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                            .backend(backend)
                            .journal(journal)
                            .build()) {
                assertThat(coordinator.running(Backends.INSTANCE)).as(where).isEmpty();
            }
            assertThat(journal.read(Backends.INSTANCE)).as(where).isEqualTo(records);
        }
        assertThat(pair.nodes().stream().map(PostgresNode::timeline).toList())
                .as(where)
                .isEqualTo(timelines);
    }

    private static void delete(Path directory) throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
