package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.Deadline;

/**
 * One row per instance that says which switchover wrote it last, and on which node: what is written on the new primary and
 * seen on the old one proves that replication works in the new direction. The table stays; it holds no secret.
 */
final class Marker {

    private static final String CREATE_SCHEMA = "CREATE SCHEMA IF NOT EXISTS switchover4j";

    private static final String CREATE_TABLE = """
            CREATE TABLE IF NOT EXISTS switchover4j.marker (
              instance_id text PRIMARY KEY,
              operation_id text NOT NULL,
              primary_node text NOT NULL,
              written_at timestamptz NOT NULL)""";

    private static final String WRITE = """
            INSERT INTO switchover4j.marker (instance_id, operation_id, primary_node, written_at)
            VALUES (?, ?, ?, clock_timestamp())
            ON CONFLICT (instance_id) DO UPDATE SET operation_id = excluded.operation_id,
              primary_node = excluded.primary_node, written_at = excluded.written_at
            RETURNING written_at::text""";

    private static final String SEEN = """
            SELECT count(*) FROM switchover4j.marker WHERE instance_id = ? AND operation_id = ? AND primary_node = ?""";

    private Marker() {}

    static void ensureTable(PgSession primary, Deadline deadline) {
        boolean exists = primary.one(
                "look for the marker table",
                "SELECT to_regclass('switchover4j.marker') IS NOT NULL",
                deadline,
                row -> row.getBoolean(1));
        if (!exists) {
            primary.run("create the marker schema", CREATE_SCHEMA, deadline);
            primary.run("create the marker table", CREATE_TABLE, deadline);
        }
    }

    /** Returns once the server has acknowledged the commit. */
    static void write(Operation operation, PgSession primary, Deadline deadline) {
        primary.one(
                "write the marker row",
                WRITE,
                deadline,
                row -> row.getString(1),
                operation.instance().id(),
                operation.id(),
                primary.node().id());
    }

    static boolean isSeen(Operation operation, NodeConfig writtenOn, PgSession session, Deadline deadline) {
        return session.one(
                "look for the marker row",
                SEEN,
                deadline,
                row -> row.getInt(1) > 0,
                operation.instance().id(),
                operation.id(),
                writtenOn.id());
    }
}
