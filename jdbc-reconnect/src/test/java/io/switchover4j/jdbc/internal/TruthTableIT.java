package io.switchover4j.jdbc.internal;

import static io.switchover4j.testkit.MessageMatcher.COMMIT;
import static io.switchover4j.testkit.MessageMatcher.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.testkit.Fault;
import io.switchover4j.testkit.FaultPoint;
import io.switchover4j.testkit.FaultProxy;
import io.switchover4j.testkit.PostgresPair;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.PGConnection;

/**
 * What the application gets, for each kind of statement and each moment at which its connection is cut. The table in the
 * documentation is what this test saw: it fails if they differ.
 */
@Timeout(240)
final class TruthTableIT {

    private static final Path TABLE = Path.of("..", "docs", "what-the-application-sees.md");
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final AtomicInteger IDS = new AtomicInteger(1_000);

    private static PostgresPair pair;
    private static FaultProxy proxy;
    private static HikariDataSource pool;
    private static HikariDataSource rewriting;
    private static Connection admin;

    @BeforeAll
    static void start() throws SQLException, IOException {
        pair = PostgresPair.start();
        proxy = FaultProxy.inFrontOf(pair.node("a"));
        pool = pool("");
        rewriting = pool("?reWriteBatchedInserts=true");
        admin = pair.node("a").dataSource(pair.application()).getConnection();
        try (Statement statement = admin.createStatement()) {
            statement.execute("create table truth (id int, note text, key serial)");
            statement.execute("create sequence draws");
            statement.execute("create table fixed as select g as id, 'x' as v from generate_series(1, 30) g");
            statement.execute("create procedure put(id int) language sql as 'insert into truth (id) values (id)'");
        }
    }

    private static HikariDataSource pool(String suffix) {
        var config = new HikariConfig();
        config.setJdbcUrl("jdbc:postgresql://" + proxy.endpoint() + "/" + PostgresPair.APPLICATION_DATABASE + suffix);
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(3);
        config.setMinimumIdle(0);
        return new HikariDataSource(config);
    }

    @AfterAll
    static void stop() throws SQLException {
        admin.close();
        pool.close();
        rewriting.close();
        proxy.close();
        pair.close();
    }

    /** When the connection is cut. */
    private enum Moment {
        BEFORE_SENT("before it is sent") {
            @Override
            FaultPoint point() {
                return proxy.on(query("hit")).beforeSent();
            }
        },
        AFTER_SENT("after it was sent") {
            @Override
            FaultPoint point() {
                return proxy.on(query("hit")).afterSent();
            }
        },
        AFTER_APPLIED("after it was done, before its answer") {
            @Override
            FaultPoint point() {
                return proxy.on(query("hit")).afterApplied();
            }
        },
        COMMIT_BEFORE_SENT("before its COMMIT is sent") {
            @Override
            FaultPoint point() {
                return proxy.on(COMMIT).beforeSent();
            }
        },
        COMMIT_AFTER_APPLIED("after its COMMIT was done, before the answer") {
            @Override
            FaultPoint point() {
                return proxy.on(COMMIT).afterApplied();
            }
        };

        final String title;

        Moment(String title) {
            this.title = title;
        }

        abstract FaultPoint point();

        boolean isOfCommit() {
            return this == COMMIT_BEFORE_SENT || this == COMMIT_AFTER_APPLIED;
        }
    }

    @FunctionalInterface
    private interface Work {
        void run(Connection connection, int id) throws SQLException;
    }

    /**
     * One row of the table.
     *
     * @param transaction whether it runs in one, which is committed at the end
     * @param applies how many rows of its id are there once it is done
     */
    private record Kind(String name, boolean transaction, int applies, boolean rewrites, Work work) {}

    private static Kind autocommit(String name, int applies, Work work) {
        return new Kind("autocommit: " + name, false, applies, false, work);
    }

    private static Kind transaction(String name, int applies, Work work) {
        return new Kind("transaction: " + name, true, applies, false, work);
    }

    private static List<Kind> kinds() {
        List<Kind> kinds = new ArrayList<>();
        kinds.add(autocommit("SELECT", 0, (c, id) -> run(c, "select 'hit'")));
        kinds.add(autocommit("SELECT on a connection that is read-only", 0, (c, id) -> {
            c.setReadOnly(true);
            run(c, "select 'hit'");
        }));
        kinds.add(autocommit("INSERT", 1, TruthTableIT::insertHit));
        kinds.add(autocommit("INSERT, prepared", 1, TruthTableIT::insertPrepared));
        kinds.add(autocommit("INSERT with generated keys", 1, TruthTableIT::insertReadingKeys));
        kinds.add(autocommit("CREATE TABLE", 1, TruthTableIT::ddl));
        kinds.add(autocommit("batch", 2, TruthTableIT::batch));
        kinds.add(autocommit("batch, prepared", 2, TruthTableIT::preparedBatch));
        kinds.add(new Kind("autocommit: batch, prepared and rewritten", false, 2, true, TruthTableIT::preparedBatch));
        kinds.add(autocommit("several statements in one text", 2, TruthTableIT::several));
        kinds.add(autocommit("CALL", 1, TruthTableIT::call));
        kinds.add(autocommit("DO", 1, TruthTableIT::doBlock));
        kinds.add(autocommit("SET", 0, (c, id) -> run(c, "set application_name to 'hit'")));
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
        kinds.add(transaction("INSERT, its first statement", 1, TruthTableIT::insertHit));
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
        kinds.add(transaction("CREATE TABLE", 1, TruthTableIT::ddl));
        kinds.add(transaction("SET, and SET LOCAL", 1, (c, id) -> {
            run(c, "set application_name to 'x'");
            run(c, "set local statement_timeout to '30s'");
            insertHit(c, id);
        }));
        kinds.add(transaction("NOTIFY", 1, (c, id) -> {
            run(c, "notify x");
            insertHit(c, id);
        }));
        kinds.add(transaction("CALL", 1, TruthTableIT::call));
        kinds.add(transaction("several statements in one text", 2, TruthTableIT::several));
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
    private static void run(Connection c, String sql) throws SQLException {
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

    private static long number(Connection c, String sql) throws SQLException {
        try (Statement statement = c.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    @Test
    void everyCellIsAsTheDocumentationSays() throws Exception {
        Map<String, Map<Moment, String>> table = new TreeMap<>();
        List<String> names = new ArrayList<>();
        for (Kind kind : kinds()) {
            names.add(kind.name());
            Map<Moment, String> row = new TreeMap<>();
            for (Moment moment : Moment.values()) {
                row.put(moment, moment.isOfCommit() && !kind.transaction() ? "" : cell(kind, moment));
            }
            table.put(kind.name(), row);
        }
        assertThat(names).hasSizeGreaterThanOrEqualTo(20).doesNotHaveDuplicates();

        String seen = page(names, table);
        if (Boolean.getBoolean("switchover4j.writeDocs")) {
            Files.writeString(TABLE, seen);
        }
        assertThat(Files.readString(TABLE))
                .as("docs are stale: run this test with -Dswitchover4j.writeDocs=true")
                .isEqualTo(seen);
    }

    private static String cell(Kind kind, Moment moment) throws Exception {
        int id = IDS.incrementAndGet();
        var traffic = new FakeTraffic(NodePools.of("a", kind.rewrites() ? rewriting : pool));
        traffic.dialect = new PostgresDialect();
        traffic.replayOptions = new ReplayOptions(true, ReplayOptions.DEFAULT_LIMIT, new ReplayCounters());
        String outcome = "goes on";
        Fault fault = null;
        try (LogicalConnection connection = LogicalConnection.open(traffic)) {
            try {
                connection.setAutoCommit(!kind.transaction());
                fault = moment.point().cut();
                kind.work().run(connection, id);
                if (kind.transaction()) {
                    connection.commit();
                }
            } catch (SQLException e) {
                outcome = String.valueOf(e.getSQLState());
            } catch (RuntimeException e) {
                throw new AssertionError(kind.name() + ", cut " + moment.title, e);
            }
            if (kind.transaction()) {
                connection.rollback();
            }
            if (!connection.isPinned()) {
                connection.setAutoCommit(true);
                connection.setReadOnly(false);
                run(connection, "select 'it lives'");
            }
        } finally {
            proxy.heal();
        }
        if (fault == null) {
            throw new AssertionError(kind.name() + ": the connection could not be set up: " + outcome);
        }
        if (fault.hits().isEmpty()) {
            fault.disarm();
            fail(kind.name() + ", " + moment.title + ": nothing was cut");
        }
        awaitEnd(fault.hits().get(0).connection().serverPid().orElseThrow());
        check(kind, moment, outcome, applied(id));
        return outcome;
    }

    private static void check(Kind kind, Moment moment, String outcome, long applied) {
        String what = "%s, cut %s: %s, but %d rows are there".formatted(kind.name(), moment.title, outcome, applied);
        switch (outcome) {
            case "goes on" -> assertThat(applied).as(what).isEqualTo(kind.applies());
            case "40001" -> assertThat(applied).as(what).isZero();
            case "08007" -> assertThat(applied).as(what).isLessThanOrEqualTo(kind.applies());
            default -> fail(what + ", which says nothing");
        }
    }

    private static long applied(int id) throws SQLException {
        long rows = number(admin, "select count(*) from truth where id = " + id);
        return rows + number(admin, "select count(*) from pg_class where relname = 'truth_" + id + "'");
    }

    /** A session whose client is gone ends what it was sent. */
    private static void awaitEnd(int pid) throws SQLException, InterruptedException {
        long until = System.nanoTime() + SOON.toNanos();
        while (number(admin, "select count(*) from pg_stat_activity where pid = " + pid) > 0) {
            assertThat(System.nanoTime()).as("session %d lives on", pid).isLessThan(until);
            Thread.sleep(2); // the server offers no event
        }
    }

    private static String page(List<String> names, Map<String, Map<Moment, String>> table) {
        StringBuilder page = new StringBuilder("""
                # What the application sees when its connection is cut

                Generated by `TruthTableIT`, which cuts the connection to a real PostgreSQL at each of these moments and compares
                with what the database kept; it fails if this page is not what it saw. Replay is on, there is no commit ledger.

                - *goes on*: the application sees nothing but a pause; everything is there once.
                - *40001*: certainly not applied.
                - *08007*: unknown; look before you repeat it.

                | statement |""");
        for (Moment moment : Moment.values()) {
            page.append(' ').append(moment.title).append(" |");
        }
        page.append("\n|---|").append("---|".repeat(Moment.values().length)).append('\n');
        for (String name : names) {
            page.append("| ").append(name).append(" |");
            table.getOrDefault(name, Map.of())
                    .values()
                    .forEach(outcome -> page.append(' ').append(outcome).append(" |"));
            page.append('\n');
        }
        return page.toString().replaceAll(" +\\n", "\n");
    }
}
