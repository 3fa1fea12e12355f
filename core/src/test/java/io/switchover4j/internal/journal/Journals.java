package io.switchover4j.internal.journal;

import io.switchover4j.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** Opens journals as tests need them. */
final class Journals {

    private Journals() {}

    static DirectoryJournal open(Path directory) {
        return DirectoryJournal.open(settings(directory, 16 << 20, Records.NOON), FaultyDisk.healthy());
    }

    /** Drops what ended before noon, once the file is longer than that. */
    static JournalSettings settings(Path directory, long compactAbove, Instant noon) {
        return new JournalSettings(directory, Duration.ZERO, compactAbove, clockAt(noon));
    }

    static TimeSource clockAt(Instant now) {
        return new TimeSource() {
            @Override
            public Instant instant() {
                return now;
            }

            @Override
            public long nanoTime() {
                return 0;
            }
        };
    }

    static Path file(Path directory) {
        return directory.resolve(JournalFile.NAME);
    }

    static byte[] bytes(Path directory) throws IOException {
        return Files.readAllBytes(file(directory));
    }
}
