package io.switchover4j.postgresql.internal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/** A libpq connection string in its {@code keyword='value'} form, as {@code primary_conninfo} holds it. Immutable. */
final class ConnInfo {

    private final Map<String, String> parts;

    private ConnInfo(Map<String, String> parts) {
        this.parts = parts;
    }

    static ConnInfo empty() {
        return new ConnInfo(Map.of());
    }

    /**
     * @throws IllegalArgumentException if the text is not of that form, or is a URI; the message does not quote it
     */
    static ConnInfo parse(String text) {
        if (text.startsWith("postgresql://") || text.startsWith("postgres://")) {
            throw new IllegalArgumentException("it is a URI; only the form keyword='value' is understood");
        }
        Map<String, String> parts = new LinkedHashMap<>();
        int at = skipBlanks(text, 0);
        while (at < text.length()) {
            int equals = text.indexOf('=', at);
            if (equals < 0) {
                throw new IllegalArgumentException("keyword without '=' at index %d".formatted(at));
            }
            StringBuilder value = new StringBuilder();
            int end = readValue(text, skipBlanks(text, equals + 1), value);
            parts.put(text.substring(at, equals).strip(), value.toString());
            at = skipBlanks(text, end);
        }
        return new ConnInfo(parts);
    }

    Optional<String> get(String keyword) {
        return Optional.ofNullable(parts.get(keyword));
    }

    ConnInfo with(String keyword, String value) {
        Map<String, String> changed = new LinkedHashMap<>(parts);
        changed.put(keyword, value);
        return new ConnInfo(changed);
    }

    ConnInfo without(String keyword) {
        Map<String, String> changed = new LinkedHashMap<>(parts);
        changed.remove(keyword);
        return new ConnInfo(changed);
    }

    /** The whole string, password included. */
    String render() {
        StringJoiner all = new StringJoiner(" ");
        parts.forEach((keyword, value) ->
                all.add(keyword + "='" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"));
        return all.toString();
    }

    /** For people: no password. */
    @Override
    public String toString() {
        return get("password").isPresent() ? with("password", "***").render() : render();
    }

    private static int readValue(String text, int from, StringBuilder value) {
        boolean quoted = from < text.length() && text.charAt(from) == '\'';
        for (int i = quoted ? from + 1 : from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                value.append(text.charAt(++i));
            } else if (quoted ? c == '\'' : Character.isWhitespace(c)) {
                return i + 1;
            } else {
                value.append(c);
            }
        }
        if (quoted) {
            throw new IllegalArgumentException("quote without end at index %d".formatted(from));
        }
        return text.length();
    }

    private static int skipBlanks(String text, int from) {
        int at = from;
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at;
    }
}
