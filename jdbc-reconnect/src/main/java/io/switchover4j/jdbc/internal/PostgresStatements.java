package io.switchover4j.jdbc.internal;

/** PostgreSQL: DDL is transactional; what outlives a transaction is SET, LISTEN, temporary tables and session locks. */
final class PostgresStatements extends StatementText {

    static final PostgresStatements INSTANCE = new PostgresStatements();

    private PostgresStatements() {}

    @Override
    StatementKind first(String sql, int start, int end) {
        switch (sql.charAt(start) | 0x20) {
            case 's':
                if (is(sql, start, end, "SELECT") || is(sql, start, end, "SHOW")) {
                    return StatementKind.PLAIN;
                }
                if (is(sql, start, end, "SET")) {
                    return set(sql, end);
                }
                if (is(sql, start, end, "START")) {
                    return StatementKind.BEGIN;
                }
                return plainIf(is(sql, start, end, "SAVEPOINT") || is(sql, start, end, "SECURITY"));
            case 'i':
                return plainIf(is(sql, start, end, "INSERT") || is(sql, start, end, "IMPORT"));
            case 'u':
                if (is(sql, start, end, "UNLISTEN")) {
                    return StatementKind.SESSION;
                }
                return plainIf(is(sql, start, end, "UPDATE"));
            case 'd':
                if (is(sql, start, end, "DECLARE")) {
                    return declare(sql, end);
                }
                if (is(sql, start, end, "DEALLOCATE") || is(sql, start, end, "DISCARD")) {
                    return StatementKind.SESSION;
                }
                return plainIf(is(sql, start, end, "DELETE") || is(sql, start, end, "DROP"));
            case 'w':
                return plainIf(is(sql, start, end, "WITH"));
            case 'b':
                return is(sql, start, end, "BEGIN") ? StatementKind.BEGIN : StatementKind.MAY_COMMIT;
            case 'c':
                if (is(sql, start, end, "COMMIT")) {
                    return end(sql, end);
                }
                if (is(sql, start, end, "CREATE")) {
                    return create(sql, end);
                }
                return plainIf(is(sql, start, end, "COPY")
                        || is(sql, start, end, "CLOSE")
                        || is(sql, start, end, "COMMENT")
                        || is(sql, start, end, "CHECKPOINT"));
            case 'r':
                if (is(sql, start, end, "ROLLBACK")) {
                    return end(sql, end);
                }
                if (is(sql, start, end, "RESET")) {
                    return StatementKind.SESSION;
                }
                return plainIf(is(sql, start, end, "RELEASE")
                        || is(sql, start, end, "REVOKE")
                        || is(sql, start, end, "REFRESH")
                        || is(sql, start, end, "REASSIGN"));
            case 'e':
                if (is(sql, start, end, "END")) {
                    return end(sql, end);
                }
                return plainIf(is(sql, start, end, "EXPLAIN") || is(sql, start, end, "EXECUTE"));
            case 'a':
                if (is(sql, start, end, "ABORT")) {
                    return end(sql, end);
                }
                return plainIf(is(sql, start, end, "ALTER") || is(sql, start, end, "ANALYZE"));
            case 'l':
                if (is(sql, start, end, "LISTEN") || is(sql, start, end, "LOAD")) {
                    return StatementKind.SESSION;
                }
                return plainIf(is(sql, start, end, "LOCK"));
            case 'p':
                if (is(sql, start, end, "PREPARE")) {
                    return isNext(sql, end, "TRANSACTION") ? StatementKind.END : StatementKind.SESSION;
                }
                return StatementKind.MAY_COMMIT;
            case 't':
                return plainIf(is(sql, start, end, "TABLE") || is(sql, start, end, "TRUNCATE"));
            case 'f':
                return plainIf(is(sql, start, end, "FETCH"));
            case 'm':
                return plainIf(is(sql, start, end, "MERGE") || is(sql, start, end, "MOVE"));
            case 'n':
                return plainIf(is(sql, start, end, "NOTIFY"));
            case 'v':
                return plainIf(is(sql, start, end, "VALUES"));
            case 'g':
                return plainIf(is(sql, start, end, "GRANT"));
            default:
                return StatementKind.MAY_COMMIT;
        }
    }

    private static StatementKind plainIf(boolean known) {
        return known ? StatementKind.PLAIN : StatementKind.MAY_COMMIT;
    }

    private StatementKind set(String sql, int from) {
        boolean ofTransaction =
                isNext(sql, from, "LOCAL") || isNext(sql, from, "TRANSACTION") || isNext(sql, from, "CONSTRAINTS");
        return ofTransaction ? StatementKind.PLAIN : StatementKind.SESSION;
    }

    private StatementKind declare(String sql, int from) {
        int at = from;
        while (true) {
            int start = nextWord(sql, at);
            int end = wordEnd(sql, start);
            if (end == start || is(sql, start, end, "FOR")) {
                return StatementKind.PLAIN;
            }
            if (is(sql, start, end, "WITH") && isNext(sql, end, "HOLD")) {
                return StatementKind.SESSION;
            }
            at = end;
        }
    }

    private StatementKind create(String sql, int from) {
        int at = from;
        for (int words = 0; words < 4; words++) {
            int start = nextWord(sql, at);
            int end = wordEnd(sql, start);
            if (is(sql, start, end, "TEMP") || is(sql, start, end, "TEMPORARY")) {
                return isDroppedOnCommit(sql, end) ? StatementKind.PLAIN : StatementKind.SESSION;
            }
            at = end;
        }
        return StatementKind.PLAIN;
    }

    /** Looks for ON COMMIT DROP outside of quotes. */
    private boolean isDroppedOnCommit(String sql, int from) {
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
    StatementKind within(String sql, int start, int end, StatementKind kind) {
        if (kind != StatementKind.PLAIN) {
            return kind;
        }
        switch (sql.charAt(start)) {
            case 'p':
            case 'P':
                return isSessionLock(sql, start, end) ? StatementKind.SESSION : kind;
            case 's':
            case 'S':
                return is(sql, start, end, "set_config") && !isLocal(sql, end) ? StatementKind.SESSION : kind;
            case 'i':
            case 'I':
                return is(sql, start, end, "INTO")
                                && (isNext(sql, end, "TEMP") || isNext(sql, end, "TEMPORARY"))
                                && !isPrevious(sql, start, "INSERT")
                                && !isPrevious(sql, start, "MERGE")
                        ? StatementKind.SESSION
                        : kind;
            default:
                return kind;
        }
    }

    private static boolean isSessionLock(String sql, int start, int end) {
        return end - start >= 16
                && (is(sql, start, end, "pg_advisory_lock")
                        || is(sql, start, end, "pg_advisory_lock_shared")
                        || is(sql, start, end, "pg_try_advisory_lock")
                        || is(sql, start, end, "pg_try_advisory_lock_shared"));
    }

    /** Whether the last argument of the call behind {@code from} is the word {@code true}. */
    private boolean isLocal(String sql, int from) {
        int depth = 0;
        boolean lastIsTrue = false;
        int at = from;
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (isWordStart(c)) {
                int end = wordEnd(sql, at);
                lastIsTrue = depth == 1 && is(sql, at, end, "true");
                at = end;
                continue;
            }
            if (c == '(') {
                depth++;
            } else if (c == ')') {
                depth--;
                if (depth <= 0) {
                    return lastIsTrue;
                }
            } else if (c > ' ') {
                lastIsTrue = false;
            }
            int behind = Math.max(skipOpaque(sql, at), skipBlank(sql, at));
            at = behind == at ? at + 1 : behind;
        }
        return false;
    }

    @Override
    int skipOpaque(String sql, int at) {
        switch (sql.charAt(at)) {
            case '\'':
                return skipQuoted(sql, at, '\'', at > 0 && (sql.charAt(at - 1) | 0x20) == 'e' && isPrefix(sql, at - 1));
            case '"':
                return skipQuoted(sql, at, '"', false);
            case '$':
                return skipDollarQuoted(sql, at);
            default:
                return at;
        }
    }

    /** Whether the letter at {@code at} stands alone, as the E of E'...' does. */
    private static boolean isPrefix(String sql, int at) {
        return at == 0 || !isWordStart(sql.charAt(at - 1)) && !Character.isDigit(sql.charAt(at - 1));
    }
}
