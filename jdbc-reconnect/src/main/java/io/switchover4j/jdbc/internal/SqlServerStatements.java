package io.switchover4j.jdbc.internal;

/** SQL Server: DDL is transactional, but a batch needs no separators, so that a word in the middle may begin a statement. */
final class SqlServerStatements extends StatementText {

    static final SqlServerStatements INSTANCE = new SqlServerStatements();

    private static final String[] PLAIN = {
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "MERGE",
        "WITH",
        "CREATE",
        "ALTER",
        "DROP",
        "TRUNCATE",
        "GRANT",
        "REVOKE",
        "DENY"
    };
    private static final String[] MAY_COMMIT = {"COMMIT", "ROLLBACK", "EXEC", "EXECUTE", "TRAN", "TRANSACTION"};

    private SqlServerStatements() {}

    @Override
    StatementKind first(String sql, int start, int end) {
        for (String word : PLAIN) {
            if (is(sql, start, end, word)) {
                return StatementKind.PLAIN;
            }
        }
        if (is(sql, start, end, "BEGIN")) {
            return isTransaction(sql, end) ? single(sql, end, StatementKind.BEGIN) : StatementKind.MAY_COMMIT;
        }
        if (is(sql, start, end, "COMMIT") || is(sql, start, end, "ROLLBACK")) {
            return single(sql, end, StatementKind.END);
        }
        if (is(sql, start, end, "SAVE")) {
            return single(sql, end, StatementKind.PLAIN);
        }
        if (is(sql, start, end, "SET") || is(sql, start, end, "USE")) {
            return StatementKind.SESSION;
        }
        return StatementKind.MAY_COMMIT;
    }

    private boolean isTransaction(String sql, int from) {
        return isNext(sql, from, "TRAN") || isNext(sql, from, "TRANSACTION");
    }

    /** {@code kind}, if nothing but TRANSACTION and a separator follows: a name could be a savepoint's or a statement. */
    private StatementKind single(String sql, int from, StatementKind kind) {
        int behind = isTransaction(sql, from) ? nextWordEnd(sql, from) : from;
        int at = skipBlank(sql, behind);
        if (kind == StatementKind.PLAIN) {
            return kind;
        }
        return at >= sql.length() || sql.charAt(at) == ';' ? kind : StatementKind.MAY_COMMIT;
    }

    @Override
    StatementKind within(String sql, int start, int end, StatementKind kind) {
        if (kind != StatementKind.PLAIN && kind != StatementKind.SESSION) {
            return kind;
        }
        for (String word : MAY_COMMIT) {
            if (is(sql, start, end, word) && !isOfSavepoint(sql, start) && !isOfIsolation(kind, word)) {
                return StatementKind.MAY_COMMIT;
            }
        }
        boolean createsTemporary =
                (is(sql, start, end, "TABLE") || is(sql, start, end, "INTO")) && isTemporaryName(sql, end);
        return createsTemporary ? StatementKind.SESSION : kind;
    }

    private static boolean isOfSavepoint(String sql, int start) {
        return isPrevious(sql, start, "SAVE");
    }

    /** SET TRANSACTION ISOLATION LEVEL lasts for the session. */
    private static boolean isOfIsolation(StatementKind kind, String word) {
        return kind == StatementKind.SESSION && word.equals("TRANSACTION");
    }

    private boolean isTemporaryName(String sql, int from) {
        int at = nextWord(sql, from);
        return at < sql.length() && sql.charAt(at) == '#';
    }

    @Override
    int skipOpaque(String sql, int at) {
        switch (sql.charAt(at)) {
            case '\'':
                return skipQuoted(sql, at, '\'', false);
            case '"':
                return skipQuoted(sql, at, '"', false);
            case '[':
                return skipQuoted(sql, at, ']', false);
            default:
                return at;
        }
    }
}
