package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the replay of transactions and the move of sessions need to know of a database. Stateless. */
interface ReplayDialect {

    /** Why a transaction that holds this statement cannot be replayed, of a kind that forbids it. */
    ReplayOff whyOff(String sql, StatementKind kind);

    /** What its transaction leaves in a commit ledger for its sake; asked only of kinds that may need more than others. */
    Marking marking(String sql, StatementKind kind);

    /** What a statement of the kind {@link StatementKind#SETTING} sets; null if that cannot be told. */
    @Nullable
    Setting setting(String sql, @Nullable Parameters parameters);

    /** The sequence from which a query draws a number, if it does nothing else: one column, one row; null for all others. */
    @Nullable
    String drawnFrom(String sql, @Nullable Parameters parameters);

    /**
     * Whether the number that the application holds is certainly nobody else's.
     *
     * @param again what the same call gave now
     */
    boolean keepsDrawn(DrawingAgain where, DrawnNumber before, long again) throws SQLException;

    /** Draws those of {@code numbers} that may be given out again, so that they are this process's. */
    void reserve(DrawingAgain where, Set<DrawnNumber> numbers) throws SQLException;

    /** How far a standby has followed the sequences of these names, by their ids. */
    Map<Long, Long> positions(Connection standby, Collection<String> names) throws SQLException;

    /** How each column of a result is read for comparison; null if that is not possible. */
    byte @Nullable [] columns(ResultSet result) throws SQLException;

    /** Adds all columns of the row on which {@code result} stands, in a form that does not depend on how they were sent. */
    void read(ResultSet result, byte[] columns, RowDigest into) throws SQLException;

    /** Asks the server who {@code physical} is to it; null if nobody can tell. */
    @Nullable
    Backend backendOf(Connection physical) throws SQLException;

    /** Makes the session of {@code taken}, which others have used, forget which numbers they drew from sequences. */
    void forgetDrawn(Connection taken) throws SQLException;

    /**
     * Ends the session {@code lost} if it still lives on the server of {@code on}, and waits until it is gone: its locks would
     * block the replay. Never one that waits for a synchronous standby.
     */
    void end(Backend lost, Connection on, Duration atMost) throws SQLException;
}
