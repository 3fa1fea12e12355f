package io.switchover4j.internal.journal;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalRecord.Kind;
import java.nio.file.Path;

/** Appends until it is killed, and says which records were acknowledged; compacts often. */
final class AppendingMain {

    private AppendingMain() {}

    public static void main(String[] arguments) {
        DirectoryJournal journal =
                DirectoryJournal.open(Journals.settings(Path.of(arguments[0]), 4096, Records.NOON), new RealDisk());
        journal.append(Records.requested("orders", "waiting"));
        System.out.println("waiting 0");
        for (int i = 1; i < 1_000_000; i++) {
            Records.switchover("billing", "op" + i, Records.NOON.minusSeconds(1))
                    .forEach(journal::append);
            journal.append(Records.of("orders", "waiting", i, Kind.PHASE, Phase.CHECKING));
            System.out.println("waiting " + i);
        }
    }
}
