package io.switchover4j.jdbc.internal;

/** MySQL and MariaDB: DDL and much else commits implicitly, so that only what is known to be harmless is plain. */
final class MySqlStatements extends StatementText {

    static final MySqlStatements INSTANCE = new MySqlStatements();

    private static final String[] PLAIN = {
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "REPLACE",
        "WITH",
        "VALUES",
        "TABLE",
        "SHOW",
        "EXPLAIN",
        "DESCRIBE",
        "DESC",
        "SAVEPOINT",
        "RELEASE",
        "HELP",
        "SIGNAL",
        "RESIGNAL"
    };
    private static final String[] SESSION = {"USE", "HANDLER", "PREPARE", "DEALLOCATE", "RESET"};

    private MySqlStatements() {}

    @Override
    StatementKind first(String sql, int start, int end) {
        for (String word : PLAIN) {
            if (is(sql, start, end, word)) {
                return StatementKind.PLAIN;
            }
        }
        if (is(sql, start, end, "COMMIT") || is(sql, start, end, "ROLLBACK")) {
            return end(sql, end);
        }
        if (is(sql, start, end, "BEGIN")) {
            return isNext(sql, end, "NOT") ? StatementKind.MAY_COMMIT : StatementKind.BEGIN;
        }
        if (is(sql, start, end, "START")) {
            return isNext(sql, end, "TRANSACTION") ? StatementKind.BEGIN : StatementKind.MAY_COMMIT;
        }
        if (is(sql, start, end, "SET")) {
            return set(sql, end);
        }
        if (is(sql, start, end, "CREATE") || is(sql, start, end, "DROP")) {
            return isNext(sql, end, "TEMPORARY") || isNext(sql, end, "OR") && isTemporaryReplaced(sql, end)
                    ? StatementKind.SESSION
                    : StatementKind.MAY_COMMIT;
        }
        if (is(sql, start, end, "LOAD")) {
            return isNext(sql, end, "DATA") ? StatementKind.PLAIN : StatementKind.MAY_COMMIT;
        }
        for (String word : SESSION) {
            if (is(sql, start, end, word)) {
                return StatementKind.SESSION;
            }
        }
        return StatementKind.MAY_COMMIT;
    }

    private boolean isTemporaryReplaced(String sql, int from) {
        int or = nextWordEnd(sql, from);
        return isNext(sql, or, "REPLACE") && isNext(sql, nextWordEnd(sql, or), "TEMPORARY");
    }

    /**
     * {@code SET autocommit = 1} commits, {@code SET autocommit = 0} makes transactions of all that follows; without a scope SET
     * TRANSACTION is for the next transaction alone.
     */
    private StatementKind set(String sql, int from) {
        if (isNext(sql, from, "TRANSACTION")) {
            return StatementKind.PLAIN;
        }
        int at = from;
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (isWordStart(c)) {
                int end = wordEnd(sql, at);
                if (is(sql, at, end, "autocommit")) {
                    return isOff(sql, end) ? StatementKind.SESSION : StatementKind.MAY_COMMIT;
                }
                at = end;
            } else {
                int behind = Math.max(skipOpaque(sql, at), skipBlank(sql, at));
                at = behind == at ? at + 1 : behind;
            }
        }
        return StatementKind.SESSION;
    }

    /** Whether {@code = 0} or the like follows. */
    private boolean isOff(String sql, int from) {
        int at = skipBlank(sql, from);
        while (at < sql.length() && (sql.charAt(at) == ':' || sql.charAt(at) == '=')) {
            at = skipBlank(sql, at + 1);
        }
        int end = wordEnd(sql, at);
        return is(sql, at, end, "0") || is(sql, at, end, "OFF") || is(sql, at, end, "FALSE");
    }

    @Override
    StatementKind within(String sql, int start, int end, StatementKind kind) {
        if (kind != StatementKind.PLAIN) {
            return kind;
        }
        switch (sql.charAt(start)) {
            case 'g':
            case 'G':
                return is(sql, start, end, "get_lock") ? StatementKind.SESSION : kind;
            case 'i':
            case 'I':
                return is(sql, start, end, "INTO") && isVariable(sql, end) ? StatementKind.SESSION : kind;
            default:
                return kind;
        }
    }

    private boolean isVariable(String sql, int from) {
        int at = nextWord(sql, from);
        return at < sql.length() && sql.charAt(at) == '@';
    }

    @Override
    int skipOpaque(String sql, int at) {
        char c = sql.charAt(at);
        switch (c) {
            case '\'':
            case '"':
                return skipQuoted(sql, at, c, true);
            case '`':
                return skipQuoted(sql, at, c, false);
            default:
                return at;
        }
    }

    @Override
    boolean executesComments() {
        return true;
    }

    @Override
    boolean hashComments() {
        return true;
    }

    @Override
    boolean dashCommentsNeedBlank() {
        return true;
    }

    @Override
    boolean nestsComments() {
        return false;
    }

    @Override
    boolean assignsInQueries() {
        return true;
    }
}
