package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** PostgreSQL: DDL is transactional; what outlives a transaction is SET, LISTEN, temporary tables and session locks. */
final class PostgresStatements extends PostgresText {

    static final PostgresStatements INSTANCE = new PostgresStatements(false);

    /** As a server reads whose {@code standard_conforming_strings} is off. */
    static final PostgresStatements WITH_BACKSLASHES = new PostgresStatements(true);

    /** No word that {@link #ofWord} knows is shorter than INTO. */
    private static final int SHORTEST = 4;

    private static final String EMIT_MESSAGE = "pg_logical_emit_message";

    private PostgresStatements(boolean backslashes) {
        super(backslashes);
    }

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
                if (is(sql, start, end, "UPDATE")) {
                    return update(sql, end);
                }
                return StatementKind.MAY_COMMIT;
            case 'd':
                if (is(sql, start, end, "DECLARE")) {
                    return declare(sql, end);
                }
                if (is(sql, start, end, "DEALLOCATE") || is(sql, start, end, "DISCARD")) {
                    return StatementKind.SETTING;
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
                if (is(sql, start, end, "COPY")) {
                    return StatementKind.UNREPEATABLE;
                }
                return plainIf(is(sql, start, end, "CLOSE")
                        || is(sql, start, end, "COMMENT")
                        || is(sql, start, end, "CHECKPOINT"));
            case 'r':
                if (is(sql, start, end, "ROLLBACK")) {
                    return end(sql, end);
                }
                if (is(sql, start, end, "RESET")) {
                    return StatementKind.SETTING;
                }
                return plainIf(is(sql, start, end, "RELEASE")
                        || is(sql, start, end, "REVOKE")
                        || is(sql, start, end, "REFRESH")
                        || is(sql, start, end, "REASSIGN"));
            case 'e':
                if (is(sql, start, end, "END")) {
                    return end(sql, end);
                }
                if (is(sql, start, end, "EXECUTE")) {
                    return StatementKind.UNMARKED;
                }
                return plainIf(is(sql, start, end, "EXPLAIN"));
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
                    return isNext(sql, end, "TRANSACTION") ? StatementKind.END : prepare(sql, end);
                }
                return StatementKind.MAY_COMMIT;
            case 't':
                return plainIf(is(sql, start, end, "TABLE") || is(sql, start, end, "TRUNCATE"));
            case 'f':
                return plainIf(is(sql, start, end, "FETCH"));
            case 'm':
                return plainIf(is(sql, start, end, "MERGE") || is(sql, start, end, "MOVE"));
            case 'n':
                return is(sql, start, end, "NOTIFY") ? StatementKind.UNMARKED : StatementKind.MAY_COMMIT;
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
        // Else it is the first part of a name, as in SET local.tenant = 5.
        boolean word = !isDot(sql, nextWordEnd(sql, from));
        boolean local = word && isNext(sql, from, "LOCAL");
        if (setsTemporarySchema(sql, local || word && isNext(sql, from, "SESSION") ? nextWordEnd(sql, from) : from)) {
            return StatementKind.SESSION;
        }
        if (local || word && (isNext(sql, from, "TRANSACTION") || isNext(sql, from, "CONSTRAINTS"))) {
            return mentionsReadOnly(sql) ? StatementKind.UNMARKED : StatementKind.PLAIN;
        }
        return StatementKind.SETTING;
    }

    /** What becomes READ ONLY unseen, by an EXECUTE for example, is told by the server when a mark is asked for. */
    Marking marking(String sql, StatementKind kind) {
        String text = sql.toLowerCase(Locale.ROOT);
        boolean sets = isNext(sql, 0, "SET") || text.contains("set_config") || text.contains("pg_settings");
        // Of what lasts beyond the transaction only this one is of the transaction, too.
        boolean readOnly =
                kind == StatementKind.SETTING ? text.contains("transaction_read_only") : mentionsReadOnly(text);
        if (sets && readOnly) {
            return Marking.UNCERTAIN;
        }
        return kind == StatementKind.UNMARKED || text.contains("pg_notify") ? Marking.ALWAYS : Marking.IF_WRITTEN;
    }

    private static boolean mentionsReadOnly(String sql) {
        String text = sql.toLowerCase(Locale.ROOT);
        return text.contains("only") || text.contains("transaction_read_only");
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

    /** EXECUTE does not show what it executes: what must not be done again or lost with the session counts here. */
    private StatementKind prepare(String sql, int from) {
        int at = nextWord(sql, from);
        while (at < sql.length() && !isNext(sql, at, "AS")) {
            at = skipBlank(sql, Math.max(at + 1, Math.max(wordEnd(sql, at), skipOpaque(sql, at))));
        }
        return switch (kindOf(sql.substring(Math.min(nextWordEnd(sql, at), sql.length())))) {
            case SESSION, SETTING, UNREPEATABLE -> StatementKind.SESSION;
            default -> StatementKind.SETTING;
        };
    }

    private StatementKind create(String sql, int from) {
        return isTemporary(sql, from) && !isDroppedOnCommit(sql, from) ? StatementKind.SESSION : StatementKind.PLAIN;
    }

    /** An update of the view {@code pg_settings} is a SET by a trick. */
    private StatementKind update(String sql, int from) {
        int at = nextWord(sql, from);
        if (isNext(sql, at, "ONLY")) {
            at = nextWord(sql, nextWordEnd(sql, at));
        }
        if (sql.startsWith("(", at)) {
            at = nextWord(sql, at + 1);
        }
        if (!sql.regionMatches(true, sql.startsWith("\"", at) ? at + 1 : at, "pg_", 0, 3)) {
            return StatementKind.PLAIN;
        }
        if (isNamed(sql, at, "pg_catalog")) {
            int dot = nextWord(sql, Math.max(wordEnd(sql, at), skipOpaque(sql, at)));
            at = nextWord(sql, Math.min(dot + 1, sql.length()));
        }
        return isNamed(sql, at, "pg_settings") ? StatementKind.SESSION : StatementKind.PLAIN;
    }

    @Override
    StatementKind quotedName(String sql, int at, int behind, StatementKind kind) {
        if (at < 2 || sql.charAt(at - 1) != '&' || !isUnicodeName(sql, at, behind)) {
            return within(sql, at + 1, behind - 1, kind);
        }
        return switch (kind) {
            case PLAIN, UNMARKED, UNREPEATABLE, SETTING -> StatementKind.SESSION;
            default -> kind;
        };
    }

    /** Each word by itself: the one that says most counts. */
    @Override
    StatementKind within(String sql, int start, int end, StatementKind kind) {
        if (kind == StatementKind.PLAIN) {
            return end - start < SHORTEST ? kind : ofWord(sql, start, end);
        }
        if (kind != StatementKind.UNMARKED && kind != StatementKind.UNREPEATABLE) {
            return kind;
        }
        StatementKind more = ofWord(sql, start, end);
        return more == StatementKind.SESSION || more == StatementKind.UNREPEATABLE ? more : kind;
    }

    private StatementKind ofWord(String sql, int start, int end) {
        switch (sql.charAt(start)) {
            case 'p':
            case 'P':
                if (is(sql, start, end, "pg_notify")) {
                    return StatementKind.UNMARKED;
                }
                if (is(sql, start, end, EMIT_MESSAGE)) {
                    return isTransactional(sql, end) ? StatementKind.PLAIN : StatementKind.UNREPEATABLE;
                }
                return isSessionLock(sql, start, end) || startsWith(sql, start, end, "pg_replication_origin_session_")
                        ? StatementKind.SESSION
                        : StatementKind.PLAIN;
            case 'c':
            case 'C':
                if (is(sql, start, end, "create")) {
                    return create(sql, end); // EXPLAIN ANALYZE makes the table
                }
                return isSequenceState(sql, start, end) ? StatementKind.UNREPEATABLE : StatementKind.PLAIN;
            case 's':
            case 'S':
                if (isSequenceState(sql, start, end)) {
                    return StatementKind.UNREPEATABLE;
                }
                if (is(sql, start, end, "setseed")) {
                    int open = skipBlank(sql, sql.startsWith("\"", end) ? end + 1 : end);
                    return sql.startsWith("(", open) ? StatementKind.SESSION : StatementKind.PLAIN;
                }
                if (!is(sql, start, end, "set_config")) {
                    return StatementKind.PLAIN;
                }
                if (isLocal(sql, end) && !sql.toLowerCase(Locale.ROOT).contains("pg_temp")) {
                    return mentionsReadOnly(sql) ? StatementKind.UNMARKED : StatementKind.PLAIN;
                }
                return PostgresSettings.isPlainSetConfig(sql) ? StatementKind.SETTING : StatementKind.SESSION;
            case 'l':
            case 'L':
                return isLargeObject(sql, start, end) || isSequenceState(sql, start, end)
                        ? StatementKind.UNREPEATABLE
                        : StatementKind.PLAIN;
            case 'u':
            case 'U':
                return is(sql, start, end, "update") ? update(sql, end) : StatementKind.PLAIN;
            case 'd':
            case 'D':
                if (startsWith(sql, start, end, "dblink_connect")) {
                    return StatementKind.SESSION;
                }
                return startsWith(sql, start, end, "dblink") ? StatementKind.UNREPEATABLE : StatementKind.PLAIN;
            case 'i':
            case 'I':
                return is(sql, start, end, "INTO")
                                && !isPrevious(sql, start, "INSERT")
                                && !isPrevious(sql, start, "MERGE")
                                && isTemporaryTarget(sql, end)
                        ? StatementKind.SESSION
                        : StatementKind.PLAIN;
            default:
                return StatementKind.PLAIN;
        }
    }

    /** Whether the first argument of the call behind {@code from} is the word {@code true} and nothing else. */
    private boolean isTransactional(String sql, int from) {
        int open = skipBlank(sql, sql.startsWith("\"", from) ? from + 1 : from);
        return sql.startsWith("(", open)
                && isNext(sql, open + 1, "true")
                && sql.startsWith(",", skipBlank(sql, nextWordEnd(sql, open + 1)));
    }

    private static boolean isSessionLock(String sql, int start, int end) {
        return end - start >= 16
                && (is(sql, start, end, "pg_advisory_lock")
                        || is(sql, start, end, "pg_advisory_lock_shared")
                        || is(sql, start, end, "pg_try_advisory_lock")
                        || is(sql, start, end, "pg_try_advisory_lock_shared"));
    }

    /** Whether the last argument of the call behind {@code from} is the word {@code true} and nothing else. */
    private boolean isLocal(String sql, int from) {
        int depth = 0;
        boolean begins = false;
        boolean isTrue = false;
        // Behind a name in quotes.
        int at = skipBlank(sql, sql.startsWith("\"", from) ? from + 1 : from);
        while (at < sql.length()) {
            char c = sql.charAt(at);
            int end = at + 1;
            if (isWordStart(c)) {
                end = wordEnd(sql, at);
                isTrue = begins && is(sql, at, end, "true");
                int arrow = skipBlank(sql, end);
                boolean named = begins
                        && is(sql, at, end, "is_local")
                        && (sql.startsWith("=>", arrow) || sql.startsWith(":=", arrow));
                begins = named;
                end = named ? arrow + 2 : end;
            } else {
                depth += c == '(' ? 1 : c == ')' ? -1 : 0;
                if (c == ')' && depth <= 0) {
                    return isTrue;
                }
                begins = c == ',' && depth == 1;
                isTrue = false;
                end = Math.max(skipOpaque(sql, at), end);
            }
            at = skipBlank(sql, end);
        }
        return false;
    }

    private static boolean isLargeObject(String sql, int start, int end) {
        return startsWith(sql, start, end, "lo_") || is(sql, start, end, "loread") || is(sql, start, end, "lowrite");
    }

    /** A number that a lost transaction drew is kept, so that these would speak of another one when it is done again. */
    private static boolean isSequenceState(String sql, int start, int end) {
        return is(sql, start, end, "currval") || is(sql, start, end, "lastval") || is(sql, start, end, "setval");
    }

    /** Why a transaction cannot be replayed after a statement that says so by its kind. */
    ReplayOff whyOff(String sql) {
        int start = skipBlank(sql, 0);
        int end = wordEnd(sql, start);
        if (is(sql, start, end, "COPY")) {
            return ReplayOff.COPY;
        } else if (is(sql, start, end, "LISTEN") || is(sql, start, end, "UNLISTEN")) {
            return ReplayOff.LISTEN;
        } else if (is(sql, start, end, "CREATE")) {
            return ReplayOff.TEMPORARY_TABLE;
        } else if (is(sql, start, end, "DECLARE")) {
            return ReplayOff.HELD_CURSOR;
        } else if (is(sql, start, end, "LOAD") || is(sql, start, end, "PREPARE") || is(sql, start, end, "DO")) {
            return ReplayOff.LASTING_STATE;
        }
        for (int at = end; at < sql.length(); ) {
            if (!isWordStart(sql.charAt(at))) {
                at = Math.max(at + 1, Math.max(sql.charAt(at) == '"' ? at : skipOpaque(sql, at), skipBlank(sql, at)));
                continue;
            }
            int behind = wordEnd(sql, at);
            if (isSessionLock(sql, at, behind)) {
                return ReplayOff.ADVISORY_LOCK;
            } else if (is(sql, at, behind, "setseed")
                    || startsWith(sql, at, behind, "pg_replication_origin_session_")) {
                return ReplayOff.LASTING_STATE;
            } else if (isLargeObject(sql, at, behind)) {
                return ReplayOff.LARGE_OBJECT;
            } else if (is(sql, at, behind, EMIT_MESSAGE)) {
                return ReplayOff.MESSAGE;
            } else if (isSequenceState(sql, at, behind)) {
                return ReplayOff.SEQUENCE;
            } else if (startsWith(sql, at, behind, "dblink")) {
                return ReplayOff.OTHER_SERVER;
            } else if (is(sql, at, behind, "CREATE") || is(sql, at, behind, "INTO") && !isPrevious(sql, at, "INSERT")) {
                return ReplayOff.TEMPORARY_TABLE;
            }
            at = behind;
        }
        return ReplayOff.SESSION_STATE;
    }

    /**
     * The sequence, as text or {@code ?}, that a query draws from which does nothing else: {@code SELECT nextval('s') AS a}.
     * Null for all other statements. Runs for each query in a transaction.
     */
    @Nullable
    String drawnFrom(String sql) {
        int select = skipBlank(sql, 0);
        int nextval = skipBlank(sql, select + 6);
        if (!sql.regionMatches(true, select, "SELECT", 0, 6) || nextval == select + 6) {
            return null;
        }
        if (sql.regionMatches(true, nextval, "pg_catalog.", 0, 11)) {
            nextval += 11;
        }
        int open = skipBlank(sql, Math.min(nextval + 7, sql.length()));
        if (!sql.regionMatches(true, nextval, "nextval", 0, 7) || open >= sql.length() || sql.charAt(open) != '(') {
            return null;
        }
        int name = skipBlank(sql, open + 1);
        int nameEnd = name < sql.length() && sql.charAt(name) == '?' ? name + 1 : name;
        if (nameEnd == name && name < sql.length() && sql.charAt(name) == '\'') {
            nameEnd = textEnd(sql, name);
        }
        int at = skipBlank(sql, nameEnd);
        if (sql.startsWith("::", at) && isNext(sql, at + 2, "regclass")) {
            at = skipBlank(sql, nextWordEnd(sql, at + 2));
        }
        if (nameEnd == name || at >= sql.length() || sql.charAt(at) != ')' || !isEndBehind(sql, at + 1)) {
            return null;
        }
        String text = sql.substring(name, nameEnd);
        return text.equals("?") ? text : text.substring(1, text.length() - 1).replace("''", "'");
    }

    /** Whether nothing follows but the name of the column. */
    private boolean isEndBehind(String sql, int from) {
        int at = skipBlank(sql, from);
        if (isNext(sql, at, "AS")) {
            at = skipBlank(sql, nextWordEnd(sql, at));
        }
        if (at < sql.length() && isWordStart(sql.charAt(at))) {
            int end = wordEnd(sql, at);
            if (is(sql, at, end, "FROM") || is(sql, at, end, "WHERE") || is(sql, at, end, "UNION")) {
                return false;
            }
            at = skipBlank(sql, end);
        } else if (at < sql.length() && sql.charAt(at) == '"') {
            at = skipBlank(sql, skipOpaque(sql, at));
        }
        while (at < sql.length() && sql.charAt(at) == ';') {
            at = skipBlank(sql, at + 1);
        }
        return at >= sql.length();
    }
}
