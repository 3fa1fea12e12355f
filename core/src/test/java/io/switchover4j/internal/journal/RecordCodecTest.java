package io.switchover4j.internal.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecordCodecTest {

    /** Files of this format are out there: a change needs a new version, and a reader of the old one. */
    private static final String GOLDEN = "00000002" + "6f31" // instance o1
            + "00000003" + "6f7031" // switchover op1
            + "0000000000000005" // sequence
            + "0000000069a42b80" + "075bcd15" // time
            + "00000004" + "444f4e45" // DONE
            + "00000007" + "46454e43494e47" // FENCING
            + "00000001" + "73" // subject s
            + "00000002" // facts
            + "00000001" + "6b" + "00000002" + "c3a4" // k = ä
            + "00000001" + "61" + "00000000"; // a =

    private static JournalRecord golden() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("k", "\u00e4");
        facts.put("a", "");
        return new JournalRecord(
                "o1", "op1", 5, Instant.parse("2026-03-01T12:05:20.123456789Z"), Kind.DONE, Phase.FENCING, "s", facts);
    }

    @Test
    void theFormatStaysAsItIs() {
        assertThat(HexFormat.of().formatHex(RecordCodec.encode(golden()))).isEqualTo(GOLDEN);
        assertThat(decode(HexFormat.of().parseHex(GOLDEN))).isEqualTo(golden());
    }

    @Test
    void theHeaderStaysAsItIs() {
        assertThat(HexFormat.of().formatHex(Format.header())).startsWith("73346a2d6a726e6c" + "00000001");
    }

    @Test
    void whatIsCutShortIsNoRecord() {
        byte[] whole = RecordCodec.encode(golden());
        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThatIllegalArgumentException()
                    .as("%d bytes", length)
                    .isThrownBy(() -> decode(part))
                    .withMessage("the record ends too early");
        }
    }

    @Test
    void whatIsTooLongIsNoRecord() {
        byte[] whole = RecordCodec.encode(golden());

        assertThatIllegalArgumentException()
                .isThrownBy(() -> decode(Arrays.copyOf(whole, whole.length + 2)))
                .withMessage("2 bytes follow the record");
    }

    @Test
    void aNegativeLengthIsNoRecord() {
        byte[] bytes = RecordCodec.encode(golden());
        bytes[0] = -1;

        assertThatIllegalArgumentException().isThrownBy(() -> decode(bytes)).withMessage("the record ends too early");
    }

    @Test
    void everyKindAndPhaseComesBack() {
        for (Kind kind : Kind.values()) {
            for (Phase phase : Phase.values()) {
                JournalRecord record = Records.of("orders", "op1", 3, kind, phase);
                assertThat(decode(RecordCodec.encode(record))).isEqualTo(record);
            }
        }
    }

    private static JournalRecord decode(byte[] bytes) {
        return RecordCodec.decode(ByteBuffer.wrap(bytes));
    }
}
