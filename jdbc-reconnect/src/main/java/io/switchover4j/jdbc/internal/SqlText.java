package io.switchover4j.jdbc.internal;

import java.util.Locale;

/** The little that is read from SQL text beside its {@link StatementKind}. */
final class SqlText {

    private static final int HEADLINE_MAX = 40;

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

    /** A statement that returns rows and, of its own words, writes none. */
    static boolean isSelect(String sql) {
        String first = firstWord(sql);
        return first.equals("SELECT") || first.equals("SHOW") || first.equals("VALUES") || first.equals("TABLE");
    }

    static boolean isRollback(String sql) {
        String first = firstWord(sql);
        return first.equals("ROLLBACK") || first.equals("ABORT");
    }

    /** COMMIT AND CHAIN, ROLLBACK AND CHAIN: the next transaction begins at once. */
    static boolean isChained(String sql) {
        String text = sql.toUpperCase(Locale.ROOT);
        return text.contains("CHAIN") && !text.contains("NO CHAIN");
    }

    /** Whether several statements in one string leave a transaction open that they began. */
    static boolean leavesTransactionOpen(String sql, boolean open, Dialect dialect) {
        boolean result = open;
        for (String statement : sql.split(";", -1)) {
            if (!statement.isBlank()) {
                StatementKind kind = dialect.kindOf(statement);
                result = kind == StatementKind.BEGIN || (result && kind != StatementKind.END);
            }
        }
        return result;
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
