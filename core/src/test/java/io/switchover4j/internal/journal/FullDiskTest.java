package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.switchover4j.spi.JournalException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** There is no room for a record. */
@Timeout(60)
class FullDiskTest {

    @TempDir
    Path folder;

    @Test
    void aFileThatMayNotGrowRefusesTheRecordAndTakesASmallerOne() throws Exception {
        // 60 records of 1000 characters and their frames leave room for a small one within 64 KiB.
        try (ChildJvm child = ChildJvm.start("ulimit -f 64;", FillingMain.class, folder)) {
            assertRefusedAndRepaired(child, "File too large");
        }
    }

    @Test
    void aFullFileSystemRefusesTheRecordAndTakesItOnceThereIsRoom() throws Exception {
        String mounting = "mount -t tmpfs -o size=128k tmpfs '%s'".formatted(folder);
        Process probe = new ProcessBuilder("unshare", "-rm", "bash", "-c", mounting).start();
        assumeThat(probe.waitFor(10, TimeUnit.SECONDS) && probe.exitValue() == 0)
                .as("this system allows a small tmpfs in a mount namespace of its own")
                .isTrue();

        String shell = "if [ -z \"$INSIDE\" ]; then INSIDE=1 exec unshare -rm bash -c '%s"
                        .formatted(mounting.replace("'", "'\\''"))
                + " && head -c 65536 /dev/zero > \"$0/ballast\" && exec \"$@\"' '%s' \"$@\"; fi;".formatted(folder);
        try (ChildJvm child = ChildJvm.start(shell, FillingMain.class, folder)) {
            assertRefusedAndRepaired(child, "No space left on device");
        }
    }

    private static void assertRefusedAndRepaired(ChildJvm child, String why) throws Exception {
        int kept = Integer.parseInt(child.awaitLine("kept"));
        assertThat(kept).isGreaterThan(20);
        assertThat(child.awaitLine("refused"))
                .contains("does not keep the record PHASE of switchover op1 of 'orders': " + why)
                .contains("The file ends with the last whole record, at offset ")
                .endsWith("the next append tries anew");
        assertThat(child.awaitLine("read")).isEqualTo("" + kept);
        assertThat(child.awaitLine("later")).isEqualTo("" + (kept + 1));
        assertThat(child.awaitLine("again")).isEqualTo("" + (kept + 1));
    }

    @Test
    void whatWasInterruptedIsFoundEvenIfNobodyCanWriteWhoOpenedTheJournal() throws Exception {
        try (DirectoryJournal journal = Journals.open(folder)) {
            journal.append(Records.requested("orders", "op1"));
        }
        try (ChildJvm child = ChildJvm.start("ulimit -f 0;", OpeningMain.class, folder)) {
            assertThat(child.awaitLine("opened")).isEqualTo("1");
        }
    }

    @Test
    void whereNoJournalCanBeMadeTheAdviceIsToMakeRoom() throws Exception {
        RecordingDisk full = new RecordingDisk().full("write switchover4j.journal.new");

        assertThatThrownBy(() -> DirectoryJournal.open(Journals.settings(folder, 16 << 20, Records.NOON), full))
                .isInstanceOf(JournalException.class)
                .hasMessage(
                        "The journal directory '%s' cannot be used: No space left on device. Nothing was changed. Make room on its disk, then open it again; another directory would know nothing of what was interrupted",
                        folder.toAbsolutePath());
    }
}
