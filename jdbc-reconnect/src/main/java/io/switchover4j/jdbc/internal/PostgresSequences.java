package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Numbers that are drawn from sequences of PostgreSQL. Stateless. */
final class PostgresSequences {

    /** So many numbers are drawn in search of one. Each record in the log covers 33 (SEQ_LOG_VALS), and few are lost. */
    private static final int MOST_DRAWS = 256;

    private PostgresSequences() {}

    /** A sequence as the catalogue has it. */
    private record Known(long id, boolean ascending) {

        boolean isBeyond(long number, long other) {
            return ascending ? number > other : number < other;
        }
    }

    /**
     * Whether the number that the application holds is certainly nobody else's, now that the same call gave {@code again}.
     *
     * <p>That {@code again} lies beyond it is no proof after a crash: the numbers between may have been given to others.
     */
    static boolean isKept(DrawingAgain where, DrawnNumber before, long again) throws SQLException {
        Known sequence = find(where.on(), before.sequence());
        if (sequence == null) {
            return false;
        }
        long number = before.number();
        boolean kept;
        if (where.server().equals(before.server()) || isCovered(where, sequence, number)) {
            kept = sequence.isBeyond(again, number);
        } else {
            if (drawUpTo(where, sequence, before, again) == number) {
                return true;
            }
            kept = where.keys().takeSpare(where.epoch(), sequence.id, number);
        }
        if (kept) {
            forgetDrawn(where.on());
        }
        return kept;
    }

    /** Else currval and lastval, in a default or a trigger, would give what the application does not hold. */
    static void forgetDrawn(Connection on) throws SQLException {
        try (Statement statement = on.createStatement()) {
            statement.execute("DISCARD SEQUENCES");
        }
    }

    /** Whether the new primary was seen to have followed the sequence as far as {@code number} while it was a standby. */
    private static boolean isCovered(DrawingAgain where, Known sequence, long number) {
        OptionalLong position = where.keys().position(where.node(), sequence.id);
        return position.isPresent() && !sequence.isBeyond(number, position.getAsLong());
    }

    /** Draws on from {@code first} until the number is reached, and keeps what lies before it; returns what was drawn last. */
    private static long drawUpTo(DrawingAgain where, Known sequence, DrawnNumber goal, long first) throws SQLException {
        long last = first;
        for (int draws = 1; draws < MOST_DRAWS && sequence.isBeyond(goal.number(), last); draws++) {
            where.keys().spare(where.epoch(), sequence.id, last);
            last = next(where.on(), goal.sequence());
        }
        return last;
    }

    /** Draws those that the new primary may give out again, before anybody else does. */
    static void reserve(DrawingAgain where, Set<DrawnNumber> numbers) throws SQLException {
        Map<String, List<DrawnNumber>> bySequence = numbers.stream()
                .filter(number -> !number.server().equals(where.server()))
                .collect(Collectors.groupingBy(DrawnNumber::sequence));
        for (Map.Entry<String, List<DrawnNumber>> entry : bySequence.entrySet()) {
            Known sequence = find(where.on(), entry.getKey());
            if (sequence == null) {
                continue;
            }
            DrawnNumber furthest = entry.getValue().get(0);
            for (DrawnNumber each : entry.getValue()) {
                furthest = sequence.isBeyond(each.number(), furthest.number()) ? each : furthest;
            }
            if (!isCovered(where, sequence, furthest.number())) {
                long last = drawUpTo(where, sequence, furthest, next(where.on(), furthest.sequence()));
                where.keys().spare(where.epoch(), sequence.id, last);
            }
        }
    }

    private static @Nullable Known find(Connection on, String name) throws SQLException {
        try (PreparedStatement statement = on.prepareStatement(
                "SELECT seqrelid::bigint, seqincrement > 0 FROM pg_catalog.pg_sequence WHERE seqrelid = CAST(? AS regclass)")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? new Known(row.getLong(1), row.getBoolean(2)) : null;
            }
        }
    }

    private static long next(Connection on, String name) throws SQLException {
        try (PreparedStatement statement = on.prepareStatement("SELECT pg_catalog.nextval(CAST(? AS regclass))")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /**
     * How far a standby has followed the sequences that bear one of these names, in whatever schema, by their ids. What it says
     * lies ahead of what was given out, as its log does. Any autocommit connection will do.
     */
    static Map<Long, Long> positions(Connection standby, Collection<String> names) throws SQLException {
        String quoted = names.stream()
                .map(PostgresSequences::unqualified)
                .filter(name -> name.indexOf('\\') < 0)
                .map(name -> "'" + name.replace("'", "''") + "'")
                .collect(Collectors.joining(","));
        Map<Long, Long> positions = new HashMap<>();
        try (Statement statement = standby.createStatement()) {
            // At SERIALIZABLE a standby refuses every query.
            statement.execute("""
                    BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;
                    SELECT oid::bigint, pg_catalog.pg_sequence_last_value(oid), pg_catalog.pg_is_in_recovery() FROM pg_catalog.pg_class
                    WHERE relkind = 'S' AND relpersistence = 'p' AND relname = ANY (ARRAY[%s]::name[])
                      AND pg_catalog.has_sequence_privilege(oid, 'USAGE, SELECT');
                    COMMIT""".formatted(quoted));
            statement.getMoreResults();
            try (ResultSet row = statement.getResultSet()) {
                while (row != null && row.next()) {
                    long position = row.getLong(2);
                    // Looked at in this order: still a standby after it was read.
                    if (!row.wasNull() && row.getBoolean(3)) {
                        positions.put(row.getLong(1), position);
                    }
                }
            }
        }
        return positions;
    }

    /** The last part of a name that SQL text has, as the catalogue has it. */
    static String unqualified(String name) {
        String text = name.strip();
        if (text.endsWith("\"")) {
            int start = text.length() - 1;
            do {
                start = text.lastIndexOf('"', start - 1);
            } while (start > 0 && text.charAt(start - 1) == '"' && --start > 0);
            return start < 0
                    ? text
                    : text.substring(start + 1, text.length() - 1).replace("\"\"", "\"");
        }
        return text.substring(text.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }
}
