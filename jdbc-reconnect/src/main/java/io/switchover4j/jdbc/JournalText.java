package io.switchover4j.jdbc;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Texts as any database keeps them, whatever its character set, its empty strings and its trailing blanks: printable ASCII,
 * everything else as {@code \}{@code uXXXX}. Readable with plain SQL.
 */
final class JournalText {

    /** Of one piece of a content; every database has a VARCHAR of this length. */
    static final int PIECE = 2000;

    private JournalText() {}

    static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 8);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean lonelyBlank = c == ' ' && i > 0 && i < text.length() - 1 && text.charAt(i - 1) != ' ';
            if (c > ' ' && c < 0x7f && c != '\\' && c != '=' || lonelyBlank) {
                escaped.append(c);
            } else {
                escaped.append("\\u%04x".formatted((int) c));
            }
        }
        return escaped.toString();
    }

    static String unescape(String escaped) {
        StringBuilder text = new StringBuilder(escaped.length());
        for (int i = 0; i < escaped.length(); i++) {
            char c = escaped.charAt(i);
            if (c == '\\') {
                text.append((char) Integer.parseInt(escaped, i + 2, i + 6, 16));
                i += 5;
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }

    /** The subject, then a line for each fact; in pieces that end with no blank: no two of them ever follow each other. */
    static List<String> pieces(JournalRecord record) {
        StringBuilder content = new StringBuilder("subject=").append(escape(record.subject()));
        record.facts()
                .forEach((name, value) ->
                        content.append('\n').append(escape(name)).append('=').append(escape(value)));
        content.append(';');
        List<String> pieces = new ArrayList<>(1);
        int start = 0;
        while (start < content.length()) {
            int end = Math.min(content.length(), start + PIECE);
            while (isBlank(content.charAt(end - 1))) {
                end--;
            }
            pieces.add(content.substring(start, end));
            start = end;
        }
        return pieces;
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\n';
    }

    /**
     * @throws IllegalArgumentException if that is not the content of a record, or of one that only a newer version knows
     */
    static JournalRecord record(
            String instanceId,
            String operationId,
            long sequence,
            String at,
            String kind,
            String phase,
            String content) {
        if (!content.startsWith("subject=") || !content.endsWith(";")) {
            throw new IllegalArgumentException("its content is not whole");
        }
        String[] lines = content.substring(0, content.length() - 1).split("\n", -1);
        Map<String, String> facts = new LinkedHashMap<>();
        for (int i = 1; i < lines.length; i++) {
            int equals = lines[i].indexOf('=');
            facts.put(unescape(lines[i].substring(0, equals)), unescape(lines[i].substring(equals + 1)));
        }
        return new JournalRecord(
                unescape(instanceId),
                unescape(operationId),
                sequence,
                Instant.parse(at),
                JournalRecord.Kind.valueOf(kind),
                Phase.valueOf(phase),
                unescape(lines[0].substring("subject=".length())),
                facts);
    }
}
