package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nothing that is damaged is skipped. */
class DamageTest {

    @TempDir
    Path directory;

    private byte[] whole = new byte[0];
    private int middleStart;
    private int middleEnd;

    @BeforeEach
    void write() throws Exception {
        try (DirectoryJournal journal = Journals.open(directory)) {
            List<JournalRecord> records = Records.switchover("orders", "op1", Records.NOON);
            journal.append(records.get(0));
            middleStart = Journals.bytes(directory).length;
            journal.append(records.get(1));
            middleEnd = Journals.bytes(directory).length;
            journal.append(records.get(2));
        }
        whole = Journals.bytes(directory);
    }

    @Test
    void aFlippedBitAtEveryByteOfAMiddleRecordIsReportedWithItsOffset() throws Exception {
        for (int position = middleStart; position < middleEnd; position++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] damaged = whole.clone();
                damaged[position] ^= (byte) (1 << bit);
                assertReported(damaged, middleStart, "The next whole record is at offset " + middleEnd);
            }
        }
    }

    @Test
    void aMiddleRecordOfZerosIsDamage() throws Exception {
        byte[] damaged = whole.clone();
        Arrays.fill(damaged, middleStart, middleEnd, (byte) 0);

        assertReported(damaged, middleStart, "The next whole record is at offset " + middleEnd);
    }

    @Test
    void aMissingPieceInTheMiddleIsDamage() throws Exception {
        byte[] damaged = new byte[whole.length - 5];
        System.arraycopy(whole, 0, damaged, 0, middleStart + 20);
        System.arraycopy(whole, middleStart + 25, damaged, middleStart + 20, damaged.length - middleStart - 20);

        assertReported(damaged, middleStart, "The next whole record is at offset " + (middleEnd - 5));
    }

    @Test
    void aFlippedBitInTheHeaderIsReported() throws Exception {
        for (int position = 0; position < Format.HEADER_LENGTH; position++) {
            byte[] damaged = whole.clone();
            damaged[position] ^= 1;
            assertReported(damaged, 0, position < 8 ? "does not begin as a journal" : "checksum of the header");
        }
    }

    @Test
    void aFileShorterThanItsHeaderIsReported() throws Exception {
        for (int length = 0; length < Format.HEADER_LENGTH; length++) {
            assertReported(
                    Arrays.copyOf(whole, length), 0, "the header is cut short: %d of 16 bytes".formatted(length));
        }
    }

    @Test
    void saysWhatToDo() throws Exception {
        byte[] damaged = whole.clone();
        damaged[middleStart + 30] ^= 1;

        assertReported(damaged, middleStart, "the checksum of a frame of");
        assertReported(damaged, middleStart, "Restore the file from a backup; or look at every instance");
        assertReported(damaged, middleStart, "Nothing was changed, and nothing is skipped");
    }

    @Test
    void aNewerVersionIsRefusedNamingBoth() throws Exception {
        System.arraycopy(Format.header(2), 0, whole, 0, Format.HEADER_LENGTH);
        Files.write(Journals.file(directory), whole);

        assertThatThrownBy(() -> Journals.open(directory))
                .isInstanceOf(JournalException.class)
                .hasMessage(
                        "The journal '%s' has the format version 2; this switchover4j knows version 1. Nothing was changed."
                                + " Use the switchover4j that wrote it, or a newer one, or another directory",
                        Journals.file(directory).toRealPath());
        assertThat(Journals.bytes(directory)).isEqualTo(whole);
    }

    @Test
    void aRecordOfAKindThatOnlyANewerOneKnowsIsReportedAndNotSkipped() throws Exception {
        String text = new String(
                RecordCodec.encode(Records.of("orders", "op2", 0, Kind.UNDONE, Phase.FENCING)),
                StandardCharsets.ISO_8859_1);
        byte[] unknown = text.replace("UNDONE", "MAYBE?").getBytes(StandardCharsets.ISO_8859_1);
        byte[] frame = Format.frame(List.of(unknown));
        byte[] longer = Arrays.copyOf(whole, whole.length + frame.length);
        System.arraycopy(frame, 0, longer, whole.length, frame.length);
        Files.write(Journals.file(directory), longer);

        assertThatThrownBy(() -> Journals.open(directory))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("holds at offset %d what this switchover4j does not understand", whole.length)
                .hasMessageContaining("the kind 'MAYBE?' is not known");
    }

    @Test
    void damageThatComesWhileTheJournalIsOpenIsReportedByTheRead() throws Exception {
        try (DirectoryJournal journal = Journals.open(directory)) {
            byte[] damaged = whole.clone();
            damaged[middleStart + 30] ^= 1;
            Files.write(Journals.file(directory), damaged);

            assertThatThrownBy(() -> journal.read("orders"))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("is damaged at offset " + middleStart)
                    .hasMessageContaining("It was whole before");
            assertThat(journal.read("billing")).isEmpty();
        }
    }

    private void assertReported(byte[] damaged, int offset, String part) throws Exception {
        Files.write(Journals.file(directory), damaged);

        assertThatThrownBy(() -> Journals.open(directory))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining(
                        "'%s' is damaged at offset %d: ",
                        Journals.file(directory).toRealPath(), offset)
                .hasMessageContaining(part);
        assertThat(Journals.bytes(directory)).as("left as it was").isEqualTo(damaged);
    }

    @Test
    void recordsThatStandThereTwiceAreDamage() throws Exception {
        byte[] twice = Arrays.copyOf(whole, 2 * whole.length - Format.HEADER_LENGTH);
        System.arraycopy(whole, Format.HEADER_LENGTH, twice, whole.length, whole.length - Format.HEADER_LENGTH);
        Files.write(Journals.file(directory), twice);

        assertThatThrownBy(() -> Journals.open(directory))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("is damaged at offset %d", whole.length)
                .hasMessageContaining("a record of switchover op1 of 'orders' has the number 0 after the number 2")
                .hasMessageContaining("nothing is skipped");
        assertThat(Journals.bytes(directory)).isEqualTo(twice);
    }
}
