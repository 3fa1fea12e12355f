package io.switchover4j.jdbc.internal;

import java.util.function.Consumer;

/**
 * What texts that may commit show of the changes that they make to their session: several statements, calls, DO blocks. A body
 * that lies in the server shows nothing, nor does a text that a block puts together from parts. Ordinary statements do not come here.
 */
final class PostgresScripts {

    private final PostgresStatements grammar;

    private PostgresScripts(PostgresStatements grammar) {
        this.grammar = grammar;
    }

    /** Shows each part by which the session changes so that it cannot be moved. */
    static void pins(String sql, Consumer<String> pin) {
        // Where texts end depends on standard_conforming_strings: both count, and no setting can be told.
        boolean ambiguous = sql.contains("\\'");
        new PostgresScripts(PostgresStatements.INSTANCE).pins(sql, ambiguous, pin);
        if (ambiguous) {
            new PostgresScripts(PostgresStatements.WITH_BACKSLASHES).pins(sql, true, pin);
        }
    }

    private void pins(String sql, boolean settingsToo, Consumer<String> pin) {
        // Which of the settings lasts depends on where the transactions end.
        boolean ends = settingsToo;
        for (int from = 0; from < sql.length() && !ends; from = grammar.statementEnd(sql, from) + 1) {
            String statement = sql.substring(from, grammar.statementEnd(sql, from));
            ends = grammar.kindOf(statement) == StatementKind.END
                    || SqlText.isRollback(statement, at -> grammar.nextWord(statement, at));
        }
        for (int from = 0; from < sql.length(); from = grammar.statementEnd(sql, from) + 1) {
            String statement = sql.substring(from, grammar.statementEnd(sql, from));
            boolean pins = switch (grammar.kindOf(statement)) {
                case SESSION -> true;
                case SETTING -> ends;
                case MAY_COMMIT -> hides(statement);
                default -> false;
            };
            if (pins) {
                pin.accept(statement);
            }
        }
    }

    private boolean hides(String statement) {
        int start = grammar.nextWord(statement, 0);
        return grammar.isNext(statement, start, "DO")
                ? isBlockOfState(statement, grammar.nextWordEnd(statement, start))
                : changes(statement, false);
    }

    private boolean isBlockOfState(String statement, int from) {
        int at = grammar.nextWord(statement, from);
        while (at < statement.length()) {
            int end = Math.max(at + 1, Math.max(StatementText.wordEnd(statement, at), grammar.textEnd(statement, at)));
            if (StatementText.is(statement, at, end, "LANGUAGE")) {
                at = grammar.nextWord(statement, end);
                end = Math.max(StatementText.wordEnd(statement, at), grammar.textEnd(statement, at));
                String language = statement.substring(at, end);
                if (!language.replaceAll("['\"]", "").equalsIgnoreCase("plpgsql")) {
                    return true;
                }
            } else if (isText(statement, at) && changes(content(statement, at, end), true)) {
                return true;
            }
            at = grammar.nextWord(statement, end);
        }
        return false;
    }

    private boolean isText(String sql, int at) {
        return sql.charAt(at) != '"' && grammar.skipOpaque(sql, at) > at;
    }

    private static String content(String sql, int at, int end) {
        if (sql.charAt(at) == '$') {
            int tag = sql.indexOf('$', at + 1) + 1 - at;
            return sql.substring(at + tag, Math.max(at + tag, end - tag));
        }
        return sql.substring(at + 1, Math.max(at + 1, end - 1))
                .replace("\\'", "'")
                .replace("''", "'");
    }

    /**
     * Whether words of {@code sql} change the session.
     *
     * @param block whether it is a block of code: then its statements and its texts, which it may execute, count too
     */
    private boolean changes(String sql, boolean block) {
        boolean begins = block;
        int at = grammar.nextWord(sql, 0);
        while (at < sql.length()) {
            int end = Math.max(at + 1, Math.max(StatementText.wordEnd(sql, at), grammar.skipOpaque(sql, at)));
            if (StatementText.isWordStart(sql.charAt(at))) {
                if (begins && isChange(grammar.first(sql, at, end))
                        || isChange(grammar.within(sql, at, end, StatementKind.PLAIN))) {
                    return true;
                }
                begins = block && isFollowedByStatement(sql, at, end);
            } else if (sql.charAt(at) == '"') {
                if (end - at > 2 && isChange(grammar.quotedName(sql, at, end, StatementKind.PLAIN))) {
                    return true;
                }
                begins = false;
            } else {
                end = Math.max(end, grammar.textEnd(sql, at));
                if (block && isText(sql, at) && isExecutable(content(sql, at, end))) {
                    return true;
                }
                begins = block && sql.charAt(at) == ';';
            }
            at = grammar.nextWord(sql, end);
        }
        return false;
    }

    private static boolean isChange(StatementKind kind) {
        return kind == StatementKind.SESSION || kind == StatementKind.SETTING;
    }

    private static boolean isFollowedByStatement(String sql, int start, int end) {
        return StatementText.is(sql, start, end, "BEGIN")
                || StatementText.is(sql, start, end, "THEN")
                || StatementText.is(sql, start, end, "ELSE")
                || StatementText.is(sql, start, end, "LOOP");
    }

    /** A text in a block that changes the session if it is executed. A single word is a value. */
    private boolean isExecutable(String text) {
        int first = grammar.nextWordEnd(text, 0);
        return first < text.length() && text.charAt(first) <= ' ' && changes(text, true);
    }
}
