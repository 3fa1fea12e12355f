package io.switchover4j.internal.journal;

import io.switchover4j.spi.JournalException;
import java.nio.file.Path;

/** Opens a journal, and says what is unfinished in it, or why it cannot be opened. */
final class OpeningMain {

    private OpeningMain() {}

    public static void main(String[] arguments) {
        try (DirectoryJournal journal = DirectoryJournal.open(
                Journals.settings(Path.of(arguments[0]), 16 << 20, Records.NOON), new RealDisk())) {
            System.out.println("opened " + journal.unfinished().size());
        } catch (JournalException e) {
            System.out.println("opened not: " + e.getMessage());
        }
    }
}
