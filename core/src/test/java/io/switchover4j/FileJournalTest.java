package io.switchover4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileJournalTest {

    private static final JournalRecord REQUESTED = new JournalRecord(
            "orders", "op1", 0, Instant.now(), JournalRecord.Kind.REQUESTED, Phase.SCHEDULED, "", Map.of());

    @TempDir
    Path directory;

    @Test
    void keepsWhatIsAppendedForTheNextProcess() {
        try (FileJournal journal = FileJournal.in(directory)) {
            journal.append(REQUESTED);
            assertThat(journal.isDurable()).isTrue();
        }

        try (FileJournal journal = FileJournal.builder(directory)
                .keepHistory(Duration.ofDays(30))
                .compactAbove(4096)
                .timeSource(TimeSource.system())
                .open()) {
            assertThat(journal.read("orders")).containsExactly(REQUESTED);
            assertThat(journal.unfinished()).containsExactly(List.of(REQUESTED));
        }
    }

    @Test
    void refusesAHistoryThatMakesNoSense() {
        FileJournal.Builder builder = FileJournal.builder(directory);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.keepHistory(Duration.ofSeconds(-5)))
                .withMessage("keepHistory is PT-5S; it must be from 0 to 36500 days, e.g. Duration.ofDays(365)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.keepHistory(Duration.ofDays(36_501)))
                .withMessageContaining("it must be from 0 to 36500 days");
        assertThat(builder.keepHistory(Duration.ZERO).keepHistory(Duration.ofDays(36_500)))
                .isSameAs(builder);
    }

    @Test
    void refusesALimitThatIsTooSmall() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FileJournal.builder(directory).compactAbove(4095))
                .withMessage("compactAbove is 4095 bytes; it must be 4096 or more");
    }

    @Test
    void saysWhoCannotWriteWhere() {
        // Nobody, not even root, makes files there.
        assertThatThrownBy(() -> FileJournal.in(Path.of("/proc/self")))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("The journal directory '/proc/self' cannot be used: ")
                .hasMessageContaining(
                        "Name a directory on a local disk that user '%s' may write to",
                        System.getProperty("user.name"));
    }

    @Test
    void hasANameForLogs() throws Exception {
        try (FileJournal journal = FileJournal.in(directory)) {
            assertThat(journal).hasToString("journal in '%s'".formatted(directory.toRealPath()));
        }
    }
}
