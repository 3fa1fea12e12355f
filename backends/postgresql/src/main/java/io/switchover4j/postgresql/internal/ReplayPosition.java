package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.Deadline;

/**
 * How far a standby has come. Immutable.
 *
 * @param received the end of what it has received and flushed
 * @param replayed the end of the last record that it has replayed
 */
record ReplayPosition(Lsn received, Lsn replayed) {

    private static final String SQL =
            "SELECT coalesce(pg_last_wal_receive_lsn(), '0/0'), coalesce(pg_last_wal_replay_lsn(), '0/0')";

    static ReplayPosition of(PgSession standby, Deadline deadline) {
        return standby.one(
                "ask how far it has come",
                SQL,
                deadline,
                row -> new ReplayPosition(Lsn.parse(row.getString(1)), Lsn.parse(row.getString(2))));
    }

    /** As {@link #of}, on the lease's session on the target, which proves in the same answer that it holds the lock. */
    static ReplayPosition underLease(Lease lease, Deadline deadline) {
        return lease.proving(
                "ask how far it has come",
                SQL,
                deadline,
                row -> new ReplayPosition(Lsn.parse(row.getString(1)), Lsn.parse(row.getString(2))));
    }
}
