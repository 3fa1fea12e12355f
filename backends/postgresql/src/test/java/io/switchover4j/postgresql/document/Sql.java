package io.switchover4j.postgresql.document;

import io.switchover4j.testkit.PostgresNode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** One statement on one node, as its superuser. */
final class Sql {

    private Sql() {}

    static void run(PostgresNode node, String sql) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static String one(PostgresNode node, String sql) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? String.valueOf(rows.getString(1)) : "";
        }
    }

    /** Waits until the statement, once it can be run at all, answers so. */
    static void await(PostgresNode node, String sql, String answer) throws Exception {
        long deadline = System.nanoTime() + Orders.PATIENCE.toNanos();
        String seen = "nothing yet";
        while (System.nanoTime() < deadline) {
            try {
                seen = one(node, sql);
            } catch (SQLException e) {
                seen = String.valueOf(e.getMessage());
            }
            if (seen.equals(answer)) {
                return;
            }
            // Replication tells nobody that it has applied something.
            Thread.sleep(5);
        }
        throw new AssertionError("'%s' on '%s' answers %s, not %s".formatted(sql, node.id(), seen, answer));
    }
}
