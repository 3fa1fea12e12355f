package io.switchover4j.jdbc.internal;

import io.switchover4j.spi.Deadline;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The commit ledger of PostgreSQL. Stateless. */
final class PostgresLedger implements LedgerDialect {

    static final PostgresLedger INSTANCE = new PostgresLedger();

    private static final Pattern WRITES =
            Pattern.compile("\\b(insert|update|delete|merge)\\b", Pattern.CASE_INSENSITIVE);

    private static final String LOCK_NOT_AVAILABLE = "55P03";

    /** So long a settlement waits at first for a transaction that has marked its slot; then twice as long, and so on. */
    private static final long FIRST_WAIT_MILLIS = 100;

    private static final String SAVEPOINT = "switchover4j";

    /**
     * Gives a transaction the id without which its mark is not written. In front of that, what fails with 25001 where it is READ
     * ONLY, so that it is not committed without a mark; and behind a savepoint, so that it can then be committed all the same.
     */
    private static final String HAVE_ID = "SAVEPOINT " + SAVEPOINT
            + "; SET TRANSACTION READ WRITE; SELECT pg_catalog.pg_current_xact_id() IS NOT NULL; ";

    private static final String REFUSED = "switchover4j: the slot of this commit is closed";

    /*
     * Why the mark looks as it does.
     *
     * INSERT .. ON CONFLICT, not UPDATE: on a table this small an UPDATE is a sequential scan, whose predicate lock fails most
     * commits at SERIALIZABLE. A row that it inserts, because the slot is gone, is born closed, and refused with the others: an
     * error, not zero rows, because the COMMIT behind it must not go through. Nothing is looked up by the search path, which
     * belongs to the caller; a SET clause would do the same and cost more. The function of two parameters, of an older ledger,
     * would make its call ambiguous.
     */
    private static final String DDL = """
            CREATE TABLE IF NOT EXISTS %1$s (
              slot bigint PRIMARY KEY,
              seq bigint NOT NULL,
              closed bigint,
              durability text,
              opened_at timestamptz NOT NULL DEFAULT pg_catalog.now()
            ) WITH (fillfactor = 50);

            DROP FUNCTION IF EXISTS %2$s(bigint, bigint);
            CREATE OR REPLACE FUNCTION %2$s(s bigint, n bigint, uncertain boolean DEFAULT false) RETURNS boolean
                LANGUAGE plpgsql SECURITY DEFINER AS $$
            DECLARE c bigint;
            BEGIN
              IF pg_catalog.pg_current_xact_id_if_assigned() IS NULL THEN
                RETURN false;
              END IF;
              IF pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.=) 'on' THEN
                IF NOT uncertain AND EXISTS (
                    SELECT FROM pg_catalog.pg_locks AS k JOIN pg_catalog.pg_class AS r ON r.oid OPERATOR(pg_catalog.=) k.relation
                    WHERE k.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
                      AND k.mode OPERATOR(pg_catalog.<>) 'AccessShareLock' AND k.mode OPERATOR(pg_catalog.<>) 'RowShareLock'
                      AND r.relpersistence OPERATOR(pg_catalog.<>) 't') THEN
                  RAISE EXCEPTION 'switchover4j: the transaction turned READ ONLY behind its writes, so its commit cannot be marked'
                    USING ERRCODE = '0A000', HINT = 'It is not applied. Use setReadOnly or SET TRANSACTION, before it writes.';
                END IF;
                RETURN false;
              END IF;
              INSERT INTO %1$s AS l (slot, seq, closed, durability)
                VALUES (s, n, n, pg_catalog.current_setting('synchronous_commit'))
                ON CONFLICT (slot) DO UPDATE SET seq = excluded.seq, durability = excluded.durability WHERE l.closed IS NULL
                RETURNING l.closed INTO c;
              IF NOT FOUND OR c IS NOT NULL THEN
                RAISE EXCEPTION '%6$s' USING ERRCODE = '40001',
                  HINT = 'Its outcome was settled before it arrived, or its slot was deleted. It is not applied.';
              END IF;
              RETURN true;
            END $$;

            CREATE OR REPLACE FUNCTION %3$s(opened bigint[], removed bigint[], unused interval) RETURNS void
                LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
            BEGIN
              PERFORM set_config('synchronous_commit', 'local', true);
              DELETE FROM %1$s WHERE slot IN (SELECT slot FROM %1$s WHERE slot = ANY (removed) FOR UPDATE SKIP LOCKED);
              IF unused IS NOT NULL THEN
                DELETE FROM %1$s WHERE slot IN
                  (SELECT slot FROM %1$s WHERE opened_at < now() - unused FOR UPDATE SKIP LOCKED);
              END IF;
              INSERT INTO %1$s (slot, seq) SELECT s, 0 FROM unnest(opened) AS s;
            END $$;

            CREATE OR REPLACE FUNCTION %4$s(s bigint) RETURNS bigint
                LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
            DECLARE n bigint; d text;
            BEGIN
              UPDATE %1$s SET closed = seq WHERE slot = s RETURNING seq, durability INTO n, d;
              IF FOUND AND d IS NOT NULL THEN
                PERFORM set_config('synchronous_commit', d, true);
              END IF;
              RETURN n;
            END $$;

            CREATE OR REPLACE FUNCTION %5$s(slots bigint[]) RETURNS TABLE (of bigint, number bigint)
                LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
              SELECT slot, seq FROM %1$s WHERE slot = ANY (slots)
            $$;
            """;

    private PostgresLedger() {}

    @Override
    public String ddl(LedgerTable table) {
        return DDL.formatted(table.quoted(""), mark(table), open(table), settle(table), look(table), REFUSED);
    }

    private static String mark(LedgerTable table) {
        return table.quoted("_mark");
    }

    private static String open(LedgerTable table) {
        return table.quoted("_open");
    }

    private static String settle(LedgerTable table) {
        return table.quoted("_settle");
    }

    private static String look(LedgerTable table) {
        return table.quoted("_look");
    }

    @Override
    public void create(Connection connection, LedgerTable table) throws SQLException {
        boolean autoCommit = connection.getAutoCommit();
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            // CREATE IF NOT EXISTS fails where two do it at once.
            statement.execute("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('switchover4j ledger'))");
            if (!exists(statement, table)) {
                statement.execute(ddl(table));
            }
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(autoCommit);
        }
    }

    private static boolean exists(Statement statement, LedgerTable table) throws SQLException {
        String sql = """
                SELECT pg_catalog.to_regclass('%1$s') IS NOT NULL
                  AND pg_catalog.to_regprocedure('%2$s(bigint,bigint,boolean)') IS NOT NULL
                  AND pg_catalog.to_regprocedure('%2$s(bigint,bigint)') IS NULL
                  AND pg_catalog.to_regprocedure('%3$s(bigint[],bigint[],interval)') IS NOT NULL
                  AND pg_catalog.to_regprocedure('%4$s(bigint)') IS NOT NULL
                  AND pg_catalog.to_regprocedure('%5$s(bigint[])') IS NOT NULL
                """.formatted(table.quoted(""), mark(table), open(table), settle(table), look(table));
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getBoolean(1);
        }
    }

    @Override
    public void open(
            Connection physical, LedgerTable table, List<Long> slots, List<Long> removed, @Nullable Duration unusedFor)
            throws SQLException {
        String call = "SELECT %s(%s, %s, %s)"
                .formatted(
                        open(table),
                        array(slots),
                        array(removed),
                        unusedFor == null ? "NULL" : "interval '" + unusedFor.toSeconds() + " s'");
        try (Statement statement = physical.createStatement()) {
            inTransaction(physical, statement, call);
        } catch (SQLException e) {
            rollBack(physical, e);
            throw explained(e, table);
        }
    }

    /** A session that was left in a failed transaction is of no use to anybody. */
    private static void rollBack(Connection physical, SQLException cause) {
        try (Statement statement = physical.createStatement()) {
            statement.execute("ROLLBACK");
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    private static SQLException explained(SQLException e, LedgerTable table) {
        String state = SqlStates.of(e);
        if (!"42883".equals(state) && !"3F000".equals(state) && !"42501".equals(state)) {
            return e;
        }
        return new SQLException(
                "The commit ledger '%s' cannot be used: %s. Nothing was sent. Create it with CommitLedger.createTable, and let the application's user execute its functions."
                        .formatted(table, e.getMessage()),
                state,
                e);
    }

    private static String array(List<Long> slots) {
        return slots.stream().map(String::valueOf).collect(Collectors.joining(",", "'{", "}'::bigint[]"));
    }

    /**
     * Runs it at READ COMMITTED, whatever the session's default is, in one message; READ ONLY by default does not keep it from
     * writing.
     */
    private static void inTransaction(Connection physical, Statement statement, String sql) throws SQLException {
        // Without autocommit the driver sends the BEGIN itself.
        String begin = physical.getAutoCommit() ? "BEGIN" : "SET TRANSACTION";
        statement.execute(begin + " ISOLATION LEVEL READ COMMITTED, READ WRITE;\n" + sql + ";\nCOMMIT");
    }

    @Override
    public boolean commit(Connection physical, LedgerTable table, long slot, long number, Marking marking)
            throws SQLException {
        String before = marking == Marking.ALWAYS ? HAVE_ID : "";
        String after = marking == Marking.UNCERTAIN ? ", true); COMMIT" : "); COMMIT";
        if (PgjdbcModes.isTextExtended(physical)) {
            try (PreparedStatement statement =
                    physical.prepareStatement(before + "SELECT " + mark(table) + "(?, ?" + after)) {
                statement.setFetchSize(0);
                statement.setLong(1, slot);
                statement.setLong(2, number);
                statement.execute();
                return isMarked(statement);
            }
        }
        try (Statement statement = physical.createStatement()) {
            statement.setFetchSize(0);
            statement.execute(before + "SELECT " + mark(table) + "(" + slot + ", " + number + after);
            return isMarked(statement);
        }
    }

    private static boolean isMarked(Statement statement) throws SQLException {
        // The last row is that of the mark.
        boolean marked = false;
        do {
            try (ResultSet row = statement.getResultSet()) {
                marked = row == null ? marked : row.next() && row.getBoolean(1);
            }
        } while (statement.getMoreResults() || statement.getUpdateCount() != -1);
        return marked;
    }

    @Override
    public boolean isUnmarkable(SQLException e) {
        return "25001".equals(e.getSQLState());
    }

    @Override
    public void goWithoutMark(Connection physical) throws SQLException {
        // With autosave the driver has gone back further by itself.
        if (PgjdbcConnections.transactionStatus(physical) != TransactionStatus.OPEN) {
            try (Statement statement = physical.createStatement()) {
                statement.execute("ROLLBACK TO SAVEPOINT " + SAVEPOINT);
            }
        }
    }

    @Override
    public boolean isRefused(SQLException e) {
        return "40001".equals(e.getSQLState()) && String.valueOf(e.getMessage()).contains(REFUSED);
    }

    @Override
    public boolean isWrite(String sql, StatementKind kind) {
        int start = PostgresStatements.INSTANCE.nextWord(sql, 0);
        return startsWith(sql, start, "INSERT")
                || startsWith(sql, start, "UPDATE")
                || startsWith(sql, start, "DELETE")
                || startsWith(sql, start, "MERGE")
                || startsWith(sql, start, "WITH") && WRITES.matcher(sql).find()
                // Not what EXECUTE executes, which may as well read.
                || kind == StatementKind.UNMARKED
                        && (startsWith(sql, start, "NOTIFY") || startsWith(sql, start, "SELECT"));
    }

    private static boolean startsWith(String sql, int from, String word) {
        return sql.regionMatches(true, from, word, 0, word.length());
    }

    @Override
    public OptionalLong settle(
            Connection physical, LedgerTable table, long slot, @Nullable Backend marker, Duration timeout)
            throws SQLException {
        int before = physical.getNetworkTimeout();
        Deadline deadline = Deadline.after(timeout);
        long wait = FIRST_WAIT_MILLIS;
        while (true) {
            long left = Math.max(1, deadline.remainingMillis());
            try {
                OptionalLong number = settle(physical, table, slot, marker == null ? left : Math.min(wait, left), left);
                physical.setNetworkTimeout(Runnable::run, before);
                return number;
            } catch (SQLException e) {
                if (marker == null || wait >= left || !LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                    throw e;
                }
                rollBack(physical, e);
                PostgresReplay.endUnread(marker, physical);
                wait *= 2;
            }
        }
    }

    private static OptionalLong settle(Connection physical, LedgerTable table, long slot, long lockMillis, long millis)
            throws SQLException {
        try (Statement statement = physical.createStatement()) {
            physical.setNetworkTimeout(Runnable::run, (int) Math.min(millis + 1_000, Integer.MAX_VALUE));
            inTransaction(
                    physical,
                    statement,
                    "SELECT pg_catalog.set_config('client_min_messages', 'warning', true),"
                            + " pg_catalog.set_config('lock_timeout', '%d', true),".formatted(lockMillis)
                            + " pg_catalog.set_config('statement_timeout', '%d', true);\nSELECT %s(%d)"
                                    .formatted(millis, settle(table), slot));
            OptionalLong number = numberOf(statement);
            // A wait for the synchronous standby that was cut short ends with a warning, and a commit that looks good.
            SQLWarning warning = statement.getWarnings();
            if (warning != null) {
                throw new SQLException(
                        "The commit of the settlement is in doubt: " + warning.getMessage(), "08007", warning);
            }
            return number;
        }
    }

    private static OptionalLong numberOf(Statement statement) throws SQLException {
        // BEGIN, the settings, the number, COMMIT.
        OptionalLong number = OptionalLong.empty();
        while (statement.getMoreResults() || statement.getUpdateCount() != -1) {
            try (ResultSet row = statement.getResultSet()) {
                if (row != null && row.getMetaData().getColumnCount() == 1 && row.next()) {
                    long value = row.getLong(1);
                    number = row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
                }
            }
        }
        return number;
    }

    @Override
    public Map<Long, Long> numbers(Connection physical, LedgerTable table, List<Long> slots) throws SQLException {
        Map<Long, Long> numbers = new HashMap<>();
        try (Statement statement = physical.createStatement()) {
            inTransaction(physical, statement, "SELECT * FROM %s(%s)".formatted(look(table), array(slots)));
            while (statement.getMoreResults() || statement.getUpdateCount() != -1) {
                try (ResultSet row = statement.getResultSet()) {
                    while (row != null && row.next()) {
                        numbers.put(row.getLong(1), row.getLong(2));
                    }
                }
            }
        } catch (SQLException e) {
            rollBack(physical, e);
            throw explained(e, table);
        }
        return numbers;
    }
}
