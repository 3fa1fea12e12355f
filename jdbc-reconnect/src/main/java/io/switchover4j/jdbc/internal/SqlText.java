package io.switchover4j.jdbc.internal;

import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/** The little that is read from SQL text beside its {@link StatementKind}. */
final class SqlText {

    private static final int HEADLINE_MAX = 40;
    private static final int SHOWN_MAX = 200;

    private SqlText() {}

    /** The first two words, for messages: values that may be secret come later. */
    static String headline(String sql) {
        String text = sql.strip();
        int end = wordEnd(text, 0);
        int second = end;
        while (second < text.length() && Character.isWhitespace(text.charAt(second))) {
            second++;
        }
        end = Math.max(end, wordEnd(text, second));
        return text.substring(0, Math.min(end, HEADLINE_MAX));
    }

    /**
     * The statement for a person who looks for it, without the values in its text: they may be secret.
     *
     * @param doubleQuotesText whether a text may stand in double quotes, too
     */
    static String withoutValues(String sql, boolean doubleQuotesText) {
        StringBuilder text = new StringBuilder(Math.min(sql.length(), SHOWN_MAX));
        int at = 0;
        while (at < sql.length() && text.length() < SHOWN_MAX) {
            char c = sql.charAt(at);
            int end = at;
            if (c == '\'' || c == '"' && doubleQuotesText) {
                end = StatementText.skipQuoted(sql, at, c, false);
                if (sql.substring(at, end).indexOf('\\') >= 0) {
                    // Where the text ends depends on settings of the server.
                    return text.append("?...").toString();
                }
            } else if (c == '$') {
                end = StatementText.skipDollarQuoted(sql, at);
            }
            text.append(end > at ? '?' : c);
            at = Math.max(end, at + 1);
        }
        return at < sql.length() ? text.append("...").toString() : text.toString();
    }

    /** A statement that returns rows and, of its own words, writes none. */
    static boolean isSelect(String sql) {
        String first = firstWord(sql);
        return first.equals("SELECT") || first.equals("SHOW") || first.equals("VALUES") || first.equals("TABLE");
    }

    /** Whether it is ROLLBACK or ROLLBACK TO, whatever comments and empty statements stand in front of it. */
    static boolean isRollback(String sql, IntUnaryOperator nextWord) {
        int start = nextWord.applyAsInt(0);
        while (start < sql.length() && sql.charAt(start) == ';') {
            start = nextWord.applyAsInt(start + 1);
        }
        int end = StatementText.wordEnd(sql, start);
        return StatementText.is(sql, start, end, "ROLLBACK") || StatementText.is(sql, start, end, "ABORT");
    }

    static boolean isRollback(String sql, Dialect dialect) {
        return isRollback(sql, from -> dialect.nextWord(sql, from));
    }

    /** COMMIT AND CHAIN, ROLLBACK AND CHAIN: the next transaction begins at once. Comments and quoted texts say nothing. */
    static boolean isChained(String sql, Dialect dialect) {
        boolean no = false;
        int at = 0;
        while (at < sql.length()) {
            int word = dialect.nextWord(sql, at);
            int end = StatementText.wordEnd(sql, word);
            if (word < sql.length() && (sql.charAt(word) == '\'' || sql.charAt(word) == '"')) {
                return false;
            }
            if (StatementText.is(sql, word, end, "CHAIN")) {
                return !no;
            }
            no = StatementText.is(sql, word, end, "NO");
            at = Math.max(end, word + 1);
        }
        return false;
    }

    /** Whether several statements in one string leave a transaction open that they began. */
    static boolean leavesTransactionOpen(String sql, boolean open, Dialect dialect) {
        boolean[] result = {open};
        forEach(
                sql,
                dialect,
                (statement, kind) -> result[0] = kind == StatementKind.BEGIN
                        || result[0] && (kind != StatementKind.END || isChained(statement, dialect)));
        return result[0];
    }

    /** Shows each of several statements in one string by which the session changes so that it cannot be moved. */
    static void pins(String sql, Dialect dialect, Consumer<String> pin) {
        if (sql.indexOf(';') < 0) {
            return;
        }
        boolean[] ends = {false};
        forEach(sql, dialect, (statement, kind) -> ends[0] |= kind == StatementKind.END);
        forEach(sql, dialect, (statement, kind) -> {
            // Which of the settings lasts depends on where the transactions end.
            if (kind == StatementKind.SESSION || ends[0] && kind == StatementKind.SETTING) {
                pin.accept(statement);
            }
        });
    }

    /** Shows each of several statements in one string, and its kind. */
    static void forEach(String sql, Dialect dialect, BiConsumer<String, StatementKind> action) {
        for (int from = 0; from < sql.length(); ) {
            int end = dialect.statementEnd(sql, from);
            String statement = sql.substring(from, end);
            action.accept(statement, dialect.kindOf(statement));
            from = end + 1;
        }
    }

    private static String firstWord(String sql) {
        int start = 0;
        while (start < sql.length() && (Character.isWhitespace(sql.charAt(start)) || sql.charAt(start) == '(')) {
            start++;
        }
        return sql.substring(start, wordEnd(sql, start)).toUpperCase(Locale.ROOT);
    }

    private static int wordEnd(String text, int start) {
        int end = start;
        while (end < text.length()
                && (Character.isLetterOrDigit(text.charAt(end)) || "_.{?".indexOf(text.charAt(end)) >= 0)) {
            end++;
        }
        return end;
    }
}
