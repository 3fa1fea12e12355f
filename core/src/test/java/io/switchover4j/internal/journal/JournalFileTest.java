package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is forced, cut off, repaired and closed, call by call; when a compaction is tried again. */
class JournalFileTest {

    private static final String FILE = JournalFile.NAME;
    private static final String NEW_FILE = JournalFile.NEW_NAME;
    private static final long NEVER = 1 << 20;

    @TempDir
    Path directory;

    private final RecordingDisk disk = new RecordingDisk();

    private JournalFile open(long compactAbove) throws Exception {
        return JournalFile.open(Journals.settings(directory, compactAbove, Records.NOON), disk, directory);
    }

    /** Whether it was kept; what failed is in its message. */
    private static void append(JournalFile file, JournalRecord record) {
        Batch batch = new Batch();
        Batch.Entry entry = batch.add(record, RecordCodec.encode(record));
        file.write(batch, () -> {});
        entry.requireKept();
    }

    private void appendOld(JournalFile file, int from, int to) {
        for (int i = from; i < to; i++) {
            Records.switchover("orders", "op" + i, Records.NOON.minusSeconds(1000 - i))
                    .forEach(record -> append(file, record));
        }
    }

    private List<String> doneBy(ThrowingRunnable action) throws Exception {
        disk.done.clear();
        action.run();
        return List.copyOf(disk.done);
    }

    private interface ThrowingRunnable {
        void run() throws Exception;
    }

    @Test
    void aFileThatIsMadeHasItsHeaderOnTheMediumBeforeItHasItsName() throws Exception {
        assertThat(doneBy(() -> open(NEVER).close()))
                .startsWith(
                        "delete " + NEW_FILE,
                        "open " + NEW_FILE,
                        "write " + NEW_FILE,
                        "force " + NEW_FILE,
                        "close " + NEW_FILE,
                        "replace " + FILE,
                        "open " + FILE);
    }

    @Test
    void anOpeningForcesWhatTheProcessBeforeMayNotHaveForcedAndCutsNothing() throws Exception {
        open(NEVER).close();

        assertThat(doneBy(() -> open(NEVER).close()))
                .containsExactly(
                        "delete " + NEW_FILE, "open " + FILE, "force " + FILE, "force directory", "close " + FILE);
        assertThat(disk.open).isZero();
    }

    @Test
    void anOpeningCutsOffWhatWasTornAndForcesThatToo() throws Exception {
        try (DirectoryJournal journal = Journals.open(directory)) {
            journal.append(Records.requested("orders", "op1"));
        }
        byte[] whole = Journals.bytes(directory);
        Files.write(Journals.file(directory), Arrays.copyOf(whole, whole.length - 1));

        assertThat(doneBy(() -> open(NEVER).close())).containsSubsequence("truncate " + FILE, "force " + FILE);

        assertThat(Journals.bytes(directory)).hasSizeLessThan(whole.length - 1);
    }

    @Test
    void aFileThatCannotBeReadIsClosedAgain() throws Exception {
        Files.writeString(Journals.file(directory), "this is no journal, and long enough to be one");
        disk.fail("close " + FILE, 1);

        Throwable refused = catchThrowable(() -> open(NEVER));

        assertThat(refused).isInstanceOf(JournalException.class);
        assertThat(refused.getSuppressed()).singleElement().asString().contains("Input/output error");
        assertThat(disk.open).isZero();
    }

    @Test
    void aFailedWriteIsCutOffAndForcedBeforeTheNextOne() throws Exception {
        JournalFile file = open(NEVER);
        disk.fail("force " + FILE, 1);

        List<String> done = doneBy(() -> assertThatThrownBy(() -> append(file, Records.requested("orders", "op1")))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("Input/output error. The file ends with the last whole record, at offset 16"));

        assertThat(done).containsExactly("write " + FILE, "force " + FILE, "truncate " + FILE, "force " + FILE);
        assertThat(Journals.bytes(directory)).hasSize(16);
        assertThat(doneBy(() -> append(file, Records.requested("orders", "op1"))))
                .containsExactly("write " + FILE, "force " + FILE);
        file.close();
    }

    @Test
    void whatCouldNotBeRepairedIsRepairedBeforeTheNextWrite() throws Exception {
        JournalFile file = open(NEVER);
        disk.fail("force " + FILE, 2);

        assertThatThrownBy(() -> append(file, Records.requested("orders", "op1")))
                .hasMessageContaining("The file could not be repaired: Input/output error");

        assertThat(doneBy(() -> append(file, Records.requested("orders", "op1"))))
                .containsExactly("truncate " + FILE, "force " + FILE, "write " + FILE, "force " + FILE);
        file.close();
    }

    @Test
    void aRecordThatIsOlderThanTheNewestOfItsSwitchoverIsRefused() throws Exception {
        JournalFile file = open(NEVER);
        append(file, Records.of("orders", "op1", 5, Kind.REQUESTED, Phase.SCHEDULED));

        assertThatThrownBy(() -> append(file, Records.of("orders", "op1", 3, Kind.PHASE, Phase.CHECKING)))
                .hasMessageContaining("it has the number 3, and the switchover has the record 5 already");
        file.close();
    }

    @Test
    void itIsClosedOnceAndLeavesNoLockBehind() throws Exception {
        JournalFile file = open(NEVER);

        assertThat(file.close()).isTrue();
        assertThat(file.close()).isFalse();

        assertThat(disk.done).filteredOn(("close " + FILE)::equals).hasSize(1);
        assertThat(CompletableFuture.supplyAsync(file::close).get(10, TimeUnit.SECONDS))
                .isFalse();
        CompletableFuture<Throwable> reading =
                CompletableFuture.supplyAsync(() -> catchThrowable(() -> file.read(Index::unfinished)));
        assertThat(reading.get(10, TimeUnit.SECONDS)).hasMessageContaining("is closed; open it again to read it");
    }

    @Test
    void aCompactionReplacesTheFileForcesItsNameAndClosesTheOldOne() throws Exception {
        JournalFile file = open(NEVER);
        appendOld(file, 0, 10);
        file.close();
        JournalFile small = open(100);

        List<String> done = doneBy(small::compactIfWorthwhile);

        assertThat(done)
                .startsWith("delete " + NEW_FILE, "open " + NEW_FILE)
                .containsSubsequence("force " + NEW_FILE, "replace " + FILE, "force directory", "close " + FILE);
        assertThat(disk.open).isEqualTo(1);
        small.close();
    }

    @Test
    void aNameThatCouldNotBeForcedIsForcedBeforeTheNextWrite() throws Exception {
        JournalFile file = open(NEVER);
        appendOld(file, 0, 10);
        file.close();
        JournalFile small = open(100);
        disk.fail("force directory", 1);
        small.compactIfWorthwhile();

        assertThat(doneBy(() -> append(small, Records.requested("orders", "next"))))
                .startsWith("force directory", "write " + NEW_FILE);
        assertThat(doneBy(() -> append(small, Records.requested("orders", "one more"))))
                .startsWith("write " + NEW_FILE);
        small.close();
    }

    @Test
    void aCompactionThatFailedIsClosedAndTriedAgainOnceTheFileHasGrownByTheLimit() throws Exception {
        JournalFile file = open(NEVER);
        appendOld(file, 0, 10);
        file.close();
        int limit = 2_000;
        JournalFile small = open(limit);
        disk.fail("replace " + FILE, 1);
        long failedAt = Files.size(Journals.file(directory));

        assertThat(doneBy(small::compactIfWorthwhile)).contains("replace " + FILE);
        assertThat(disk.open).isEqualTo(1);

        int next = 10;
        while (Files.size(Journals.file(directory)) <= failedAt + limit) {
            assertThat(doneBy(small::compactIfWorthwhile)).isEmpty();
            appendOld(small, next, next + 1);
            next++;
        }
        assertThat(doneBy(small::compactIfWorthwhile)).contains("replace " + FILE);
        small.close();
    }

    @Test
    void whatIsMostlyWorthKeepingIsLookedAtAgainOnceItHasGrownByTheLimit() throws Exception {
        int limit = 2_000;
        JournalFile file = JournalFile.open(
                new JournalSettings(directory, Duration.ofDays(365), limit, Journals.clockAt(Records.NOON)),
                disk,
                directory);
        // Half of it may go: that is worth it. Less than half is not.
        Records.switchover("orders", "old", Records.NOON.minus(Duration.ofDays(400)))
                .forEach(record -> append(file, record));
        int next = 0;
        while (Files.size(Journals.file(directory)) <= limit) {
            appendOld(file, next, next + 1);
            next++;
        }
        long lookedAt = Files.size(Journals.file(directory));
        assertThat(doneBy(file::compactIfWorthwhile)).isEmpty();

        // From here on everything but the newest is old.
        int old = 0;
        while (Files.size(Journals.file(directory)) <= lookedAt + limit) {
            assertThat(doneBy(file::compactIfWorthwhile)).isEmpty();
            int number = old++;
            Records.switchover("orders", "ancient" + number, Records.NOON.minus(Duration.ofDays(399)))
                    .forEach(record -> append(file, record));
        }
        assertThat(old).isGreaterThan(next);
        assertThat(doneBy(file::compactIfWorthwhile)).contains("replace " + FILE);
        file.close();
    }

    @Test
    void exactlyHalfThatMayGoIsWorthACompaction() throws Exception {
        JournalFile file = JournalFile.open(
                new JournalSettings(directory, Duration.ofDays(365), 100, Journals.clockAt(Records.NOON)),
                disk,
                directory);
        Records.switchover("orders", "old", Records.NOON.minus(Duration.ofDays(400)))
                .forEach(record -> append(file, record));
        appendOld(file, 0, 1);

        assertThat(doneBy(file::compactIfWorthwhile)).contains("replace " + FILE);
        file.close();
    }

    @Test
    void aSwitchoverThatPausesTrafficPutsTheNextLookOffByASixteenthOfTheLimit() throws Exception {
        JournalFile file = open(NEVER);
        appendOld(file, 0, 10);
        append(file, Records.requested("billing", "running"));
        append(file, Records.fencing("billing", "running"));
        file.close();
        int limit = 1_600;
        JournalFile small = open(limit);
        assertThat(doneBy(small::compactIfWorthwhile)).isEmpty();
        long lookedAt = Files.size(Journals.file(directory));

        append(small, Records.of("billing", "running", 2, Kind.PHASE, Phase.REJOINING));
        assertThat(Files.size(Journals.file(directory)) - lookedAt).isGreaterThan(limit / 16);

        assertThat(doneBy(small::compactIfWorthwhile)).contains("replace " + FILE);
        small.close();
    }
}
