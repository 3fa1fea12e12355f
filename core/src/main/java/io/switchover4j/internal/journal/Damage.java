package io.switchover4j.internal.journal;

import io.switchover4j.spi.JournalException;
import java.nio.file.Path;

/** Says that a journal is damaged, and what to do. */
final class Damage {

    private Damage() {}

    /** @param known what can be said about the rest of the file; may be empty */
    static JournalException found(Path file, long offset, String what, String known) {
        return new JournalException(
                ("The journal '%s' is damaged at offset %d: %s.%s Nothing was changed, and nothing is skipped: what stood"
                                + " there is not known. Restore the file from a backup; or look at every instance that it was"
                                + " used for, make sure that one node of each takes writes and no switchover is half done,"
                                + " then move the file away: a new one begins without history")
                        .formatted(file, offset, what, known.isEmpty() ? "" : " " + known + "."),
                null);
    }
}
