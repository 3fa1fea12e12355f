package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;

/** The rows of {@link TruthTableIT}: what an application does while its connection is cut. */
final class TruthTableKinds {

    private TruthTableKinds() {}

    @FunctionalInterface
    interface Work {
        void run(Connection connection, int id) throws SQLException;
    }

    /**
     * One row of the table.
     *
     * @param transaction whether it runs in one, which is committed at the end
     * @param applies how many rows of its id are there once it is done
     */
    record Kind(String name, boolean transaction, int applies, boolean rewrites, Work work) {}

    private static Kind autocommit(String name, int applies, Work work) {
        return new Kind("autocommit: " + name, false, applies, false, work);
    }

    private static Kind transaction(String name, int applies, Work work) {
        return new Kind("transaction: " + name, true, applies, false, work);
    }

    static List<Kind> all() {
        List<Kind> kinds = new ArrayList<>();
        kinds.add(autocommit("SELECT", 0, (c, id) -> run(c, "select 'hit'")));
        kinds.add(autocommit("SELECT on a connection that is read-only", 0, (c, id) -> {
            c.setReadOnly(true);
            run(c, "select 'hit'");
        }));
        kinds.add(autocommit("INSERT", 1, TruthTableKinds::insertHit));
        kinds.add(autocommit("INSERT, prepared", 1, TruthTableKinds::insertPrepared));
        kinds.add(autocommit("INSERT with generated keys", 1, TruthTableKinds::insertReadingKeys));
        kinds.add(autocommit("CREATE TABLE", 1, TruthTableKinds::ddl));
        kinds.add(autocommit("batch", 2, TruthTableKinds::batch));
        kinds.add(autocommit("batch, prepared", 2, TruthTableKinds::preparedBatch));
        kinds.add(
                new Kind("autocommit: batch, prepared and rewritten", false, 2, true, TruthTableKinds::preparedBatch));
        kinds.add(autocommit("several statements in one text", 2, TruthTableKinds::several));
        kinds.add(autocommit("CALL", 1, TruthTableKinds::call));
        kinds.add(autocommit("DO", 1, TruthTableKinds::doBlock));
        kinds.add(autocommit("SET", 0, (c, id) -> run(c, "set application_name to 'hit'")));
        kinds.add(autocommit("NOTIFY", 0, (c, id) -> run(c, "notify x, 'hit'")));
        kinds.add(autocommit("SELECT pg_notify", 0, (c, id) -> run(c, "select pg_notify('x', 'hit')")));
        kinds.add(autocommit("BEGIN as text, its first statement", 1, (c, id) -> {
            run(c, "begin");
            insertHit(c, id);
            run(c, "commit");
        }));
        kinds.add(transaction("SELECT", 1, (c, id) -> {
            insert(c, id);
            run(c, "select id, v, 'hit' from fixed order by id");
        }));
        kinds.add(transaction("SELECT FOR UPDATE", 1, (c, id) -> {
            insert(c, id);
            run(c, "select v, 'hit' from fixed where id = 1 for update");
        }));
        kinds.add(transaction("SELECT read in parts", 1, (c, id) -> {
            insert(c, id);
            try (Statement statement = c.createStatement()) {
                statement.setFetchSize(10);
                try (ResultSet rows = statement.executeQuery("select id, 'hit' from fixed order by id")) {
                    for (int i = 1; i <= 30; i++) {
                        assertThat(rows.next()).isTrue();
                        assertThat(rows.getInt(1)).isEqualTo(i);
                    }
                }
            }
        }));
        kinds.add(transaction("SELECT nextval, and its use", 1, (c, id) -> {
            long key = number(c, "select nextval('draws')");
            run(c, "insert into truth (id, note, key) values (" + id + ", 'hit', " + key + ")");
        }));
        kinds.add(transaction("INSERT, its first statement", 1, TruthTableKinds::insertHit));
        kinds.add(transaction("INSERT, its second statement", 2, (c, id) -> {
            insert(c, id);
            insertHit(c, id);
        }));
        kinds.add(transaction("INSERT, prepared", 2, (c, id) -> {
            insert(c, id);
            insertPrepared(c, id);
        }));
        kinds.add(transaction("INSERT with generated keys that nobody read", 2, (c, id) -> {
            try (Statement statement = c.createStatement()) {
                statement.executeUpdate("insert into truth (id) values (" + id + ")", Statement.RETURN_GENERATED_KEYS);
            }
            insertHit(c, id);
        }));
        kinds.add(transaction("INSERT after generated keys were read", 2, (c, id) -> {
            insertReadingKeys(c, id, "");
            insertHit(c, id);
        }));
        kinds.add(transaction("batch", 3, (c, id) -> {
            insert(c, id);
            batch(c, id);
        }));
        kinds.add(transaction("batch, prepared", 3, (c, id) -> {
            insert(c, id);
            preparedBatch(c, id);
        }));
        kinds.add(new Kind("transaction: batch, prepared and rewritten", true, 3, true, (c, id) -> {
            insert(c, id);
            preparedBatch(c, id);
        }));
        kinds.add(transaction("after ROLLBACK TO a savepoint", 2, (c, id) -> {
            insert(c, id);
            Savepoint savepoint = c.setSavepoint();
            try {
                run(c, "insert into nowhere values (1)");
            } catch (SQLException e) {
                c.rollback(savepoint);
            }
            insertHit(c, id);
        }));
        kinds.add(transaction("CREATE TABLE", 1, TruthTableKinds::ddl));
        kinds.add(transaction("SET, and SET LOCAL", 1, (c, id) -> {
            run(c, "set application_name to 'x'");
            run(c, "set local statement_timeout to '30s'");
            insertHit(c, id);
        }));
        kinds.add(transaction("NOTIFY", 1, (c, id) -> {
            run(c, "notify x");
            insertHit(c, id);
        }));
        kinds.add(transaction("INSERT, and READ ONLY behind it", 1, (c, id) -> {
            insertHit(c, id);
            run(c, "set transaction read only");
        }));
        kinds.add(transaction("CALL", 1, TruthTableKinds::call));
        kinds.add(transaction("several statements in one text", 2, TruthTableKinds::several));
        kinds.add(after("COPY", (c, id) -> {
            try {
                c.unwrap(PGConnection.class).getCopyAPI().copyOut("copy fixed to stdout", new StringWriter());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }));
        kinds.add(after("a large object was made", (c, id) -> run(c, "select lo_create(0)")));
        kinds.add(after("LISTEN", (c, id) -> run(c, "listen x")));
        kinds.add(after("a temporary table was created", (c, id) -> run(c, "create temp table x (a int)")));
        kinds.add(after("an advisory lock of the session", (c, id) -> run(c, "select pg_advisory_lock(1)")));
        kinds.add(after("an advisory lock of the transaction", (c, id) -> run(c, "select pg_advisory_xact_lock(1)")));
        kinds.add(after("a cursor WITH HOLD", (c, id) -> run(c, "declare held cursor with hold for select 1")));
        kinds.add(after(
                "a result that scrolls",
                (c, id) -> c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY)
                        .executeQuery("select 1")));
        kinds.add(after("10,001 rows were read", (c, id) -> run(c, "select generate_series(1, 10001)")));
        kinds.add(after("100 kB were sent", (c, id) -> run(c, "select length('" + "x".repeat(100_000) + "')")));
        kinds.add(after("now() was read", (c, id) -> run(c, "select clock_timestamp()")));
        return kinds;
    }

    private static Kind after(String what, Work before) {
        return transaction("INSERT after " + what, 1, (c, id) -> {
            before.run(c, id);
            insertHit(c, id);
        });
    }

    private static void insert(Connection c, int id) throws SQLException {
        run(c, "insert into truth (id) values (" + id + ")");
    }

    private static void insertHit(Connection c, int id) throws SQLException {
        run(c, "insert into truth (id, note) values (" + id + ", 'hit')");
    }

    private static void insertPrepared(Connection c, int id) throws SQLException {
        try (PreparedStatement statement = c.prepareStatement("insert into truth (id, note) values (?, 'hit')")) {
            statement.setInt(1, id);
            assertThat(statement.executeUpdate()).isEqualTo(1);
        }
    }

    private static void insertReadingKeys(Connection c, int id) throws SQLException {
        insertReadingKeys(c, id, "hit");
    }

    private static void insertReadingKeys(Connection c, int id, String note) throws SQLException {
        try (Statement statement = c.createStatement()) {
            statement.executeUpdate(
                    "insert into truth (id, note) values (" + id + ", '" + note + "')", new String[] {"key"});
            try (ResultSet keys = statement.getGeneratedKeys()) {
                assertThat(keys.next()).isTrue();
            }
        }
    }

    private static void ddl(Connection c, int id) throws SQLException {
        run(c, "create table truth_" + id + " as select " + id + " as id, 'hit' as note");
    }

    private static void batch(Connection c, int id) throws SQLException {
        try (Statement statement = c.createStatement()) {
            statement.addBatch("insert into truth (id) values (" + id + ")");
            statement.addBatch("insert into truth (id, note) values (" + id + ", 'hit')");
            assertThat(statement.executeBatch()).containsExactly(1, 1);
        }
    }

    private static void preparedBatch(Connection c, int id) throws SQLException {
        try (PreparedStatement statement = c.prepareStatement("insert into truth (id, note) values (?, 'hit')")) {
            statement.setInt(1, id);
            statement.addBatch();
            statement.setInt(1, id);
            statement.addBatch();
            assertThat(statement.executeBatch()).hasSize(2);
        }
    }

    private static void several(Connection c, int id) throws SQLException {
        run(c, "insert into truth (id) values (" + id + "); insert into truth (id, note) values (" + id + ", 'hit')");
    }

    private static void call(Connection c, int id) throws SQLException {
        try (CallableStatement statement = c.prepareCall("call /* hit */ put(?)")) {
            statement.setInt(1, id);
            statement.execute();
        }
    }

    private static void doBlock(Connection c, int id) throws SQLException {
        run(c, "do $$ begin /* hit */ insert into truth (id) values (" + id + "); end $$");
    }

    /** Executes it and reads all that it gives. */
    static void run(Connection c, String sql) throws SQLException {
        try (Statement statement = c.createStatement()) {
            boolean rows = statement.execute(sql);
            while (rows || statement.getUpdateCount() >= 0) {
                if (rows) {
                    try (ResultSet result = statement.getResultSet()) {
                        while (result.next()) {
                            assertThat(result.getObject(1)).isNotNull();
                        }
                    }
                }
                rows = statement.getMoreResults();
            }
        }
    }

    static long number(Connection c, String sql) throws SQLException {
        try (Statement statement = c.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
