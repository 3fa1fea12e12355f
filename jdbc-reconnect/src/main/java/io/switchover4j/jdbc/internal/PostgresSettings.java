package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.internal.Setting.Effect;
import io.switchover4j.jdbc.internal.Setting.Property;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads what SET, RESET, DISCARD, PREPARE, DEALLOCATE and a plain call of set_config set in a session of PostgreSQL. */
final class PostgresSettings {

    private static final String PREPARED = "prepared ";
    private static final String CHARACTERISTICS = "characteristics ";

    private PostgresSettings() {}

    /** Whether {@code sql} is nothing but {@code SELECT set_config(a, b, false)} of texts and parameters. */
    static boolean isPlainSetConfig(String sql) {
        return setConfigArguments(words(sql)) != null;
    }

    static @Nullable Setting of(String sql, @Nullable Parameters parameters) {
        List<String> words = words(sql);
        if (words.isEmpty()) {
            return null;
        }
        return switch (words.get(0).toUpperCase(Locale.ROOT)) {
            case "SET" -> set(words, sql);
            case "RESET" -> reset(words, sql);
            case "DISCARD" -> discard(words, sql);
            case "PREPARE" ->
                words.size() < 2 ? null : Setting.of(Effect.MAKE, PREPARED + identifier(words.get(1)), sql);
            case "DEALLOCATE" -> deallocate(words, sql);
            case "SELECT" -> setConfig(words, parameters);
            default -> null;
        };
    }

    /** Whether it sets a value, and not what the server's configuration says. */
    static boolean hasValue(Setting setting) {
        List<String> words = words(setting.sql());
        return !is(words, 0, "RESET") && !contains(words, "DEFAULT");
    }

    private static @Nullable Setting set(List<String> words, String sql) {
        int at = is(words, 1, "SESSION") && !is(words, 2, ".") ? 2 : 1;
        if (at == 2 && is(words, 2, "AUTHORIZATION")) {
            return Setting.set("session authorization", sql, null);
        }
        if (at == 2 && is(words, 2, "CHARACTERISTICS")) {
            Property isolation = contains(words, "ISOLATION") ? Property.ISOLATION : null;
            return Setting.set(CHARACTERISTICS + String.join(" ", words).toUpperCase(Locale.ROOT), sql, isolation);
        }
        return words.size() <= at ? null : setting(name(words, at), sql);
    }

    private static Setting setting(String key, String sql) {
        return Setting.set(
                key,
                sql,
                switch (key) {
                    case "search_path" -> Property.SCHEMA;
                    case "application_name" -> Property.APPLICATION_NAME;
                    case "default_transaction_isolation" -> Property.ISOLATION;
                    default -> null;
                });
    }

    private static @Nullable Setting reset(List<String> words, String sql) {
        if (words.size() < 2) {
            return null;
        }
        if (is(words, 1, "ALL")) {
            return Setting.of(Effect.RESET_ALL, "all", sql);
        }
        if (is(words, 1, "SESSION") && is(words, 2, "AUTHORIZATION")) {
            return Setting.set("session authorization", sql, null);
        }
        return setting(name(words, 1), sql);
    }

    private static @Nullable Setting discard(List<String> words, String sql) {
        return is(words, 1, "ALL")
                ? Setting.of(Effect.DISCARD_ALL, "all", "RESET ALL")
                : is(words, 1, "PLANS") ? Setting.of(Effect.NONE, "", sql) : null;
    }

    private static @Nullable Setting deallocate(List<String> words, String sql) {
        int at = is(words, 1, "PREPARE") ? 2 : 1;
        if (words.size() <= at) {
            return null;
        }
        return is(words, at, "ALL")
                ? Setting.of(Effect.REMOVE_ALL, PREPARED, sql)
                : Setting.of(Effect.REMOVE, PREPARED + identifier(words.get(at)), sql);
    }

    private static @Nullable Setting setConfig(List<String> words, @Nullable Parameters parameters) {
        List<String> arguments = setConfigArguments(words);
        if (arguments == null) {
            return null;
        }
        int parameter = 0;
        String[] values = new String[2];
        for (int i = 0; i < 2; i++) {
            String text = arguments.get(i);
            String value;
            if (text.equals("?")) {
                parameter++;
                value = parameters == null ? null : parameters.text(parameter);
            } else {
                value = text.substring(1, text.length() - 1).replace("''", "'");
            }
            if (value == null) {
                return null;
            }
            values[i] = value;
        }
        if (values[0].equalsIgnoreCase("search_path") && PostgresText.beginsWithTemporarySchema(values[1])) {
            return null;
        }
        String sql = "SELECT pg_catalog.set_config(%s, %s, false)".formatted(quoted(values[0]), quoted(values[1]));
        return setting(values[0].toLowerCase(Locale.ROOT), sql);
    }

    private static @Nullable List<String> setConfigArguments(List<String> words) {
        int at = 1;
        if (!is(words, 0, "SELECT")) {
            return null;
        }
        if (is(words, at, "pg_catalog") && is(words, at + 1, ".")) {
            at += 2;
        }
        if (!is(words, at, "set_config") || !is(words, at + 1, "(")) {
            return null;
        }
        int length = words.size() - at;
        boolean plain = (length == 8 || length == 9 && is(words, at + 8, ";"))
                && isValue(words.get(at + 2))
                && is(words, at + 3, ",")
                && isValue(words.get(at + 4))
                && is(words, at + 5, ",")
                && is(words, at + 6, "false")
                && is(words, at + 7, ")");
        return plain ? List.of(words.get(at + 2), words.get(at + 4)) : null;
    }

    private static boolean isValue(String word) {
        return word.equals("?") || word.startsWith("'") && word.indexOf('\\') < 0;
    }

    /** A text as the server reads it whatever it contains. */
    private static String quoted(String value) {
        String doubled = value.replace("'", "''");
        return value.indexOf('\\') < 0 ? "'" + doubled + "'" : " E'" + doubled.replace("\\", "\\\\") + "'";
    }

    /** The name of a setting: {@code a.b}, or one of the forms with words of their own. */
    private static String name(List<String> words, int at) {
        if (!is(words, at + 1, ".")) {
            if (is(words, at, "TIME") && is(words, at + 1, "ZONE")) {
                return "timezone";
            } else if (is(words, at, "NAMES")) {
                return "client_encoding";
            } else if (is(words, at, "SCHEMA")) {
                return "search_path";
            } else if (is(words, at, "XML") && is(words, at + 1, "OPTION")) {
                return "xmloption";
            }
        }
        StringBuilder name = new StringBuilder(identifier(words.get(at)));
        for (int i = at + 1; is(words, i, ".") && i + 1 < words.size(); i += 2) {
            name.append('.').append(identifier(words.get(i + 1)));
        }
        return name.toString().toLowerCase(Locale.ROOT);
    }

    /** The name of a prepared statement, which keeps its letters in quotes. */
    private static String identifier(String word) {
        return word.startsWith("\"") && word.length() > 1
                ? word.substring(1, word.length() - 1).replace("\"\"", "\"")
                : word.toLowerCase(Locale.ROOT);
    }

    private static boolean is(List<String> words, int at, String word) {
        return at < words.size() && words.get(at).equalsIgnoreCase(word);
    }

    private static boolean contains(List<String> words, String word) {
        return words.stream().anyMatch(word::equalsIgnoreCase);
    }

    /** Words, quoted texts and single characters, without blanks and comments. */
    private static List<String> words(String sql) {
        PostgresStatements text = PostgresStatements.INSTANCE;
        List<String> words = new ArrayList<>();
        int at = text.skipBlank(sql, 0);
        while (at < sql.length()) {
            int end = Math.max(text.textEnd(sql, at), StatementText.wordEnd(sql, at));
            end = Math.max(end, at + 1);
            words.add(sql.substring(at, end));
            at = text.skipBlank(sql, end);
        }
        return words;
    }
}
