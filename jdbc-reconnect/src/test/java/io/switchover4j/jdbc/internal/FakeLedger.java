package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A commit ledger in memory, as far as slots are opened, removed and looked at. */
final class FakeLedger implements LedgerDialect {

    /** The last number of each slot that is there. */
    final Map<Long, Long> rows = new HashMap<>();

    /** The next opening is applied, and its answer is lost. */
    boolean loseNextAnswer;

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
    public boolean commit(Connection physical, LedgerTable table, long slot, long number) {
        rows.put(slot, number);
        return true;
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
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isWrite(String sql) {
        throw new UnsupportedOperationException();
    }

    @Override
    public OptionalLong settle(
            Connection physical, LedgerTable table, long slot, @Nullable Backend marker, Duration timeout) {
        throw new UnsupportedOperationException();
    }
}
