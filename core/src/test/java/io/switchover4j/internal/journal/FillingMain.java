package io.switchover4j.internal.journal;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Appends until the disk is full. Says how many records were kept, why the next one was not, and whether it is once there is
 * room: where a file {@code ballast} lies beside the journal it is removed, else a smaller record has to do.
 */
final class FillingMain {

    private FillingMain() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        Path ballast = directory.resolve("ballast");
        try (DirectoryJournal journal = DirectoryJournal.open(
                Journals.settings(directory.resolve("journal"), 16 << 20, Records.NOON), new RealDisk())) {
            int kept = 0;
            while (true) {
                try {
                    journal.append(record(kept, 1000));
                    kept++;
                } catch (JournalException e) {
                    System.out.println("kept " + kept);
                    System.out.println("refused " + e.getMessage());
                    System.out.println("read " + journal.read("orders").size());
                    break;
                }
            }
            if (Files.deleteIfExists(ballast)) {
                journal.append(record(kept, 1000));
            } else {
                journal.append(record(kept, 1));
            }
            System.out.println("later " + journal.read("orders").size());
        }
        try (DirectoryJournal journal = Journals.open(directory.resolve("journal"))) {
            System.out.println("again " + journal.read("orders").size());
        }
    }

    private static JournalRecord record(int sequence, int size) {
        return new JournalRecord(
                "orders",
                "op1",
                sequence,
                Records.NOON,
                Kind.PHASE,
                Phase.CHECKING,
                "",
                Map.of("text", "x".repeat(size)));
    }
}
