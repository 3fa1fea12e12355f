package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.Deadline;
import java.util.List;

/** Physical replication slots of one server. */
final class Slots {

    private Slots() {}

    static List<String> named(String pattern, PgSession session, Deadline deadline) {
        return session.list(
                "look for replication slots",
                "SELECT slot_name::text FROM pg_replication_slots WHERE slot_name LIKE ? ORDER BY 1",
                deadline,
                row -> row.getString(1),
                pattern);
    }

    static boolean exists(String name, PgSession session, Deadline deadline) {
        return session.one(
                "look for slot " + name,
                "SELECT count(*) FROM pg_replication_slots WHERE slot_name = ?",
                deadline,
                row -> row.getInt(1) > 0,
                name);
    }

    /**
     * @param keepsLog whether it keeps the log from now on, or is a mere name
     * @param temporary whether it ends with the session
     */
    static void create(String name, boolean keepsLog, boolean temporary, PgSession session, Deadline deadline) {
        session.run(
                "create slot " + name,
                "SELECT pg_create_physical_replication_slot(%s, %b, %b)"
                        .formatted(PgSession.literal(name), keepsLog, temporary),
                deadline);
    }

    /** Without effect if there is none, or if it is in use by somebody else. */
    static void drop(String name, PgSession session, Deadline deadline) {
        session.list(
                "drop slot " + name,
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                        + " WHERE slot_name = ? AND slot_type = 'physical'"
                        + " AND (active_pid IS NULL OR active_pid = pg_backend_pid())",
                deadline,
                row -> "",
                name);
    }
}
