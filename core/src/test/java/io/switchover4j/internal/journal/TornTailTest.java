package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a crash leaves of the last record, and what damage leaves of it. */
class TornTailTest {

    @TempDir
    Path directory;

    private final List<JournalRecord> records = new ArrayList<>();
    private byte[] whole = new byte[0];
    private int lastStart;

    @BeforeEach
    void write() throws Exception {
        records.addAll(Records.switchover("orders", "op1", Records.NOON));
        records.add(new JournalRecord(
                "orders",
                "op2",
                0,
                Records.NOON,
                JournalRecord.Kind.REQUESTED,
                Phase.SCHEDULED,
                "",
                Map.of("reason", "x".repeat(700))));
        try (DirectoryJournal journal = Journals.open(directory)) {
            for (JournalRecord record : records) {
                lastStart = Journals.bytes(directory).length;
                journal.append(record);
            }
        }
        whole = Journals.bytes(directory);
    }

    @Test
    void everyCutOfTheLastRecordLeavesTheOnesBefore() throws Exception {
        for (int length = lastStart; length < whole.length; length++) {
            Files.write(Journals.file(directory), Arrays.copyOf(whole, length));

            assertTornAndMended("cut to %d bytes".formatted(length));
        }
    }

    @Test
    void aSectorThatWasNeverWrittenIsATornRecord() throws Exception {
        for (int start = lastStart; start < whole.length; start += 512 - start % 512) {
            int end = Math.min(whole.length, start + 512 - start % 512);
            if (end - start > 8) {
                byte[] torn = whole.clone();
                Arrays.fill(torn, start, end, (byte) 0);
                Files.write(Journals.file(directory), torn);

                assertTornAndMended("zeros from %d to %d".formatted(start, end));
            }
        }
    }

    @Test
    void zerosAfterTheLastRecordAreATornRecord() throws Exception {
        for (int zeros : List.of(1, 11, 12, 100, 5000)) {
            Files.write(Journals.file(directory), Arrays.copyOf(whole, whole.length + zeros));

            try (DirectoryJournal journal = Journals.open(directory)) {
                assertThat(journal.read("orders")).as("%d zeros", zeros).containsExactlyElementsOf(records);
            }
            assertThat(Journals.bytes(directory)).isEqualTo(whole);
        }
    }

    @Test
    void aFlippedBitInTheLastRecordIsDamageAndNotATornRecord() throws Exception {
        for (int position = lastStart; position < whole.length; position++) {
            byte[] damaged = whole.clone();
            damaged[position] ^= 0x10;
            Files.write(Journals.file(directory), damaged);

            assertThatThrownBy(() -> Journals.open(directory))
                    .as("bit flipped at %d", position)
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("'%s' is damaged at offset %d: ", Journals.file(directory), lastStart)
                    .hasMessageContaining("No whole record follows");
            assertThat(Journals.bytes(directory)).isEqualTo(damaged);
        }
    }

    @Test
    void whatIsAppendedAfterTheRepairIsThereTheNextTime() throws Exception {
        Files.write(Journals.file(directory), Arrays.copyOf(whole, whole.length - 1));
        JournalRecord again = records.get(records.size() - 1);
        try (DirectoryJournal journal = Journals.open(directory)) {
            journal.append(again);
        }

        assertThat(Journals.bytes(directory)).isEqualTo(whole);
    }

    private void assertTornAndMended(String what) throws Exception {
        try (DirectoryJournal journal = Journals.open(directory)) {
            assertThat(journal.read("orders"))
                    .as(what)
                    .containsExactlyElementsOf(records.subList(0, records.size() - 1));
            assertThat(journal.unfinished()).as(what).isEmpty();
        }
        assertThat(Journals.bytes(directory)).as(what).isEqualTo(Arrays.copyOf(whole, lastStart));
    }
}
