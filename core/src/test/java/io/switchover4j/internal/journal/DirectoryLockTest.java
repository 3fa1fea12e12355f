package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.spi.JournalException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One journal at a time has the directory, and whoever else wants it is told which one. */
@Timeout(120)
class DirectoryLockTest {

    @TempDir
    Path folder;

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

    @Test
    void closingAJournalAgainDoesNotFreeTheDirectoryOfTheNextOne() {
        DirectoryJournal closed = Journals.open(folder);
        closed.close();
        try (DirectoryJournal next = Journals.open(folder)) {
            closed.close();

            assertThatThrownBy(() -> Journals.open(folder)).hasMessageContaining("is in use by");
            assertThat(next.read("orders")).isEmpty();
        }
    }

    @Test
    void theFileSaysWhoHasItAndNobodyAfterwards() throws Exception {
        Path file = folder.resolve("switchover4j.lock");
        Files.writeString(file, "process 1, since a day that is long gone, with a name that is longer than ours is");
        try (DirectoryLock lock = DirectoryLock.acquire(folder.toRealPath(), Records.NOON)) {
            assertThat(lock).isNotNull();
            assertThat(file)
                    .hasContent("process %d, since %s\n"
                            .formatted(ProcessHandle.current().pid(), Records.NOON));
        }
        assertThat(file).isEmptyFile();
    }

    @Test
    void oneThatIsNotInTheSystemPropertiesAnyMoreIsRefusedAndKeepsItsLock() throws Exception {
        Path directory = folder.resolve("forgotten");
        DirectoryJournal first = Journals.open(directory);
        try (first) {
            System.getProperties().remove("io.switchover4j.journal.open:" + directory.toRealPath());
            for (int attempt = 0; attempt < 2; attempt++) {
                assertThatThrownBy(() -> Journals.open(directory))
                        .isInstanceOf(JournalException.class)
                        .hasMessageContaining(
                                "is in use by a journal that is open in this process (process %d, since 2026-03-01",
                                ProcessHandle.current().pid())
                        .hasMessageContaining("Nothing was changed");
            }
            assertOthersAreKeptOut(directory);
        }
        try (DirectoryJournal second = Journals.open(directory)) {
            assertThat(second.read("orders")).isEmpty();
            assertOthersAreKeptOut(directory);
        }
        try (ChildJvm child = ChildJvm.start("", OpeningMain.class, directory)) {
            assertThat(child.awaitLine("opened")).isEqualTo("0");
        }
    }

    private static void assertOthersAreKeptOut(Path directory) throws Exception {
        try (ChildJvm child = ChildJvm.start("", OpeningMain.class, directory)) {
            assertThat(child.awaitLine("opened")).startsWith("not: ").contains("is in use by process ");
        }
    }

    @Test
    void aLockFileThatWasMadeAnewIsTheOneThatCounts() throws Exception {
        Path directory = folder.resolve("anew");
        DirectoryJournal first = Journals.open(directory);
        try (first) {
            System.getProperties().remove("io.switchover4j.journal.open:" + directory.toRealPath());
            assertThatThrownBy(() -> Journals.open(directory)).hasMessageContaining("is in use by");
        }
        Files.delete(directory.resolve("switchover4j.lock"));
        try (DirectoryJournal second = Journals.open(directory)) {
            assertThat(second.read("orders")).isEmpty();
            assertOthersAreKeptOut(directory);
        }
    }
}
