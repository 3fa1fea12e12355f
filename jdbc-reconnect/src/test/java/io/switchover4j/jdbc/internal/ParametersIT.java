package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Array;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;

/** A parameter is what the driver took when it was set, on whatever connection it is sent. */
final class ParametersIT extends KilledSessions {

    @Test
    void parametersThatWereClearedDoNotComeBackWithAReplay() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)");
        insert.setString(1, "x");
        insert.executeUpdate();
        insert.clearParameters();
        kill();
        update("insert into t (v) values ('y')");
        assertThatThrownBy(insert::executeUpdate).hasMessageContaining("No value specified");
        connection.commit();
        assertThat(values()).containsExactly("x", "y");
    }

    @Test
    void parametersThatWereClearedDoNotComeBackWithTheBatch() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)");
        insert.setString(1, "x");
        insert.addBatch();
        insert.clearParameters();
        kill();
        assertThat(insert.executeBatch()).containsExactly(1);
        assertThatThrownBy(insert::executeUpdate).hasMessageContaining("No value specified");
        connection.rollback();
    }

    @Test
    void anExecutionThatLackedAParameterLacksItAgain() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (? || ?)");
        insert.setString(1, "a");
        insert.setString(2, "b");
        insert.executeUpdate();
        insert.clearParameters();
        insert.setString(1, "c");
        assertThatThrownBy(insert::executeUpdate).hasMessageContaining("No value specified");
        insert.setString(2, "d");
        kill();
        insert.executeUpdate();
        connection.commit();
        assertThat(values()).containsExactly("ab", "cd");
        assertThat(counters.snapshot().replayed()).isEqualTo(1);
    }

    @Test
    void aParameterThatTheDriverRefusedReplacesNone() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)");
        insert.setString(1, "kept");
        assertThatThrownBy(() -> insert.setObject(1, new Object())).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> insert.setObject(1, "x", Types.INTEGER)).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> insert.setInt(2, 2)).isInstanceOf(SQLException.class);
        insert.executeUpdate();
        kill();
        insert.executeUpdate();
        connection.commit();
        assertThat(values()).containsExactly("kept", "kept");
        kill();
        insert.executeUpdate();
        connection.commit();
        assertThat(values()).hasSize(3);
    }

    @Test
    void aClosedConnectionTakesNoParameters() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)");
        PreparedStatement closed = connection.prepareStatement("insert into t (v) values (?)");
        closed.close();
        assertThatThrownBy(() -> closed.setString(1, "x")).isInstanceOf(SQLException.class);
        connection.close();
        assertThatThrownBy(() -> insert.setString(1, "x"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08003"));
        assertThatThrownBy(() -> insert.setInt(-1, 1)).isInstanceOf(SQLException.class);
        assertThatThrownBy(insert::clearParameters).isInstanceOf(SQLException.class);
    }

    /** What an application sets, then changes. */
    enum Mutable {
        TIMESTAMP("?::timestamp::date::text") {
            @Override
            Runnable set(PreparedStatement statement) throws SQLException {
                var value = Timestamp.valueOf("2026-01-02 03:04:05");
                statement.setTimestamp(1, value);
                return () -> value.setTime(0);
            }
        },
        DATE_AS_OBJECT("?::date::text") {
            @Override
            Runnable set(PreparedStatement statement) throws SQLException {
                var value = Date.valueOf("2026-01-02");
                statement.setObject(1, value);
                return () -> value.setTime(0);
            }
        },
        BYTES("encode(?, 'hex')") {
            @Override
            Runnable set(PreparedStatement statement) throws SQLException {
                byte[] value = {1, 2};
                statement.setBytes(1, value);
                return () -> value[0] = 9;
            }
        },
        NUMBERS("array_to_string(?::int[], ',')") {
            @Override
            Runnable set(PreparedStatement statement) throws SQLException {
                int[][] value = {{1, 2}, {3, 4}};
                statement.setObject(1, value);
                return () -> value[0][0] = 9;
            }
        },
        ARRAY("array_to_string(?::int[], ',')") {
            @Override
            Runnable set(PreparedStatement statement) throws SQLException {
                Array value = statement.getConnection().createArrayOf("int4", new Object[] {1, 2});
                statement.setArray(1, value);
                return () -> free(value);
            }
        },
        TEXTS("array_to_string(?, ',')") {
            @Override
            Runnable set(PreparedStatement statement) throws SQLException {
                Array value = statement.getConnection().createArrayOf("text", new Object[] {"a,\"b", null, "{c}"});
                statement.setObject(1, value);
                return () -> free(value);
            }
        },
        JSON("(? || '{}'::jsonb)::text") {
            @Override
            Runnable set(PreparedStatement statement) throws SQLException {
                var value = new PGobject();
                value.setType("jsonb");
                value.setValue("{\"a\": 1}");
                statement.setObject(1, value);
                return () -> change(value, "2");
            }
        },
        JSON_AS_OTHER("(? || '{}'::jsonb)::text") {
            @Override
            Runnable set(PreparedStatement statement) throws SQLException {
                var value = new PGobject();
                value.setType("jsonb");
                value.setValue("{\"a\": 1}");
                statement.setObject(1, value, Types.OTHER);
                return () -> change(value, "2");
            }
        },
        INTERVAL("(? + interval '1 day')::text") {
            @Override
            Runnable set(PreparedStatement statement) throws SQLException {
                var value = new PGInterval(0, 1, 2, 3, 4, 5.5);
                statement.setObject(1, value, Types.OTHER, 0);
                return () -> value.setDays(77);
            }
        };

        final String expression;

        Mutable(String expression) {
            this.expression = expression;
        }

        /** Sets the parameter and returns what changes the object that was given. */
        abstract Runnable set(PreparedStatement statement) throws SQLException;

        private static void free(Array value) {
            try {
                value.free();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        private static void change(PGobject value, String to) {
            try {
                value.setValue(to);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsSentAgainIsWhatWasSet(Mutable what) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("insert into t (v) values (" + what.expression + ")")) {
            what.set(insert).run();
            insert.executeUpdate();
            connection.commit();
            List<String> once = values();

            // Changed before it is executed, and replayed.
            what.set(insert).run();
            insert.executeUpdate();
            kill();
            insert.executeUpdate();
            connection.commit();
            assertThat(counters.snapshot().replayed()).isEqualTo(1);

            // Batched, changed, and moved before it is sent.
            connection.setAutoCommit(true);
            Runnable change = what.set(insert);
            insert.addBatch();
            change.run();
            traffic.open(2, NodePools.of("a", hikari));
            insert.executeBatch();
            // The parameter of the batch is still set.
            traffic.open(3, NodePools.of("a", hikari));
            insert.executeUpdate();
            connection.setAutoCommit(false);

            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                expected.add(once.get(0));
            }
            assertThat(values()).isEqualTo(expected);
        }
    }

    @Test
    void aSavepointDoesNotLoseThem() throws SQLException {
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)");
        Savepoint savepoint = connection.setSavepoint();
        insert.setString(1, "x");
        insert.executeUpdate();
        connection.rollback(savepoint);
        kill();
        insert.executeUpdate();
        connection.commit();
        assertThat(values()).containsExactly("x");
    }
}
