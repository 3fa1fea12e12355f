package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Replay on PostgreSQL. */
final class PostgresReplay implements ReplayDialect {

    static final PostgresReplay INSTANCE = new PostgresReplay();

    static final String WHO_AM_I = "SELECT pid, (extract(epoch FROM backend_start) * 1000000)::bigint"
            + " FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())";

    private static final Logger log = LoggerFactory.getLogger(PostgresReplay.class);

    private static final String SESSION = " FROM pg_catalog.pg_stat_get_activity(?)"
            + " WHERE (extract(epoch FROM backend_start) * 1000000)::bigint = ?";
    private static final String END =
            "SELECT pg_catalog.pg_terminate_backend(pid)" + SESSION + " AND wait_event IS DISTINCT FROM 'SyncRep'";
    private static final String END_UNREAD =
            "SELECT pg_catalog.pg_terminate_backend(pid)" + SESSION + " AND wait_event = 'ClientRead'";
    private static final String LIVES = "SELECT 1" + SESSION;
    private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private PostgresReplay() {}

    @Override
    public ReplayOff whyOff(String sql, StatementKind kind) {
        return PostgresStatements.INSTANCE.whyOff(sql);
    }

    @Override
    public Marking marking(String sql, StatementKind kind) {
        Marking marking = PostgresStatements.INSTANCE.marking(sql, kind);
        // The query of a held cursor runs in the COMMIT, behind the mark.
        boolean held = kind == StatementKind.SESSION && whyOff(sql, kind) == ReplayOff.HELD_CURSOR;
        return held && marking == Marking.IF_WRITTEN ? Marking.ALWAYS : marking;
    }

    @Override
    public @Nullable Setting setting(String sql, @Nullable Parameters parameters) {
        return PostgresSettings.of(sql, parameters);
    }

    @Override
    public @Nullable String drawnFrom(String sql, @Nullable Parameters parameters) {
        String sequence = PostgresStatements.INSTANCE.drawnFrom(sql);
        return sequence != null && sequence.equals("?") && parameters != null ? parameters.text(1) : sequence;
    }

    @Override
    public boolean keepsDrawn(DrawingAgain where, DrawnNumber before, long again) throws SQLException {
        return PostgresSequences.isKept(where, before, again);
    }

    @Override
    public void reserve(DrawingAgain where, Set<DrawnNumber> numbers) throws SQLException {
        PostgresSequences.reserve(where, numbers);
    }

    @Override
    public void forgetDrawn(Connection taken) throws SQLException {
        PostgresSequences.forgetDrawn(taken);
    }

    @Override
    public Map<Long, Long> positions(Connection standby, Collection<String> names) throws SQLException {
        return PostgresSequences.positions(standby, names);
    }

    @Override
    public byte @Nullable [] columns(ResultSet result) throws SQLException {
        return PostgresRows.columns(result);
    }

    @Override
    public void read(ResultSet result, byte[] columns, RowDigest into) throws SQLException {
        PostgresRows.read(result, columns, into);
    }

    @Override
    public @Nullable Backend backendOf(Connection physical) throws SQLException {
        return PgjdbcConnections.backendOf(physical);
    }

    @Override
    public void end(Backend lost, Connection on, Duration atMost) throws SQLException {
        if (!isThere(lost, on, END)) {
            return;
        }
        log.debug("Session {} of a lost connection is ended, so that its locks do not block the replay", lost);
        long until = System.nanoTime() + atMost.toNanos();
        while (isThere(lost, on, LIVES)
                && System.nanoTime() - until < 0
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
    }

    /**
     * Ends {@code lost} if it waits for its client, who is gone: then it has not read a COMMIT that was sent to it. One that
     * is at work, or waits for anything else, is left alone.
     */
    static void endUnread(Backend lost, Connection on) throws SQLException {
        if (isThere(lost, on, END_UNREAD)) {
            log.debug("Session {} never read the COMMIT that was sent to it, and is ended", lost);
        }
        if (!on.getAutoCommit()) {
            on.rollback();
        }
    }

    private static boolean isThere(Backend lost, Connection on, String question) throws SQLException {
        try (PreparedStatement statement = on.prepareStatement(question)) {
            statement.setInt(1, lost.id());
            statement.setLong(2, lost.since());
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }
}
