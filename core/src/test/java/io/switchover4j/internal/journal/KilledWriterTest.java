package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Another process has the journal, and dies. */
@Timeout(120)
class KilledWriterTest {

    @TempDir
    Path folder;

    @Test
    void whatWasAcknowledgedBeforeAKillIsThere() throws Exception {
        long seed = System.nanoTime();
        System.out.println("KilledWriterTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 3; round++) {
            Path directory = folder.resolve("round" + round);
            long acknowledged = 0;
            try (ChildJvm child = ChildJvm.start("", AppendingMain.class, directory)) {
                int until = 5 + random.nextInt(60);
                while (acknowledged < until) {
                    acknowledged = Long.parseLong(child.awaitLine("waiting"));
                }
                child.kill();
                String line;
                while ((line = child.line()) != null && line.startsWith("waiting ") && line.length() > 8) {
                    acknowledged = Math.max(acknowledged, Long.parseLong(line.substring(8)));
                }
            }

            try (DirectoryJournal journal = Journals.open(directory)) {
                List<JournalRecord> waiting = journal.unfinished().get(0);
                assertThat(waiting)
                        .as("seed %d, round %d", seed, round)
                        .hasSizeBetween((int) acknowledged + 1, (int) acknowledged + 2);
                for (int i = 0; i < waiting.size(); i++) {
                    assertThat(waiting.get(i).sequence()).isEqualTo(i);
                }
            }
        }
    }

    @Test
    void whileAnotherProcessHasItItSaysWhichOneAndAfterItsEndItIsFree() throws Exception {
        Path directory = folder.resolve("taken");
        try (ChildJvm child = ChildJvm.start("", AppendingMain.class, directory)) {
            child.awaitLine("waiting");

            for (int attempt = 0; attempt < 2; attempt++) {
                assertThatThrownBy(() -> Journals.open(directory))
                        .isInstanceOf(JournalException.class)
                        .hasMessageStartingWith(
                                "The journal directory '%s' is in use by process %d, since 2026-03-01T12:00:00.123456789Z. Nothing was changed.",
                                directory.toRealPath(), child.pid())
                        .hasMessageEndingWith("processes that share a journal need one in a database");
            }
            child.kill();
        }

        Journals.open(directory).close();
    }

    @Test
    void aSecondOneInThisProcessIsRefusedAndCostsTheFirstNothing() throws Exception {
        Path directory = folder.resolve("twice");
        try (DirectoryJournal first = Journals.open(directory)) {
            for (Path name : List.of(directory, directory.resolve("../twice"))) {
                assertThatThrownBy(() -> Journals.open(name))
                        .isInstanceOf(JournalException.class)
                        .hasMessageContaining(
                                "is in use by a journal that is open in this process (process %d, since 2026-03-01",
                                ProcessHandle.current().pid());
            }
            first.append(Records.requested("orders", "op1"));
            try (ChildJvm child = ChildJvm.start("", AppendingMain.class, directory)) {
                assertThatThrownBy(() -> child.awaitLine("waiting"))
                        .as("the lock still keeps other processes out")
                        .hasMessageContaining("ended without a line");
            }
            assertThat(first.read("orders")).hasSize(1);
        }
        Journals.open(directory).close();
    }
}
