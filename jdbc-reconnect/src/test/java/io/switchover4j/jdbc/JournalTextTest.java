package io.switchover4j.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalRecord;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JournalTextTest {

    @Test
    void plainTextStaysReadable() {
        assertThat(JournalText.escape("orders-eu.1 'a' (x) #2")).isEqualTo("orders-eu.1 'a' (x) #2");
    }

    @Test
    void whatADatabaseMayLoseIsEscaped() {
        assertThat(JournalText.escape(" a  b ")).isEqualTo("\\u0020a \\u0020b\\u0020");
        assertThat(JournalText.escape("a=b\\c\n\0\u00e4\ud83d"))
                .isEqualTo("a\\u003db\\u005cc\\u000a\\u0000\\u00e4\\ud83d");
        assertThat(JournalText.escape("~\u007f")).isEqualTo("~\\u007f");
    }

    @Test
    void anyRecordComesBackFromItsPieces() {
        long seed = System.nanoTime();
        System.out.println("JournalTextTest seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            Map<String, String> facts = new LinkedHashMap<>();
            for (int i = random.nextInt(5); i > 0; i--) {
                facts.put(text(random, 10) + i, text(random, 3000));
            }
            JournalRecord record = new JournalRecord(
                    "i" + text(random, 5).replaceAll("[\\x00-\\x1f\\x7f-\\x9f\\p{Cs}]", ""),
                    "op1",
                    round,
                    Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000)),
                    JournalRecord.Kind.DONE,
                    Phase.FENCING,
                    text(random, 20),
                    facts);

            List<String> pieces = JournalText.pieces(record);

            assertThat(pieces)
                    .as("seed %d, round %d", seed, round)
                    .allSatisfy(piece -> assertThat(piece)
                            .hasSizeBetween(1, JournalText.PIECE)
                            .isEqualTo(piece.stripTrailing()));
            assertThat(read(record, String.join("", pieces)))
                    .as("seed %d, round %d", seed, round)
                    .isEqualTo(record);
        }
    }

    @Test
    void noPieceEndsWithABlankWhereverItIsCut() {
        for (String part : List.of("x ", " x", "  ", "\n")) {
            for (int before = 0; before < 3; before++) {
                JournalRecord record = new JournalRecord(
                        "orders",
                        "op1",
                        0,
                        Instant.EPOCH,
                        JournalRecord.Kind.DONE,
                        Phase.FENCING,
                        "s".repeat(before),
                        Map.of("a", part.repeat(3000)));

                List<String> pieces = JournalText.pieces(record);

                assertThat(pieces)
                        .hasSizeGreaterThan(2)
                        .allSatisfy(piece -> assertThat(piece)
                                .hasSizeBetween(1, JournalText.PIECE)
                                .doesNotEndWith(" ")
                                .doesNotEndWith("\n"));
                assertThat(read(record, String.join("", pieces))).isEqualTo(record);
            }
        }
    }

    @Test
    void contentThatIsNotWholeIsNoRecord() {
        JournalRecord record = new JournalRecord(
                "orders", "op1", 0, Instant.EPOCH, JournalRecord.Kind.DONE, Phase.FENCING, "s", Map.of("a", "b"));
        assertThat(JournalText.pieces(record)).containsExactly("subject=s\na=b;");

        for (String content : List.of("", "subject=s", "subject=s\na=b", "a=b;")) {
            assertThatIllegalArgumentException()
                    .as(content)
                    .isThrownBy(() -> read(record, content))
                    .withMessage("its content is not whole");
        }
    }

    private static JournalRecord read(JournalRecord record, String content) {
        return JournalText.record(
                JournalText.escape(record.instanceId()),
                record.operationId(),
                record.sequence(),
                record.at().toString(),
                record.kind().name(),
                record.phase().name(),
                content);
    }

    private static String text(Random random, int longest) {
        String alphabet = "abc   =;\\\n\u00e4\u20ac\ud83d\ude00\0\t'\"";
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(longest + 1); i > 0; i--) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }
}
