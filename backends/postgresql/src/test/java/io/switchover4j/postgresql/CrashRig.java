package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.FileJournal;
import io.switchover4j.HistoryEntry;
import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.postgresql.Death.Moment;
import io.switchover4j.postgresql.DyingCoordinator.Life;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.testkit.Bank;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.BankRun;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A real pair, switched again and again by processes that die. After each death the next process takes the switchover up, and
 * what must hold whatever was interrupted where is asserted; the pair is as good as new then. Confined to one thread.
 */
final class CrashRig implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final PostgresPair pair = PostgresPair.start();
    private final Path folder;
    private final SharedClasses classes;
    private int journals;

    CrashRig(Path folder) throws SQLException, IOException {
        this.folder = folder;
        this.classes = new SharedClasses(folder);
        try (WritableNode writable = new WritableNode(pair)) {
            bank(writable).createSchema(writable);
        }
    }

    /**
     * What was seen.
     *
     * @param life of the process that was to die
     * @param entry the switchover as the next process left it
     */
    record Outcome(Life life, HistoryEntry entry) {}

    /** Every record of the story, if nobody dies. */
    List<String> records(CrashStory story) throws Exception {
        Life life = dieAndResume(story, Death.never()).life();
        assertThat(life.died()).isFalse();
        return life.records();
    }

    /** Everything about one death. */
    Outcome dieAndResume(CrashStory story, Death death) throws Exception {
        pair.awaitStreaming();
        PostgresNode oldPrimary = pair.primary();
        PostgresNode target = pair.standby();
        Path directory = Files.createDirectory(folder.resolve("journal" + journals++));
        List<BankReport> told = new ArrayList<>();
        Life life;
        HistoryEntry entry;
        try (WritableNode writable = new WritableNode(pair);
                BankRun before = bank(writable).start();
                SplitBrainWatch watch = SplitBrainWatch.start(pair)) {
            assertThat(before.awaitCommits(10, PATIENCE)).isTrue();
            if (story.isFailover()) {
                // What only the old primary has would be lost, as it should be.
                before.stop();
                pair.awaitStreaming();
            }
            if (story == CrashStory.FAILS_OVER_A_DEAD_PRIMARY) {
                oldPrimary.crash();
            }
            life = DyingCoordinator.run(pair, classes, directory, target, story, death);
            BankRun after = story.isFailover() ? bank(writable).start() : before;
            try (after) {
                entry = takeUp(directory);
                healBy(story, entry, oldPrimary, target);
                assertThat(after.awaitCommits(10, PATIENCE)).isTrue();
                told.add(after.reconcile(writable));
            }
            if (story.isFailover()) {
                told.add(before.reconcile(writable));
            }
            assertThat(watch.violations()).as("%s %s", story, death).isEmpty();
        }
        String where = "%s, %s: %s".formatted(story, death, entry.message());
        assertNothingLost(told, where);
        assertThat(entry.phase().isEnd()).as(where).isTrue();
        assertThat(entry.phase()).as(where).isNotEqualTo(Phase.NEEDS_OPERATOR);
        assertThat(pair.primary()).as(where).isSameAs(isSwitched(entry) ? target : oldPrimary);
        pair.awaitStreaming();
        Leftovers.assertNone(pair);
        assertNothingIsLeftToDo(directory, where);
        if (life.died()) {
            record(story, death, life, entry);
        }
        return new Outcome(life, entry);
    }

    private Bank bank(WritableNode writable) {
        return Bank.builder(writable)
                .workers(2)
                .thinkTime(Duration.ofMillis(10))
                .build();
    }

    private static boolean isSwitched(HistoryEntry entry) {
        return entry.phase() == Phase.COMPLETED || entry.phase() == Phase.COMPLETED_DEGRADED;
    }

    /** What a story did to the pair, and no coordinator can or shall put right. */
    private static void healBy(CrashStory story, HistoryEntry entry, PostgresNode oldPrimary, PostgresNode target)
            throws Exception {
        if (story == CrashStory.ROLLS_BACK && !isSwitched(entry)) {
            Sql.run(target, "SELECT pg_wal_replay_resume()");
        }
        if (story == CrashStory.FAILS_OVER_A_DEAD_PRIMARY && !isSwitched(entry)) {
            assertThat(oldPrimary.isRunning()).as(entry.message()).isFalse();
            assertThat(target.isWritable()).as(entry.message()).isFalse();
            oldPrimary.start();
        }
    }

    /** Nobody holds this traffic: that a raw client is told of a failure where its commit arrived is the driver's. */
    private static void assertNothingLost(List<BankReport> told, String where) {
        for (BankReport report : told) {
            assertThat(report.lost().count()).as(where + " " + report).isZero();
            assertThat(report.appliedTwice().count()).as(where + " " + report).isZero();
            assertThat(report.isBalanceRight()).as(where + " " + report).isTrue();
        }
    }

    private static void record(CrashStory story, Death death, Life life, HistoryEntry entry) throws Exception {
        String last = life.records().get(life.records().size() - 1);
        boolean effect = death.moment() != Moment.AFTER_RECORD && CrashPage.hasEffectAfter(story, last);
        System.out.printf("%s, %s after %s: %s%n", story, death, last, entry.phase());
        CrashPage.expect(story, last, effect, entry.phase().name());
    }

    private HistoryEntry takeUp(Path directory) throws Exception {
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

    private void assertNothingIsLeftToDo(Path directory, String where) throws Exception {
        List<Integer> timelines =
                pair.nodes().stream().map(PostgresNode::timeline).toList();
        List<Long> servers = pair.nodes().stream().map(PostgresNode::pid).toList();
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
        assertThat(pair.nodes().stream().map(PostgresNode::pid).toList())
                .as(where)
                .isEqualTo(servers);
    }

    @Override
    public void close() {
        pair.close();
    }
}
