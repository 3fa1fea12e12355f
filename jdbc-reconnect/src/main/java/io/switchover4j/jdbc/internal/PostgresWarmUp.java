package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Has a standby plan a statement without running it: EXPLAIN loads the catalogue entries of every table, index, type and
 * operator that the statement needs, and a standby allows it for writes too.
 */
final class PostgresWarmUp {

    private static final Set<String> EXPLAINED =
            Set.of("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "VALUES");

    private PostgresWarmUp() {}

    /** Whether {@code EXPLAIN} in front of the text cannot run anything: one statement that begins with a known word. */
    static boolean isExplainable(String sql) {
        PostgresStatements grammar = PostgresStatements.INSTANCE;
        int start = grammar.nextWord(sql, 0);
        String first = sql.substring(start, StatementText.wordEnd(sql, start));
        int end = grammar.statementEnd(sql, start);
        return EXPLAINED.contains(first.toUpperCase(Locale.ROOT))
                && (end >= sql.length() || grammar.nextWord(sql, end + 1) >= sql.length());
    }

    /**
     * @throws SQLException if the server refuses, for example because a table is gone
     */
    static void explain(Connection standby, String sql) throws SQLException {
        try (PreparedStatement explain = standby.prepareStatement("EXPLAIN " + sql)) {
            // Not null, which would let the planner find out that no row can match, before it looks at the indexes.
            ParameterMetaData parameters = explain.getParameterMetaData();
            for (int i = 1; i <= parameters.getParameterCount(); i++) {
                String value = anyValue(parameters.getParameterTypeName(i));
                if (value == null) {
                    explain.setNull(i, Types.NULL);
                } else {
                    explain.setObject(i, value, Types.OTHER);
                }
            }
            explain.execute();
        }
    }

    /** A value that the type takes, in its text form; null if none is known. */
    private static @Nullable String anyValue(String type) {
        return switch (type) {
            case "int2",
                    "int4",
                    "int8",
                    "smallint",
                    "integer",
                    "bigint",
                    "float4",
                    "float8",
                    "numeric",
                    "oid",
                    "money" -> "0";
            case "text", "varchar", "bpchar", "name", "bytea" -> "";
            case "bool", "boolean" -> "f";
            case "date", "timestamp", "timestamptz" -> "2000-01-01";
            case "time", "timetz" -> "00:00";
            case "uuid" -> "00000000-0000-0000-0000-000000000000";
            case "json", "jsonb" -> "null";
            default -> null;
        };
    }
}
