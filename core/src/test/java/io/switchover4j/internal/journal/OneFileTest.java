package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.spi.JournalException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A journal is one file with one name: what another name leads to, or no name any more, loses records unseen. */
class OneFileTest {

    @TempDir
    Path folder;

    @Test
    void onceTheFileIsRemovedNothingIsAcknowledgedUntilItIsBack() throws Exception {
        try (DirectoryJournal journal = Journals.open(folder)) {
            journal.append(Records.requested("orders", "op1"));
            Path elsewhere = Files.move(Journals.file(folder), folder.resolve("elsewhere"));
            long length = Files.size(elsewhere);

            assertThatThrownBy(() -> journal.append(Records.fencing("orders", "op1")))
                    .isInstanceOf(JournalException.class)
                    .hasMessageStartingWith("The journal '%s' does not keep the record", real())
                    .hasMessageContaining("the file was removed while it was open. Nothing was written.")
                    .hasMessageEndingWith("Put it back, and the next append goes on");
            assertThat(elsewhere).hasSize(length);

            Files.move(elsewhere, Journals.file(folder));
            journal.append(Records.fencing("orders", "op1"));
            assertThat(journal.read("orders")).hasSize(2);
        }
        try (DirectoryJournal journal = Journals.open(folder)) {
            assertThat(journal.read("orders")).hasSize(2);
        }
    }

    @Test
    void aFileThatTookItsPlaceIsNotTouched() throws Exception {
        try (DirectoryJournal journal =
                DirectoryJournal.open(Journals.settings(folder, 4096, Records.NOON), new RealDisk())) {
            for (int i = 0; i < 5; i++) {
                Records.switchover("orders", "op" + i, Records.NOON.minusSeconds(9))
                        .forEach(journal::append);
            }
            Files.delete(Journals.file(folder));
            Files.writeString(Journals.file(folder), "restored");

            for (int i = 5; i < 40; i++) {
                String operation = "op" + i;
                assertThatThrownBy(() -> journal.append(Records.requested("orders", operation)))
                        .isInstanceOf(JournalException.class)
                        .hasMessageContaining("another file has its name");
            }
        }
        assertThat(Journals.file(folder)).hasContent("restored");
    }

    @Test
    void aCompactionDoesNotMakeAnew() throws Exception {
        try (DirectoryJournal journal =
                DirectoryJournal.open(Journals.settings(folder, 4096, Records.NOON), new RealDisk())) {
            for (int i = 0; i < 200; i++) {
                Records.switchover("orders", "op" + i, Records.NOON.minusSeconds(9))
                        .forEach(journal::append);
            }
            assertThat(Files.size(Journals.file(folder))).as("compacted").isLessThan(10_000);
            assertThat(journal.read("orders")).isNotEmpty();
        }
    }

    @Test
    void aLinkIsRefusedWhetherItLeadsAnywhereOrNot() throws Exception {
        Path there = Files.createDirectory(folder.resolve("there"));
        Journals.open(there).close();
        for (Path target : List.of(Journals.file(there), folder.resolve("not mounted/journal"))) {
            Path here = Files.createTempDirectory(folder, "here");
            Path link = Files.createSymbolicLink(Journals.file(here), target);

            assertThatThrownBy(() -> Journals.open(here))
                    .isInstanceOf(JournalException.class)
                    .hasMessageStartingWith(
                            "The journal '%s' is a link to '%s'", Journals.file(here.toRealPath()), target)
                    .hasMessageContaining("Nothing was changed");
            assertThat(link).isSymbolicLink();
            assertThat(Files.readSymbolicLink(link)).isEqualTo(target);
        }
    }

    @Test
    void aFileOfTwoDirectoriesIsRefused() throws Exception {
        Path one = Files.createDirectory(folder.resolve("one"));
        Path other = Files.createDirectory(folder.resolve("other"));
        Journals.open(one).close();
        Files.createLink(Journals.file(other), Journals.file(one));

        assertThatThrownBy(() -> Journals.open(other))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("has 2 names")
                .hasMessageContaining("Nothing was changed");
    }

    private Path real() throws Exception {
        return Journals.file(folder.toRealPath());
    }
}
