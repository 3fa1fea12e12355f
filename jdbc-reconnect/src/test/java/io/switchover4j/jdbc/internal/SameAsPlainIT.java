package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.testkit.PostgresPair;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random sequences of calls, without any fault, on a connection of the pool and on a logical one that records for a replay:
 * they must not be told apart by any answer, value or error.
 */
final class SameAsPlainIT {

    private static final int CALLS_IN_A_SEQUENCE = 40;
    private static final int SEQUENCES = 75;
    private static final int MANY_CALLS = 1_000_000;

    private static PostgresPair pair;
    private static HikariDataSource plain;
    private static HikariDataSource beneath;

    @BeforeAll
    static void start() throws SQLException {
        pair = PostgresPair.start();
        try (Connection superuser = pair.node("a").connect();
                Statement statement = superuser.createStatement()) {
            statement.execute(
                    "CREATE DATABASE plain OWNER " + pair.application().user());
            statement.execute(
                    "CREATE DATABASE logical OWNER " + pair.application().user());
        }
        plain = pool("plain");
        beneath = pool("logical");
    }

    @AfterAll
    static void stop() {
        plain.close();
        beneath.close();
        pair.close();
    }

    private static HikariDataSource pool(String database) {
        var config = new HikariConfig();
        config.setJdbcUrl(pair.node("a").url(database));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(2);
        return new HikariDataSource(config);
    }

    @Test
    void noSequenceOfCallsTellsThemApart() throws SQLException {
        long seed = ThreadLocalRandom.current().nextLong();
        for (int i = 0; i < SEQUENCES; i++) {
            sequence(seed + i);
        }
    }

    @Test
    @Tag("soak")
    void aMillionCallsDoNotTellThemApart() throws SQLException {
        long seed = ThreadLocalRandom.current().nextLong();
        for (int i = 0; i < MANY_CALLS / CALLS_IN_A_SEQUENCE; i++) {
            sequence(seed + i);
        }
    }

    private static void sequence(long seed) throws SQLException {
        var random = new SplittableRandom(seed);
        var traffic = new FakeTraffic(NodePools.of("a", beneath));
        traffic.dialect = new PostgresDialect();
        traffic.replayOptions = new ReplayOptions(true, 1 << random.nextInt(8, 17), new ReplayCounters());
        Deque<String> story = new ArrayDeque<>();
        try (Connection expected = plain.getConnection();
                Connection actual = LogicalConnection.open(traffic)) {
            var left = new Side(expected);
            var right = new Side(actual);
            left.prepare();
            right.prepare();
            for (int call = 0; call < CALLS_IN_A_SEQUENCE; call++) {
                int what = random.nextInt(Side.KINDS);
                int a = random.nextInt(1_000);
                int b = random.nextInt(1_000);
                String answer = left.call(what, a, b);
                story.add(answer);
                assertThat(right.call(what, a, b))
                        .as("seed %d, call %d, after %s", seed, call, story)
                        .isEqualTo(answer);
            }
            left.end();
            right.end();
        }
    }

    /** One of the two connections, and what the application holds of it. */
    private static final class Side {

        static final int KINDS = 30;

        private static final String[] ERRORS = {
            "insert into t values (1, 'x'), (1, 'y')",
            "select 1/0",
            "insert into nowhere values (1)",
            "selec 1",
            "select v::int from (values ('x')) as q(v)",
            "rollback to savepoint missing",
            "commit prepared 'missing'",
            "set nothing.at.all.= 1",
            "set statement_timeout to 'x'"
        };

        private static final String[] TEXTS = {
            "begin", "begin isolation level repeatable read", "commit", "rollback", "end /* chain */",
                    "commit and chain",
            "rollback and chain", "savepoint a", "rollback to a", "release a", "start transaction read only", "abort"
        };

        private static final String[] SEVERAL = {
            "insert into t (v) values ('m'); select count(*) from t",
            "begin; insert into t (v) values ('m')",
            "insert into t (v) values ('m'); commit",
            "commit; begin",
            "set work_mem to '1MB'; set statement_timeout to '61s'",
            "select 1; select 1/0",
            "rollback; set work_mem to '2MB'; select 2"
        };

        private static final String[] SETTINGS = {
            "set application_name to 'x'",
            "set local application_name to 'y'",
            "reset application_name",
            "set search_path to public, pg_catalog",
            "set time zone 'UTC'",
            "set statement_timeout to '60s'",
            "select set_config('application_name', 'z', false)",
            "select set_config('work_mem', '3MB', true)",
            "prepare p as select 1",
            "execute p",
            "deallocate p",
            "reset all",
            "set role none",
            "discard plans",
            "set transaction read only",
            "set constraints all deferred"
        };

        private static final String[] SHOWS = {
            "show application_name",
            "show search_path",
            "show timezone",
            "show statement_timeout",
            "show work_mem",
            "show transaction_isolation",
            "show transaction_read_only",
            "select current_schema()",
            "select lastval()"
        };

        private static final String[] READS = {
            "select id, v from t order by id",
            "select id, v from t where id < 5 order by id for update",
            "select nextval('s')",
            "select count(*), max(v) from t",
            "select v, null::int, 1.50::numeric from t order by id",
            "select * from t where false",
            "select array[1,2], '2026-01-01'::timestamptz, 'x'::bytea, true, 0.1::float8"
        };

        private final Connection connection;
        private final Savepoint[] savepoints = new Savepoint[3];
        private @Nullable ResultSet open;
        private @Nullable PreparedStatement insert;
        private @Nullable PreparedStatement query;

        Side(Connection connection) {
            this.connection = connection;
        }

        void prepare() throws SQLException {
            connection.setAutoCommit(true);
            try (Statement statement = connection.createStatement()) {
                statement.execute("discard all");
                statement.execute("drop table if exists t");
                statement.execute("create table t (id serial primary key, v text)");
                statement.execute("drop sequence if exists s");
                statement.execute("create sequence s");
                statement.execute("create or replace procedure p() language plpgsql as"
                        + " $$ begin insert into t (v) values ('p'); end $$");
            }
        }

        void end() throws SQLException {
            try {
                if (!connection.getAutoCommit()) {
                    connection.rollback();
                }
                connection.setAutoCommit(true);
                try (Statement statement = connection.createStatement()) {
                    statement.execute("rollback");
                    connection.setReadOnly(false);
                    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
                    statement.execute("discard all");
                }
            } catch (SQLException e) {
                throw new AssertionError("The sequence could not be ended", e);
            }
        }

        /** What the application is told. */
        String call(int what, int a, int b) {
            String name = what + "/" + a + "/" + b + ": ";
            try {
                return name + answer(what, a, b);
            } catch (BatchUpdateException e) {
                return name + e.getSQLState() + " " + Arrays.toString(e.getUpdateCounts()) + firstLine(e);
            } catch (SQLException e) {
                return name + e.getClass().getSimpleName() + " " + e.getSQLState() + " " + firstLine(e);
            }
        }

        private static String firstLine(SQLException e) {
            String message = String.valueOf(e.getMessage());
            return message.lines().findFirst().orElse("").replaceAll("PSQLSavepoint@[0-9a-f]+", "savepoint");
        }

        private String answer(int what, int a, int b) throws SQLException {
            switch (what) {
                case 0, 1:
                    connection.setAutoCommit(a % 3 == 0);
                    return "autocommit " + connection.getAutoCommit();
                case 2, 3:
                    connection.commit();
                    return "committed";
                case 4:
                    connection.rollback();
                    return "rolled back";
                case 5:
                    savepoints[a % 3] = b % 2 == 0 ? connection.setSavepoint() : connection.setSavepoint("n" + a % 3);
                    return "savepoint";
                case 6:
                    if (savepoints[a % 3] == null) {
                        return "none";
                    }
                    connection.rollback(savepoints[a % 3]);
                    return "rolled back to savepoint";
                case 7:
                    if (savepoints[a % 3] == null) {
                        return "none";
                    }
                    connection.releaseSavepoint(savepoints[a % 3]);
                    return "released";
                case 8:
                    return execute(ERRORS[a % ERRORS.length]);
                case 9, 10:
                    return execute(TEXTS[a % TEXTS.length]);
                case 11:
                    return execute(SEVERAL[a % SEVERAL.length]);
                case 12, 13:
                    return execute(SETTINGS[a % SETTINGS.length]);
                case 14:
                    return execute(SHOWS[a % SHOWS.length]);
                case 15:
                    return execute("insert into t (v) values ('" + a + "')");
                case 16:
                    return "changed " + update("update t set v = v || '!' where id % 3 = " + a % 3);
                case 17:
                    return "changed " + update("delete from t where id % 5 = " + a % 5);
                case 18:
                    return inserted(a, b);
                case 19:
                    return batch(a, b);
                case 20:
                    return preparedBatch(a, b);
                case 21, 22:
                    return read(READS[a % READS.length], b);
                case 23:
                    return readOn(a % 4);
                case 24:
                    return queried(a, b);
                case 25:
                    return property(a, b);
                case 26:
                    return execute(a % 2 == 0 ? "call p()" : "do $$ begin insert into t (v) values ('d'); end $$");
                case 27:
                    return keys(a);
                case 28:
                    return parts(a, b);
                default:
                    if (open != null) {
                        open.getStatement().close();
                        open = null;
                    }
                    return "closed " + connection.isClosed();
            }
        }

        /** Everything that one text gives, in order. */
        private String execute(String sql) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                StringBuilder all = new StringBuilder(sql).append(": ");
                boolean rows = statement.execute(sql);
                while (true) {
                    if (rows) {
                        try (ResultSet result = statement.getResultSet()) {
                            all.append(rows(result, Integer.MAX_VALUE));
                        }
                    } else {
                        int count = statement.getUpdateCount();
                        if (count < 0) {
                            return all.toString();
                        }
                        all.append(count).append(' ');
                    }
                    rows = statement.getMoreResults();
                }
            }
        }

        private int update(String sql) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                return statement.executeUpdate(sql);
            }
        }

        private static String rows(ResultSet result, int most) throws SQLException {
            StringBuilder rows = new StringBuilder("[");
            int columns = result.getMetaData().getColumnCount();
            for (int row = 0; row < most && result.next(); row++) {
                for (int i = 1; i <= columns; i++) {
                    Object value = result.getObject(i);
                    rows.append(value instanceof byte[] bytes ? Arrays.toString(bytes) : value)
                            .append(result.wasNull())
                            .append(',');
                }
            }
            return rows.append(']').toString();
        }

        private String inserted(int a, int b) throws SQLException {
            PreparedStatement statement = insert;
            if (statement == null || b % 7 == 0) {
                statement = connection.prepareStatement(
                        "insert into t (id, v) values (coalesce(?, nextval('s') + 100), ?)");
                insert = statement;
            }
            if (b % 2 == 0) {
                statement.setInt(1, a % 40);
            } else {
                statement.setNull(1, java.sql.Types.INTEGER);
            }
            statement.setString(2, "i" + b);
            return "inserted " + (a % 2 == 0 ? statement.executeUpdate() : statement.executeLargeUpdate());
        }

        private String batch(int a, int b) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.addBatch("insert into t (v) values ('b" + b + "')");
                statement.addBatch(
                        a % 4 == 0 ? "insert into t (id) values (1), (1)" : "update t set v = 'u' where id = 1");
                if (a % 7 == 0) {
                    statement.addBatch(TEXTS[b % TEXTS.length]);
                }
                return "batch " + Arrays.toString(statement.executeBatch());
            }
        }

        private String preparedBatch(int a, int b) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement("insert into t (id, v) values (?, ?)")) {
                for (int i = 0; i < 3; i++) {
                    statement.setInt(1, 200 + (a + i * b) % 60);
                    statement.setString(2, "pb" + i);
                    statement.addBatch();
                }
                return "batch " + Arrays.toString(statement.executeBatch());
            }
        }

        private String read(String sql, int most) throws SQLException {
            Statement statement = connection.createStatement();
            open = statement.executeQuery(sql);
            return sql + rows(open, most % 5);
        }

        private String readOn(int most) throws SQLException {
            ResultSet result = open;
            return result == null ? "none" : "on" + rows(result, most) + result.isClosed() + result.isAfterLast();
        }

        private String queried(int a, int b) throws SQLException {
            PreparedStatement statement = query;
            if (statement == null || b % 9 == 0) {
                statement = connection.prepareStatement("select id, v from t where id > ? order by id limit 5");
                query = statement;
            }
            statement.setInt(1, a % 10);
            try (ResultSet result = statement.executeQuery()) {
                return rows(result, b % 6) + statement.getMaxRows();
            }
        }

        private String property(int a, int b) throws SQLException {
            switch (a % 7) {
                case 0:
                    connection.setReadOnly(b % 2 == 0);
                    break;
                case 1:
                    connection.setTransactionIsolation(
                            b % 2 == 0 ? Connection.TRANSACTION_READ_COMMITTED : Connection.TRANSACTION_SERIALIZABLE);
                    break;
                case 2:
                    connection.setSchema(b % 2 == 0 ? "public" : "pg_catalog");
                    break;
                case 3:
                    connection.setHoldability(
                            b % 2 == 0 ? ResultSet.HOLD_CURSORS_OVER_COMMIT : ResultSet.CLOSE_CURSORS_AT_COMMIT);
                    break;
                case 4:
                    connection.setClientInfo("ApplicationName", "c" + b % 3);
                    break;
                default:
                    break;
            }
            return "is " + connection.isReadOnly() + connection.getTransactionIsolation() + connection.getSchema()
                    + connection.getHoldability() + connection.getAutoCommit()
                    + connection.getClientInfo("ApplicationName");
        }

        private String keys(int a) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                int count = a % 2 == 0
                        ? statement.executeUpdate("insert into t (v) values ('k')", Statement.RETURN_GENERATED_KEYS)
                        : statement.executeUpdate("insert into t (v) values ('k')", new String[] {"id"});
                try (ResultSet keys = statement.getGeneratedKeys()) {
                    return count + rows(keys, a % 3);
                }
            }
        }

        private String parts(int a, int b) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(1 + b % 3);
                statement.setMaxRows(a % 9);
                try (ResultSet result = statement.executeQuery("select g from generate_series(1, 10) g")) {
                    return "parts " + rows(result, 1 + a % 11);
                }
            }
        }
    }
}
