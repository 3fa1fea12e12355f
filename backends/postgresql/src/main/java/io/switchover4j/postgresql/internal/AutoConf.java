package io.switchover4j.postgresql.internal;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The text of {@code postgresql.auto.conf}: single settings are changed, everything else is kept as it is. Immutable. */
final class AutoConf {

    static final String FILE = "postgresql.auto.conf";

    private final List<String> lines;

    private AutoConf(List<String> lines) {
        this.lines = List.copyOf(lines);
    }

    /** Reads the file's bytes, whatever their encoding: only ASCII is looked at. */
    static AutoConf parse(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return new AutoConf(text.isEmpty() ? List.of() : List.of(text.split("\n", -1)));
    }

    /** The value in force, which is the last one. */
    Optional<String> get(String name) {
        return lines.stream()
                .filter(line -> isSetting(line, name))
                .reduce((first, second) -> second)
                .map(AutoConf::value);
    }

    AutoConf with(String name, String value) {
        List<String> changed = new ArrayList<>(without(name).lines);
        while (!changed.isEmpty() && changed.get(changed.size() - 1).isBlank()) {
            changed.remove(changed.size() - 1);
        }
        changed.add(name + " = '" + escape(value) + "'");
        changed.add("");
        return new AutoConf(changed);
    }

    AutoConf without(String name) {
        return new AutoConf(
                lines.stream().filter(line -> !isSetting(line, name)).toList());
    }

    byte[] bytes() {
        return String.join("\n", lines).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** As the server's own ALTER SYSTEM writes it. */
    private static String escape(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        return new String(utf8, StandardCharsets.ISO_8859_1)
                .replace("\\", "\\\\")
                .replace("'", "''");
    }

    private static boolean isSetting(String line, String name) {
        String trimmed = line.strip();
        if (!trimmed.toLowerCase(Locale.ROOT).startsWith(name.toLowerCase(Locale.ROOT))) {
            return false;
        }
        String rest = trimmed.substring(name.length());
        return !rest.isEmpty() && (rest.charAt(0) == '=' || Character.isWhitespace(rest.charAt(0)));
    }

    private static String value(String line) {
        String text = line.substring(line.indexOf('=') + 1).strip();
        if (!text.startsWith("'")) {
            int comment = text.indexOf('#');
            return (comment < 0 ? text : text.substring(0, comment)).strip();
        }
        StringBuilder value = new StringBuilder();
        for (int i = 1; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean escaped = i + 1 < text.length() && (c == '\\' || (c == '\'' && text.charAt(i + 1) == '\''));
            if (c == '\'' && !escaped) {
                break;
            }
            value.append(escaped ? text.charAt(++i) : c);
        }
        return new String(value.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }
}
