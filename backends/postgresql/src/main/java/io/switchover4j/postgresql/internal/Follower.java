package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.Deadline;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/**
 * How far a standby has come, and what its last primary had told it. Immutable.
 *
 * @param timeline the newest timeline of which it has log
 * @param received the end of what it has: received, or found there when it was started
 * @param replayed the end of the last record that it has replayed
 * @param heard how far the primary had come when it sent its last message; empty once the receiver has ended
 * @param streamed whether anything was received since the server was started
 */
record Follower(int timeline, Lsn received, Lsn replayed, Optional<Heard> heard, boolean streamed) {

    /**
     * @param age how long ago that message came
     */
    record Heard(Lsn position, Duration age) {}

    /** The control file names the timeline of the last checkpoint only; of a younger one there is log at least. */
    private static final String SQL = """
            SELECT greatest((SELECT received_tli FROM pg_stat_wal_receiver),
                (SELECT timeline_id FROM pg_control_checkpoint()),
                (SELECT min_recovery_end_timeline FROM pg_control_recovery()),
                (SELECT max(('x' || substr(name, 1, 8))::bit(32)::int) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$')),
              coalesce(pg_last_wal_receive_lsn(), '0/0'), coalesce(pg_last_wal_replay_lsn(), '0/0'),
              coalesce((SELECT latest_end_lsn FROM pg_stat_wal_receiver)::text, ''),
              coalesce((SELECT extract(epoch FROM clock_timestamp() - last_msg_receipt_time) * 1000
                FROM pg_stat_wal_receiver), 0)::bigint,
              pg_last_wal_receive_lsn() IS NOT NULL""";

    static Follower ask(PgSession standby, Deadline deadline) {
        return standby.one("ask how far it has come", SQL, deadline, Follower::read);
    }

    private static Follower read(ResultSet row) throws SQLException {
        Lsn received = Lsn.parse(row.getString(2));
        Lsn replayed = Lsn.parse(row.getString(3));
        String heard = row.getString(4);
        Duration age = Duration.ofMillis(Math.max(0, row.getLong(5)));
        return new Follower(
                row.getInt(1),
                received.isAfter(replayed) ? received : replayed,
                replayed,
                heard.isEmpty() ? Optional.empty() : Optional.of(new Heard(Lsn.parse(heard), age)),
                row.getBoolean(6));
    }

    /** What it has received and not replayed. */
    long backlog() {
        return received.bytesAfter(replayed);
    }
}
