package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.spi.JournalRecord;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The process that has the journal dies. */
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
}
