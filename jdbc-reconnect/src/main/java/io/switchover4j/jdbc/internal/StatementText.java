package io.switchover4j.jdbc.internal;

/**
 * Judges a statement by its text. Runs for every statement that is not prepared: one pass, no allocation, no regular
 * expression. It understands comments, quotes and statement separators, not the grammar; what it does not know may commit.
 * Stateless.
 */
abstract class StatementText {

    private static final int ASCII = 128;
    private static final byte OTHER = 0;
    private static final byte WORD = 1;
    private static final byte DIGIT = 2;
    private static final byte QUOTE = 3;
    private static final byte COMMENT = 4;
    private static final byte SEPARATOR = 5;
    private static final byte COLON = 6;

    /** What a character may begin; one look instead of many comparisons. */
    private static final byte[] MEANING = new byte[ASCII];

    static {
        for (char c = 0; c < ASCII; c++) {
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
            MEANING[c] = letter ? WORD : c >= '0' && c <= '9' ? DIGIT : OTHER;
        }
        for (char c : "'\"$`[".toCharArray()) {
            MEANING[c] = QUOTE;
        }
        for (char c : "-/#".toCharArray()) {
            MEANING[c] = COMMENT;
        }
        MEANING[';'] = SEPARATOR;
        MEANING[':'] = COLON;
    }

    final StatementKind kindOf(String sql) {
        int start = skipBlank(sql, 0);
        while (start < sql.length() && (sql.charAt(start) == '(' || sql.charAt(start) == ';')) {
            start = skipBlank(sql, start + 1);
        }
        if (start >= sql.length()) {
            return StatementKind.PLAIN;
        }
        int end = wordEnd(sql, start);
        if (end == start) {
            return StatementKind.MAY_COMMIT;
        }
        return rest(sql, end, first(sql, start, end));
    }

    /** What the first word says, which lies from {@code start} to {@code end}. */
    abstract StatementKind first(String sql, int start, int end);

    /** What a word further behind says; {@code kind} if it says nothing. */
    abstract StatementKind within(String sql, int start, int end, StatementKind kind);

    /** What a name says whose quotes lie at {@code at} and in front of {@code behind}; {@code kind} if it says nothing. */
    StatementKind quotedName(String sql, int at, int behind, StatementKind kind) {
        return within(sql, at + 1, behind - 1, kind);
    }

    /** Where a quoted text or something as opaque that begins at {@code at} ends; {@code at} if nothing begins there. */
    abstract int skipOpaque(String sql, int at);

    /** Whether comments that the server executes exist. */
    boolean executesComments() {
        return false;
    }

    /** Whether {@code #} begins a comment. */
    boolean hashComments() {
        return false;
    }

    /** Whether two dashes begin a comment only in front of a blank. */
    boolean dashCommentsNeedBlank() {
        return false;
    }

    /** Whether a carriage return ends a comment, as a line feed does. */
    boolean returnEndsComment() {
        return false;
    }

    /** Whether it depends on the session where the quoted text ends that begins at {@code at}. */
    boolean isAmbiguous(String sql, int at, int end) {
        return false;
    }

    boolean nestsComments() {
        return true;
    }

    /** Whether {@code :=} in a query sets a variable of the session. */
    boolean assignsInQueries() {
        return false;
    }

    private StatementKind rest(String sql, int from, StatementKind first) {
        StatementKind kind = first;
        int length = sql.length();
        int at = from;
        while (at < length) {
            char c = sql.charAt(at);
            switch (c < ASCII ? MEANING[c] : WORD) {
                case WORD:
                    int end = wordEnd(sql, at);
                    kind = within(sql, at, end, kind);
                    at = end;
                    break;
                case DIGIT:
                    at = wordEnd(sql, at);
                    break;
                case QUOTE:
                    int behind = skipOpaque(sql, at);
                    if (isAmbiguous(sql, at, behind)) {
                        return StatementKind.MAY_COMMIT;
                    }
                    if (c == '"' && behind - at > 2) {
                        kind = quotedName(sql, at, behind, kind);
                    }
                    at = Math.max(behind, at + 1);
                    break;
                case COMMENT:
                    if (executesComments() && isExecutedComment(sql, at)) {
                        return StatementKind.MAY_COMMIT;
                    }
                    at = Math.max(skipComment(sql, at), at + 1);
                    break;
                case SEPARATOR:
                    return isBlankFrom(sql, at + 1) ? kind : StatementKind.MAY_COMMIT;
                case COLON:
                    boolean assigns = assignsInQueries() && sql.startsWith(":=", at);
                    kind = assigns && kind == StatementKind.PLAIN ? StatementKind.SESSION : kind;
                    at++;
                    break;
                default:
                    at++;
            }
        }
        return kind;
    }

    /** Where the statement that begins at {@code from} ends; see {@link Dialect#statementEnd}. */
    final int statementEnd(String sql, int from) {
        int length = sql.length();
        int first = skipBlank(sql, from);
        boolean creates = isNext(sql, first, "CREATE");
        boolean routine = false;
        int at = from;
        while (at < length) {
            char c = sql.charAt(at);
            if (c == ';') {
                return at;
            }
            if (isWordStart(c)) {
                int end = wordEnd(sql, at);
                routine |= creates && isRoutine(sql, at, end);
                if (routine && is(sql, at, end, "BEGIN")) {
                    return length;
                }
                at = end;
            } else if (c >= '0' && c <= '9') {
                at = wordEnd(sql, at);
            } else {
                int behind = Math.max(skipOpaque(sql, at), skipComment(sql, at));
                at = behind == at ? at + 1 : behind;
            }
        }
        return length;
    }

    private static boolean isRoutine(String sql, int start, int end) {
        return is(sql, start, end, "PROCEDURE")
                || is(sql, start, end, "FUNCTION")
                || is(sql, start, end, "TRIGGER")
                || is(sql, start, end, "EVENT");
    }

    private boolean isBlankFrom(String sql, int from) {
        int at = skipBlank(sql, from);
        while (at < sql.length() && sql.charAt(at) == ';') {
            at = skipBlank(sql, at + 1);
        }
        return at >= sql.length();
    }

    private static boolean isExecutedComment(String sql, int at) {
        return sql.startsWith("/*!", at) || sql.startsWith("/*M!", at);
    }

    /** Behind whitespace and comments. A comment that is executed is no blank. */
    final int skipBlank(String sql, int from) {
        int length = sql.length();
        int at = from;
        while (at < length) {
            char c = sql.charAt(at);
            if (c <= ' ') {
                at++;
                continue;
            }
            if (c != '-' && c != '/' && c != '#' || executesComments() && isExecutedComment(sql, at)) {
                return at;
            }
            int behind = skipComment(sql, at);
            if (behind == at) {
                return at;
            }
            at = behind;
        }
        return at;
    }

    private int skipComment(String sql, int at) {
        int length = sql.length();
        char c = sql.charAt(at);
        char next = at + 1 < length ? sql.charAt(at + 1) : 0;
        if (c == '-' && next == '-' && isDashComment(sql, at) || c == '#' && hashComments()) {
            int lineEnd = sql.indexOf('\n', at);
            int carriageReturn = returnEndsComment() ? sql.indexOf('\r', at) : -1;
            if (carriageReturn >= 0 && (lineEnd < 0 || carriageReturn < lineEnd)) {
                lineEnd = carriageReturn;
            }
            return lineEnd < 0 ? length : lineEnd + 1;
        }
        if (c != '/' || next != '*') {
            return at;
        }
        int depth = 1;
        int inside = at + 2;
        while (inside < length && depth > 0) {
            if (sql.startsWith("*/", inside)) {
                depth--;
                inside += 2;
            } else if (nestsComments() && sql.startsWith("/*", inside)) {
                depth++;
                inside += 2;
            } else {
                inside++;
            }
        }
        return inside;
    }

    private boolean isDashComment(String sql, int at) {
        return !dashCommentsNeedBlank() || at + 2 >= sql.length() || sql.charAt(at + 2) <= ' ';
    }

    /** Behind a text that is quoted with {@code quote} and in which the doubled quote stands for itself. */
    static int skipQuoted(String sql, int at, char quote, boolean backslashEscapes) {
        int length = sql.length();
        int inside = at + 1;
        while (inside < length) {
            char c = sql.charAt(inside);
            if (c == '\\' && backslashEscapes) {
                inside += 2;
            } else if (c == quote) {
                return inside + 1;
            } else {
                inside++;
            }
        }
        return length;
    }

    /** Behind a text in dollar quotes; {@code at} if none begins there. */
    static int skipDollarQuoted(String sql, int at) {
        int tagEnd = sql.indexOf('$', at + 1);
        if (tagEnd < 0 || wordEnd(sql, at + 1) < tagEnd || at + 1 < tagEnd && !isWordStart(sql.charAt(at + 1))) {
            return at;
        }
        int length = tagEnd + 1 - at;
        for (int close = sql.indexOf('$', tagEnd + 1); close >= 0; close = sql.indexOf('$', close + 1)) {
            if (sql.regionMatches(close, sql, at, length)) {
                return close + length;
            }
        }
        return sql.length();
    }

    /** The start of the word behind {@code from}; the end of the text, or where something else stands, if there is none. */
    final int nextWord(String sql, int from) {
        return skipBlank(sql, from);
    }

    static int wordEnd(String sql, int start) {
        int at = start;
        while (at < sql.length() && isWordPart(sql.charAt(at))) {
            at++;
        }
        return at;
    }

    static boolean isWordStart(char c) {
        return c >= ASCII || MEANING[c] == WORD;
    }

    private static boolean isWordPart(char c) {
        return c >= ASCII || MEANING[c] == WORD || MEANING[c] == DIGIT || c == '$';
    }

    static boolean is(String sql, int start, int end, String word) {
        return end - start == word.length() && sql.regionMatches(true, start, word, 0, end - start);
    }

    /** Whether the word behind {@code from} is {@code word}. */
    final boolean isNext(String sql, int from, String word) {
        int start = nextWord(sql, from);
        return is(sql, start, wordEnd(sql, start), word);
    }

    /** The end of the word behind {@code from}. */
    final int nextWordEnd(String sql, int from) {
        return wordEnd(sql, nextWord(sql, from));
    }

    /** Whether the word before {@code start} is {@code word}. */
    static boolean isPrevious(String sql, int start, String word) {
        int end = start;
        while (end > 0 && sql.charAt(end - 1) <= ' ') {
            end--;
        }
        int from = end - word.length();
        return from >= 0
                && sql.regionMatches(true, from, word, 0, word.length())
                && (from == 0 || !isWordPart(sql.charAt(from - 1)));
    }

    /** COMMIT, ROLLBACK, END and ABORT: the end of the transaction, unless it is a savepoint's or that of a prepared one. */
    final StatementKind end(String sql, int from) {
        int at = from;
        while (true) {
            int start = nextWord(sql, at);
            int end = wordEnd(sql, start);
            if (end == start) {
                return StatementKind.END;
            }
            if (is(sql, start, end, "TO")) {
                return StatementKind.PLAIN;
            }
            if (is(sql, start, end, "PREPARED")) {
                return StatementKind.MAY_COMMIT;
            }
            at = end;
        }
    }
}
