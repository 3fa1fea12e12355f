package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.Deadline;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * What one server says about itself. Immutable.
 *
 * @param position what a primary has written or a standby has replayed
 * @param senders who streams from it
 * @param receiver whom it streams from
 */
record NodeAnswer(
        boolean standby,
        String version,
        int timeline,
        Lsn position,
        List<Sender> senders,
        Optional<Receiver> receiver) {

    private static final String SELF = """
            SELECT r.recovering, current_setting('server_version'),
              CASE WHEN r.recovering
                THEN coalesce((SELECT received_tli FROM pg_stat_wal_receiver),
                              (SELECT timeline_id FROM pg_control_checkpoint()))
                ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int END,
              coalesce(CASE WHEN r.recovering THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '0/0')
            FROM (SELECT pg_is_in_recovery() AS recovering) r""";

    private static final String SENDERS = """
            SELECT r.pid, r.application_name, r.state, coalesce(r.sync_state, ''), coalesce(s.slot_name, '')
            FROM pg_stat_replication r LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid AND s.slot_type = 'physical'
            ORDER BY r.pid""";

    private static final String RECEIVER = """
            SELECT coalesce(status, ''), coalesce(sender_host, ''), coalesce(sender_port, 0), coalesce(slot_name, '')
            FROM pg_stat_wal_receiver""";

    /** Somebody that streams from a node. The state is empty if we may not see it. */
    record Sender(int pid, String applicationName, String state, String syncState, String slot) {

        boolean isStreaming() {
            return state.equals("streaming");
        }

        /** Whether anything is sent, as far as we may see. */
        boolean isFlowing() {
            return isStreaming() || state.equals("catchup") || isHidden();
        }

        /** Whether we lack the right to see more than that it is there. */
        boolean isHidden() {
            return state.isEmpty();
        }

        boolean isSynchronous() {
            return syncState.equals("sync") || syncState.equals("quorum");
        }
    }

    /** The node that a standby streams from. The status is empty if we may not see it. */
    record Receiver(String status, String host, int port, String slot) {

        /** Whether we lack the right to see more than that it is there. */
        boolean isHidden() {
            return status.isEmpty();
        }
    }

    static NodeAnswer ask(PgSession session, Deadline deadline) {
        List<Sender> senders = session.list("ask who streams", SENDERS, deadline, NodeAnswer::sender);
        Optional<Receiver> receiver =
                session.list("ask whom it streams from", RECEIVER, deadline, NodeAnswer::receiver).stream()
                        .findFirst();
        return session.one(
                "ask for the role",
                SELF,
                deadline,
                row -> new NodeAnswer(
                        row.getBoolean(1),
                        row.getString(2),
                        row.getInt(3),
                        Lsn.parse(row.getString(4)),
                        senders,
                        receiver));
    }

    /** The stream to {@code standby}, found by name, by slot, or as the only one there is. */
    Optional<Sender> senderTo(NodeConfig standby, Optional<NodeAnswer> itsAnswer) {
        Optional<Sender> byName = senders.stream()
                .filter(sender -> sender.applicationName().equals(standby.applicationName()))
                .findFirst();
        if (byName.isPresent()) {
            return byName;
        }
        String slot =
                itsAnswer.flatMap(NodeAnswer::receiver).map(Receiver::slot).orElse("");
        Optional<Sender> bySlot = senders.stream()
                .filter(sender -> !slot.isEmpty() && sender.slot().equals(slot))
                .findFirst();
        if (bySlot.isPresent()) {
            return bySlot;
        }
        boolean receives = itsAnswer.flatMap(NodeAnswer::receiver).isPresent();
        return receives && senders.size() == 1 ? Optional.of(senders.get(0)) : Optional.empty();
    }

    private static Sender sender(ResultSet row) throws SQLException {
        String state = row.getString(3);
        return new Sender(
                row.getInt(1), row.getString(2), state == null ? "" : state, row.getString(4), row.getString(5));
    }

    private static Receiver receiver(ResultSet row) throws SQLException {
        return new Receiver(row.getString(1), row.getString(2), row.getInt(3), row.getString(4));
    }
}
