package io.switchover4j.testkit;

import java.util.Locale;

/** What can be told of statements from their text, without understanding them. */
final class SqlText {

    private static final int LOGGED_CHARACTERS = 1_000;

    private enum Token {
        WORD,
        LITERAL,
        SEMICOLON,
        OTHER,
        END
    }

    private final String sql;
    private int start;
    private int next;

    private SqlText(String sql) {
        this.sql = sql;
    }

    /** Whether one of the statements is a COMMIT or END. */
    static boolean commits(String sql) {
        return new SqlText(sql).hasCommit();
    }

    /** The text without the values of quoted literals, and not longer than a line or ten. */
    static String forLog(String sql) {
        SqlText text = new SqlText(sql);
        StringBuilder log = new StringBuilder(Math.min(sql.length(), LOGGED_CHARACTERS));
        int copied = 0;
        while (log.length() < LOGGED_CHARACTERS) {
            Token token = text.advance();
            if (token == Token.END) {
                log.append(sql, copied, sql.length());
                copied = sql.length();
                break;
            }
            if (token == Token.LITERAL) {
                log.append(sql, copied, text.start).append("'?'");
                copied = text.next;
            }
        }
        if (log.length() > LOGGED_CHARACTERS || copied < sql.length()) {
            log.setLength(Math.min(log.length(), LOGGED_CHARACTERS));
            log.append("...");
        }
        return log.toString();
    }

    private boolean hasCommit() {
        boolean first = true;
        boolean creates = false;
        int bodies = 0;
        boolean commit = false;
        while (true) {
            Token token = advance();
            if (commit && !(token == Token.WORD && word().equals("PREPARED"))) {
                return true;
            }
            commit = false;
            if (token == Token.END) {
                return false;
            }
            if (token == Token.SEMICOLON && bodies == 0) {
                first = true;
                continue;
            }
            if (token == Token.WORD && (first || creates)) {
                String word = word();
                if (first) {
                    commit = word.equals("COMMIT") || word.equals("END");
                    creates = word.equals("CREATE");
                } else if (creates) {
                    // CREATE FUNCTION ... BEGIN ATOMIC ...; CASE ... END; END
                    bodies += word.equals("BEGIN") || (bodies > 0 && word.equals("CASE")) ? 1 : 0;
                    bodies -= bodies > 0 && word.equals("END") ? 1 : 0;
                }
            }
            first = false;
        }
    }

    private String word() {
        return sql.substring(start, next).toUpperCase(Locale.ROOT);
    }

    private Token advance() {
        skipBlanksAndComments();
        start = next;
        if (start >= sql.length()) {
            return Token.END;
        }
        char c = sql.charAt(start);
        if (c == '\'') {
            return quoted('\'', start > 0 && isEscapePrefix(start - 1), Token.LITERAL);
        }
        if (c == '"') {
            return quoted('"', false, Token.OTHER);
        }
        if (c == '$' && dollarQuoted()) {
            return Token.LITERAL;
        }
        next++;
        if (c == ';') {
            return Token.SEMICOLON;
        }
        if (!Character.isLetter(c) && c != '_') {
            return Token.OTHER;
        }
        while (next < sql.length() && isPartOfWord(sql.charAt(next))) {
            next++;
        }
        return Token.WORD;
    }

    private static boolean isPartOfWord(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '$';
    }

    private boolean isEscapePrefix(int at) {
        return (sql.charAt(at) == 'e' || sql.charAt(at) == 'E') && (at == 0 || !isPartOfWord(sql.charAt(at - 1)));
    }

    private Token quoted(char quote, boolean backslashEscapes, Token token) {
        next = start + 1;
        while (next < sql.length()) {
            char c = sql.charAt(next++);
            if (c == '\\' && backslashEscapes) {
                next++;
            } else if (c == quote) {
                if (next >= sql.length() || sql.charAt(next) != quote) {
                    return token;
                }
                next++;
            }
        }
        next = sql.length();
        return token;
    }

    private boolean dollarQuoted() {
        int tagEnd = start + 1;
        while (tagEnd < sql.length() && isPartOfWord(sql.charAt(tagEnd)) && sql.charAt(tagEnd) != '$') {
            tagEnd++;
        }
        // $1 is a parameter.
        if (tagEnd >= sql.length() || sql.charAt(tagEnd) != '$' || Character.isDigit(sql.charAt(start + 1))) {
            return false;
        }
        String tag = sql.substring(start, tagEnd + 1);
        int end = sql.indexOf(tag, tagEnd + 1);
        next = end < 0 ? sql.length() : end + tag.length();
        return true;
    }

    private void skipBlanksAndComments() {
        while (next < sql.length()) {
            if (Character.isWhitespace(sql.charAt(next))) {
                next++;
            } else if (sql.startsWith("--", next)) {
                int end = sql.indexOf('\n', next);
                next = end < 0 ? sql.length() : end + 1;
            } else if (sql.startsWith("/*", next)) {
                skipBlockComment();
            } else {
                return;
            }
        }
    }

    private void skipBlockComment() {
        int depth = 0;
        do {
            if (sql.startsWith("/*", next)) {
                depth++;
                next += 2;
            } else if (sql.startsWith("*/", next)) {
                depth--;
                next += 2;
            } else {
                next++;
            }
        } while (depth > 0 && next < sql.length());
    }
}
