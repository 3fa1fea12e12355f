package io.switchover4j.jdbc.internal;

import java.util.Locale;

/** The letters of PostgreSQL: where texts and names end, and which names are those of the session's own schema. */
abstract class PostgresText extends StatementText {

    /** Whether a backslash escapes in every text, as it does where {@code standard_conforming_strings} is off. */
    private final boolean backslashes;

    PostgresText(boolean backslashes) {
        this.backslashes = backslashes;
    }

    /** Whether tables that are created from here on belong to the session, though nothing of them says so. */
    final boolean setsTemporarySchema(String sql, int from) {
        int name = nextWord(sql, from);
        if (!isNamed(sql, name, "search_path") && !isNext(sql, name, "SCHEMA")) {
            return false;
        }
        int value = nextWord(sql, Math.max(wordEnd(sql, name), skipOpaque(sql, name)));
        if (sql.startsWith("=", value)) {
            value++;
        } else if (isNext(sql, value, "TO")) {
            value = nextWordEnd(sql, value);
        }
        return beginsWithTemporarySchema(sql.substring(value));
    }

    /** Whether {@code pg_temp} is the first in a list of schemas, but for the user's own, which may not be there. */
    static boolean beginsWithTemporarySchema(String searchPath) {
        for (String schema : searchPath.split(",")) {
            String name = schema.replace('\'', ' ').replace('"', ' ').strip().toLowerCase(Locale.ROOT);
            if (!name.equals("$user")) {
                return name.startsWith("pg_temp");
            }
        }
        return false;
    }

    final boolean isDot(String sql, int from) {
        return sql.startsWith(".", skipBlank(sql, from));
    }

    /** Whether CREATE makes something that belongs to the session: a word of its own says so, or the schema of a name. */
    final boolean isTemporary(String sql, int from) {
        int at = nextWord(sql, from);
        int end = wordEnd(sql, at);
        while (is(sql, at, end, "OR")
                || is(sql, at, end, "REPLACE")
                || is(sql, at, end, "LOCAL")
                || is(sql, at, end, "GLOBAL")) {
            at = nextWord(sql, end);
            end = wordEnd(sql, at);
        }
        if (is(sql, at, end, "TEMP") || is(sql, at, end, "TEMPORARY")) {
            return true;
        }
        while (at < sql.length()) {
            if (isInTemporarySchema(sql, at)) {
                return true;
            }
            at = skipBlank(sql, Math.max(at + 1, Math.max(wordEnd(sql, at), skipOpaque(sql, at))));
        }
        return false;
    }

    /** Whether a name begins at {@code at} whose schema is {@code pg_temp}. */
    private boolean isInTemporarySchema(String sql, int at) {
        int start = sql.startsWith("\"", at) ? at + 1 : at;
        if (!sql.regionMatches(true, start, "pg_temp", 0, 7)) {
            return false;
        }
        int end = wordEnd(sql, start);
        boolean schema = end == start + 7 || sql.charAt(start + 7) == '_' && Character.isDigit(sql.charAt(end - 1));
        return schema && isDot(sql, start > at ? end + 1 : end);
    }

    /** Whether what stands behind INTO is a new table that belongs to the session. */
    final boolean isTemporaryTarget(String sql, int from) {
        int at = nextWord(sql, from);
        if (isNext(sql, at, "LOCAL") || isNext(sql, at, "GLOBAL") || isNext(sql, at, "TABLE")) {
            at = nextWord(sql, nextWordEnd(sql, at));
        }
        return isNext(sql, at, "TEMP") || isNext(sql, at, "TEMPORARY") || isInTemporarySchema(sql, at);
    }

    /** Whether this name begins at {@code at}, in quotes or not. */
    static boolean isNamed(String sql, int at, String name) {
        int start = sql.startsWith("\"", at) ? at + 1 : at;
        return is(sql, start, wordEnd(sql, start), name);
    }

    /** Looks for ON COMMIT DROP outside of quotes. */
    final boolean isDroppedOnCommit(String sql, int from) {
        int at = from;
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (isWordStart(c)) {
                int end = wordEnd(sql, at);
                if (is(sql, at, end, "ON")
                        && isNext(sql, end, "COMMIT")
                        && isNext(sql, nextWordEnd(sql, end), "DROP")) {
                    return true;
                }
                at = end;
            } else {
                int behind = Math.max(skipOpaque(sql, at), skipBlank(sql, at));
                at = behind == at ? at + 1 : behind;
            }
        }
        return false;
    }

    @Override
    boolean returnEndsComment() {
        return true;
    }

    /** A backslash in front of a quote escapes it where {@code standard_conforming_strings} is off. */
    @Override
    boolean isAmbiguous(String sql, int at, int end) {
        return sql.charAt(at) == '\'' && end - at > 2 && sql.charAt(end - 2) == '\\' && !isEscapeText(sql, at);
    }

    final boolean isEscapeText(String sql, int quote) {
        return backslashes || quote > 0 && (sql.charAt(quote - 1) | 0x20) == 'e' && isPrefix(sql, quote - 1);
    }

    /** Whether U&"..." has escapes, and so may be any name. */
    final boolean isUnicodeName(String sql, int at, int behind) {
        if ((sql.charAt(at - 2) | 0x20) != 'u' || !isPrefix(sql, at - 2)) {
            return false;
        }
        int escape = sql.indexOf('\\', at);
        return escape >= 0 && escape < behind || isNext(sql, behind, "UESCAPE");
    }

    @Override
    int skipOpaque(String sql, int at) {
        switch (sql.charAt(at)) {
            case '\'':
                return isEscapeText(sql, at) ? skipEscapeText(sql, at) : skipQuoted(sql, at, '\'', false);
            case '"':
                return skipQuoted(sql, at, '"', false);
            case '$':
                return skipDollarQuoted(sql, at);
            default:
                return at;
        }
    }

    /** Its escapes hold behind a doubled quote, too, and where it goes on in another line. */
    private int skipEscapeText(String sql, int at) {
        int end = skipQuoted(sql, at, '\'', true);
        for (int next = continuation(sql, end);
                next < sql.length() && sql.charAt(next) == '\'';
                next = continuation(sql, end)) {
            end = skipQuoted(sql, next, '\'', true);
        }
        return end;
    }

    /** Where the text that ends at {@code end} may go on: there, or in front of a line feed and blanks, of which there must be one. */
    private int continuation(String sql, int end) {
        int next = skipBlank(sql, end);
        for (int at = end; at < next; at++) {
            if (sql.startsWith("/*", at)) {
                return sql.length();
            }
            if (sql.charAt(at) == '\n' || sql.charAt(at) == '\r') {
                return next;
            }
        }
        return next == end ? end : sql.length();
    }

    /** Whether the letter at {@code at} stands alone, as the E of E'...' does. */
    static boolean isPrefix(String sql, int at) {
        return at == 0 || wordEnd(sql, at - 1) == at - 1;
    }

    static boolean startsWith(String sql, int start, int end, String prefix) {
        return end - start >= prefix.length() && sql.regionMatches(true, start, prefix, 0, prefix.length());
    }

    /** Where a quoted text or name ends that begins at {@code at}; the doubled quote in it stands for itself. */
    int textEnd(String sql, int at) {
        int end = skipOpaque(sql, at);
        while (end > at && end < sql.length() && sql.charAt(end) == sql.charAt(at)) {
            end = skipOpaque(sql, end);
        }
        return end;
    }
}
