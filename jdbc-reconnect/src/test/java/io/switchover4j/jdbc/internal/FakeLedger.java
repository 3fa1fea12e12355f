package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A commit ledger in memory, as far as one can go without a server. */
final class FakeLedger implements LedgerDialect {

    /** The last number of each slot that is there. */
    final Map<Long, Long> rows = new HashMap<>();

    /** The next opening is applied, and its answer is lost. */
    boolean loseNextAnswer;

    /** The transactions are READ ONLY, and leave no mark. */
    boolean isReadOnly;

    boolean wentWithoutMark;

    @Override
    public void open(
            Connection physical, LedgerTable table, List<Long> slots, List<Long> removed, @Nullable Duration unusedFor)
            throws SQLException {
        removed.forEach(rows::remove);
        slots.forEach(slot -> rows.put(slot, 0L));
        if (loseNextAnswer) {
            loseNextAnswer = false;
            throw new SQLException("An I/O error occurred while sending to the backend.", "08006");
        }
    }

    @Override
    public Map<Long, Long> numbers(Connection physical, LedgerTable table, List<Long> slots) {
        Map<Long, Long> numbers = new HashMap<>(rows);
        numbers.keySet().retainAll(slots);
        return numbers;
    }

    @Override
    public boolean commit(Connection physical, LedgerTable table, long slot, long number, Marking marking)
            throws SQLException {
        if (marking == Marking.ALWAYS && isReadOnly) {
            throw new SQLException("READ ONLY", "25001");
        }
        if (isReadOnly) {
            return false;
        }
        rows.put(slot, number);
        return true;
    }

    @Override
    public boolean isUnmarkable(SQLException e) {
        return "25001".equals(e.getSQLState());
    }

    @Override
    public void goWithoutMark(Connection physical) {
        wentWithoutMark = true;
    }

    @Override
    public String ddl(LedgerTable table) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void create(Connection connection, LedgerTable table) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isRefused(SQLException e) {
        return false;
    }

    @Override
    public boolean isWrite(String sql, StatementKind kind) {
        throw new UnsupportedOperationException();
    }

    @Override
    public OptionalLong settle(
            Connection physical, LedgerTable table, long slot, @Nullable Backend marker, Duration timeout) {
        Long number = rows.get(slot);
        return number == null ? OptionalLong.empty() : OptionalLong.of(number);
    }
}
