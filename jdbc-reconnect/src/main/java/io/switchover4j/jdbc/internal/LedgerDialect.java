package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How one database keeps a commit ledger: a table of slots, each with the number of the last transaction that committed through
 * it, open or closed. Stateless.
 */
interface LedgerDialect {

    /** The statements that create the table and its routines. */
    String ddl(LedgerTable table);

    /** Runs {@link #ddl} in one transaction, unless all is there. Leaves the connection without a transaction. */
    void create(Connection connection, LedgerTable table) throws SQLException;

    /**
     * Adds open slots whose last number is 0, in a transaction of its own that does not wait for a standby.
     *
     * @param physical a connection without an open transaction; it has none afterwards, and is as it was
     * @param removed slots that nobody uses any more
     * @param unusedFor also deletes everybody's slots that are older; null not to
     */
    void open(
            Connection physical, LedgerTable table, List<Long> slots, List<Long> removed, @Nullable Duration unusedFor)
            throws SQLException;

    /**
     * Marks the open transaction with {@code number} and commits it, in one round trip where the driver has it.
     *
     * @param marking whether it gets a mark also if it has not written anything, else it is not committed; and whether it may have
     *     turned READ ONLY behind its writes, else it is not committed then
     * @return whether it left a mark; else it had not written anything, and is committed all the same
     * @throws SQLException {@link #isRefused} if the slot is closed or missing, {@link #isUnmarkable} if it is READ ONLY; as the
     *     driver threw it if it was not committed or the answer is lost
     */
    boolean commit(Connection physical, LedgerTable table, long slot, long number, Marking marking) throws SQLException;

    /** Whether the mark that a transaction must have was refused because it is READ ONLY. It is not committed yet. */
    boolean isUnmarkable(SQLException e);

    /** Takes a transaction back to where it was before its mark was refused, so that it can be committed without one. */
    void goWithoutMark(Connection physical) throws SQLException;

    /** Whether a mark was refused because its slot is closed or missing. Its transaction is certainly not applied. */
    boolean isRefused(SQLException e);

    /** Whether a statement of autocommit is worth a transaction of ours: it may write or notify, and may run in one. */
    boolean isWrite(String sql, StatementKind kind);

    /**
     * Closes a slot and commits that as durably as the transaction asked for that marked it last. Waits for a transaction that
     * has marked it and is still committing. May be repeated.
     *
     * <p>A session that has marked it and waits for the rest of a message that will not come is ended: it cannot be committing.
     * Any other is left alone, above all one that waits for a synchronous standby.
     *
     * @param physical a connection to the primary, without an open transaction
     * @param marker the session that sent the last mark, whose connection is lost; null if nobody knows
     * @param timeout the longest it takes
     * @return the number of the last transaction that committed through it; empty if there is no such slot
     * @throws SQLException if that is not known: nothing counts, it may be tried again
     */
    OptionalLong settle(Connection physical, LedgerTable table, long slot, @Nullable Backend marker, Duration timeout)
            throws SQLException;

    /** The last numbers of those of {@code slots} that are there, in a transaction of its own. */
    Map<Long, Long> numbers(Connection physical, LedgerTable table, List<Long> slots) throws SQLException;
}
