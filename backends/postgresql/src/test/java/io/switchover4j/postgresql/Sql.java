package io.switchover4j.postgresql;

import io.switchover4j.testkit.PostgresNode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** One statement on one node, as its superuser. */
final class Sql {

    private Sql() {}

    static void run(PostgresNode node, String... statements) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    static String one(PostgresNode node, String sql) throws SQLException {
        List<String> values = list(node, sql);
        return values.isEmpty() ? "" : values.get(0);
    }

    static List<String> list(PostgresNode node, String sql) throws SQLException {
        try (Connection connection = node.connect()) {
            return list(connection, sql);
        }
    }

    static List<String> list(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        }
    }
}
