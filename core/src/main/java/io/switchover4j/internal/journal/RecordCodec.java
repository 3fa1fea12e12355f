package io.switchover4j.internal.journal;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalRecord;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One record as bytes, all numbers big-endian: instance, switchover, sequence (8), second (8), nanosecond (4), kind, phase,
 * subject, the number of facts (4), their names and values. A text is its length in bytes (4) and its UTF-8. Kinds and
 * phases go by name, so that a new one changes no old file.
 */
final class RecordCodec {

    private RecordCodec() {}

    static byte[] encode(JournalRecord record) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            text(out, record.instanceId());
            text(out, record.operationId());
            out.writeLong(record.sequence());
            out.writeLong(record.at().getEpochSecond());
            out.writeInt(record.at().getNano());
            text(out, record.kind().name());
            text(out, record.phase().name());
            text(out, record.subject());
            out.writeInt(record.facts().size());
            for (Map.Entry<String, String> fact : record.facts().entrySet()) {
                text(out, fact.getKey());
                text(out, fact.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads what {@link #encode} wrote, and nothing else.
     *
     * @throws IllegalArgumentException if that is not such a record, or one of a kind or phase that is not known here
     */
    static JournalRecord decode(ByteBuffer in) {
        try {
            String instanceId = text(in);
            String operationId = text(in);
            long sequence = in.getLong();
            Instant at = Instant.ofEpochSecond(in.getLong(), in.getInt());
            JournalRecord.Kind kind = constant(JournalRecord.Kind.class, "kind", text(in));
            Phase phase = constant(Phase.class, "phase", text(in));
            String subject = text(in);
            int count = in.getInt();
            Map<String, String> facts = new LinkedHashMap<>();
            for (int i = 0; i < count; i++) {
                facts.put(text(in), text(in));
            }
            if (in.hasRemaining()) {
                throw new IllegalArgumentException("%d bytes follow the record".formatted(in.remaining()));
            }
            return new JournalRecord(instanceId, operationId, sequence, at, kind, phase, subject, facts);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("the record ends too early", e);
        }
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String what, String name) {
        try {
            return Enum.valueOf(type, name);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the %s '%s' is not known to this version of switchover4j; a newer one wrote it"
                            .formatted(what, name),
                    e);
        }
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(utf8.length);
        out.write(utf8);
    }

    private static String text(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] utf8 = new byte[length];
        in.get(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
