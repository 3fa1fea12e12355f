package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.math.BigDecimal;
import java.sql.BatchUpdateException;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.PGConnection;

/** Handles on HikariCP, pgjdbc and a real pair, with a gate that the test opens and closes. */
@Timeout(120)
final class HandlesIT {

    private static PostgresPair pair;

    private HikariDataSource hikariA;
    private HikariDataSource hikariB;
    private NodePool a;
    private NodePool b;
    private FakeTraffic traffic;
    private LogicalConnection connection;

    @BeforeAll
    static void startPair() {
        pair = PostgresPair.start();
    }

    @AfterAll
    static void closePair() {
        pair.close();
    }

    @BeforeEach
    void open() throws SQLException {
        hikariA = pool("a");
        hikariB = pool("b");
        a = NodePools.of("a", hikariA);
        b = NodePools.of("b", hikariB);
        traffic = new FakeTraffic(a);
        traffic.dialect = new PostgresDialect();
        connection = LogicalConnection.open(traffic);
        update("drop table if exists t");
        update("create table t (id serial primary key, v text)");
    }

    @AfterEach
    void close() {
        connection.close();
        hikariA.close();
        hikariB.close();
    }

    private static HikariDataSource pool(String node) {
        PostgresNode server = pair.node(node);
        var config = new HikariConfig();
        config.setJdbcUrl(server.url(PostgresPair.APPLICATION_DATABASE));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(3);
        config.setConnectionTimeout(1_000);
        config.setInitializationFailTimeout(-1);
        config.setPoolName("pool-" + node);
        return new HikariDataSource(config);
    }

    @Test
    void aTransactionWhoseSessionIsKilledIsNotAppliedAndTheHandleGoesOn() throws SQLException {
        int pid = pid(connection);
        connection.setAutoCommit(false);
        update("insert into t (v) values ('lost')");
        kill(pid);

        assertThatThrownBy(() -> update("insert into t (v) values ('lost too')"))
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("terminating connection");
        connection.rollback();
        update("insert into t (v) values ('kept')");
        connection.commit();

        assertThat(values()).containsExactly("kept");
        assertThat(traffic.troubles).containsExactly("a: 57P01");
    }

    @Test
    void whatTheApplicationDidWithAnUnwrappedConnectionIsNotKnown() throws SQLException {
        connection.setAutoCommit(false);
        update("insert into t (v) values ('lost')");
        kill(connection);
        assertThatThrownBy(() -> update("insert into t (v) values ('lost too')"))
                .isInstanceOf(UnitOutcomeUnknownException.class)
                .hasMessageContaining("may have committed by itself");
        connection.rollback();
    }

    @Test
    void anAutocommitWriteOnAKilledSessionIsUnknown() throws SQLException {
        int pid = pid(connection);
        kill(pid);

        assertThatThrownBy(() -> update("insert into t (v) values ('x')"))
                .isInstanceOf(UnitOutcomeUnknownException.class);
        update("insert into t (v) values ('y')");
        assertThat(values()).containsExactly("y");
    }

    @Test
    void aKilledSessionIsFoundBeforeItsNextUseOnceTroubleWasSeenElsewhere() throws SQLException {
        kill(connection);
        traffic.open(1, a);

        update("insert into t (v) values ('x')");

        assertThat(values()).containsExactly("x");
    }

    @Test
    void aCommitOfAKilledSessionIsUnknown() throws SQLException {
        connection.setAutoCommit(false);
        update("insert into t (v) values ('x')");
        kill(connection);
        assertThatThrownBy(connection::commit).isInstanceOf(UnitOutcomeUnknownException.class);
        connection.rollback();
    }

    @Test
    void aRollbackOfAKilledSessionSucceeds() throws SQLException {
        connection.setAutoCommit(false);
        update("insert into t (v) values ('x')");
        kill(connection);
        connection.rollback();
        connection.setAutoCommit(true);
        assertThat(values()).isEmpty();
    }

    @Test
    void aQueryOnAReadOnlyConnectionRunsAgain() throws SQLException {
        connection.setReadOnly(true);
        kill(connection);
        assertThat(values()).isEmpty();
        assertThat(traffic.troubles).hasSize(1);
        assertThat(connection.isReadOnly()).isTrue();
    }

    @Test
    void aWriteThatAStandbyRefusedRunsOnThePrimary() throws SQLException {
        pair.awaitStreaming();
        var wrong = new FakeTraffic(b);
        wrong.dialect = new PostgresDialect();
        wrong.onTrouble(() -> wrong.open(2, a));
        try (LogicalConnection other = LogicalConnection.open(wrong);
                Statement statement = other.createStatement()) {
            statement.executeUpdate("insert into t (v) values ('x')");
        }
        assertThat(wrong.troubles).containsExactly("b: 25006");
        assertThat(values()).containsExactly("x");
    }

    @Test
    void aTransactionThatTextMadeReadOnlyGoesOnFromItsSavepoint() throws SQLException {
        update("set default_transaction_read_only to on");
        connection.setAutoCommit(false);
        Savepoint before = connection.setSavepoint();
        assertThatThrownBy(() -> update("insert into t (v) values ('x')"))
                .hasMessageContaining("in a read-only transaction");
        connection.rollback(before);
        assertThat(values()).isEmpty();
        connection.rollback();
        assertThat(traffic.troubles).isEmpty();
    }

    @Test
    void aStatementThatClosesOnCompletionWaitsForAllItsResults() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.closeOnCompletion();
            ResultSet rows = statement.executeQuery("select 1");
            statement.getGeneratedKeys().close();
            assertThat(statement.isClosed()).isFalse();
            assertThat(rows.next()).isTrue();
            rows.close();
            assertThat(statement.isClosed()).isTrue();
        }
    }

    @Test
    void aTransactionOnAStandbyIsNotApplied() throws SQLException {
        pair.awaitStreaming();
        var wrong = new FakeTraffic(b);
        wrong.dialect = new PostgresDialect();
        try (LogicalConnection other = LogicalConnection.open(wrong)) {
            other.setAutoCommit(false);
            Statement statement = other.createStatement();
            statement.executeQuery("select 1").close();
            assertThatThrownBy(() -> statement.executeUpdate("insert into t (v) values ('x')"))
                    .isInstanceOf(UnitNotAppliedException.class);
            other.rollback();
        }
    }

    @Test
    void aTransactionThatIsReadOnlyByItsOwnWishGetsItsOwnError() throws SQLException {
        execute("BEGIN READ ONLY");
        assertThatThrownBy(() -> update("insert into t (v) values ('x')"))
                .isNotInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("read-only transaction");
        execute("ROLLBACK");

        connection.setAutoCommit(false);
        execute("SET TRANSACTION READ ONLY");
        assertThatThrownBy(() -> update("insert into t (v) values ('x')"))
                .isNotInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("read-only transaction");
        connection.rollback();
        update("insert into t (v) values ('y')");
        connection.commit();
        assertThat(traffic.troubles).isEmpty();
        assertThat(values()).containsExactly("y");
    }

    @Test
    void aHandleSurvivesAHoldWithAllItHas() throws SQLException {
        connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        connection.setSchema("pg_catalog");
        connection.setSchema("public");
        connection.setClientInfo("ApplicationName", "bank");
        PreparedStatement insert = connection.prepareStatement("insert into t (v) values (?)", new String[] {"id"});
        insert.setString(1, "x");
        insert.addBatch();
        insert.setString(1, "y");
        insert.addBatch();
        int before = pid(connection);
        moveToAnotherSession();

        assertThat(insert.executeBatch()).containsExactly(1, 1);
        insert.setString(1, "z");
        insert.executeUpdate();
        try (ResultSet keys = insert.getGeneratedKeys()) {
            assertThat(keys.next()).isTrue();
            assertThat(keys.getInt(1)).isEqualTo(3);
        }

        assertThat(pid(connection)).isNotEqualTo(before);
        assertThat(values()).containsExactly("x", "y", "z");
        assertThat(text("show transaction_isolation")).isEqualTo("serializable");
        assertThat(text("show search_path")).contains("public");
        assertThat(text("show application_name")).isEqualTo("bank");
    }

    @Test
    void rowsThatAreBeingReadOutliveAHold() throws SQLException {
        try (Statement reading = connection.createStatement()) {
            ResultSet rows = reading.executeQuery("select generate_series(1, 5)");
            int sum = 0;
            while (rows.next()) {
                sum += rows.getInt(1);
                moveToAnotherSession();
                update("insert into t (v) values ('" + rows.getInt(1) + "')");
            }
            assertThat(sum).isEqualTo(15);
        }
        assertThat(values()).hasSize(5);
    }

    @Test
    void parametersAreTheSameAfterTheMove() throws SQLException {
        String sql =
                "select ?::int, ?::bigint, ?::smallint, ?::float4, ?::float8, ?::numeric, ?::text, ?::bytea, ?::date,"
                        + " ?::time, ?::timestamp, ?::timestamptz, ?::uuid, ?::boolean, ?::int, ?::int[], ?::bigint";
        PreparedStatement here = connection.prepareStatement(sql);
        PreparedStatement moved = connection.prepareStatement(sql);
        setParameters(here);
        setParameters(moved);
        String expected = row(here);
        moveToAnotherSession();

        assertThat(row(moved)).isEqualTo(expected);
        assertThat(row(here)).isEqualTo(expected);
    }

    private void setParameters(PreparedStatement s) throws SQLException {
        int i = 1;
        s.setInt(i++, 1);
        s.setLong(i++, Long.MAX_VALUE);
        s.setShort(i++, (short) -3);
        s.setFloat(i++, 1.5f);
        s.setDouble(i++, -0.1);
        s.setBigDecimal(i++, new BigDecimal("12.340"));
        s.setString(i++, "ä'x");
        s.setBytes(i++, new byte[] {0, -1});
        s.setDate(i++, Date.valueOf("2026-03-29"));
        s.setTime(i++, Time.valueOf("02:30:00"));
        s.setTimestamp(i++, Timestamp.valueOf("2026-03-29 03:30:00.123456"));
        s.setObject(i++, OffsetDateTime.parse("2026-03-29T02:30:00+01:00"));
        s.setObject(i++, UUID.fromString("00000000-0000-0000-0000-00000000000a"));
        s.setBoolean(i++, true);
        s.setNull(i++, Types.INTEGER);
        s.setArray(i++, connection.createArrayOf("int4", new Object[] {1, 2}));
        s.setObject(i, "7", Types.BIGINT);
    }

    private static String row(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            var all = new StringBuilder();
            for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                all.append(row.getString(i)).append('|');
            }
            return all.toString();
        }
    }

    @Test
    void aTransactionOfSqlTextHoldsUpADrainAndIsOneUnit() throws SQLException {
        execute("BEGIN");
        update("insert into t (v) values ('x')");
        traffic.close("hold");
        update("insert into t (v) values ('y')");
        assertThat(connection.isUnitOpen()).isTrue();
        execute("COMMIT");
        assertThat(connection.isUnitOpen()).isFalse();
        traffic.open(1, a);
        assertThat(values()).containsExactly("x", "y");
    }

    @Test
    void savepointsWorkAsEver() throws SQLException {
        connection.setAutoCommit(false);
        update("insert into t (v) values ('x')");
        Savepoint savepoint = connection.setSavepoint("s");
        assertThatThrownBy(() -> update("insert into nowhere values (1)")).hasMessageContaining("nowhere");
        connection.rollback(savepoint);
        update("insert into t (v) values ('y')");
        connection.commit();
        assertThat(values()).containsExactly("x", "y");
    }

    @Test
    void aFailedTransactionKeepsTheDriversBehaviour() throws SQLException {
        connection.setAutoCommit(false);
        update("insert into t (v) values ('x')");
        assertThatThrownBy(() -> update("insert into nowhere values (1)")).hasMessageContaining("nowhere");
        connection.commit();
        assertThat(connection.isUnitOpen()).isFalse();
        assertThat(values()).isEmpty();
    }

    @Test
    void aCursorIsLostWithItsTransaction() throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(10);
            ResultSet rows = statement.executeQuery("select generate_series(1, 1000)");
            rows.next();
            traffic.open(2, a);
            assertThatThrownBy(() -> {
                        while (rows.next()) {
                            assertThat(rows.getInt(1)).isPositive();
                        }
                    })
                    .isInstanceOf(UnitNotAppliedException.class);
        }
        connection.rollback();
        assertThat(values()).isEmpty();
    }

    @Test
    void aSessionWithATemporaryTableFailsLoudlyInsteadOfMoving() throws SQLException {
        execute("create temp table mine (id int)");
        update("insert into mine values (1)");
        traffic.open(2, a);
        assertThatThrownBy(() -> update("insert into mine values (2)"))
                .hasMessageContaining("cannot move to another physical connection ('create temp')");
    }

    @Test
    void aConstraintThatFailsAtCommitPassesThrough() throws SQLException {
        execute("create table if not exists u (id int unique deferrable initially deferred)");
        connection.setAutoCommit(false);
        update("insert into u values (1)");
        update("insert into u values (1)");
        assertThatThrownBy(connection::commit)
                .extracting(e -> ((SQLException) e).getSQLState())
                .isEqualTo("23505");
        connection.rollback();
        update("insert into t (v) values ('x')");
        connection.commit();
        assertThat(values()).containsExactly("x");
    }

    @Test
    void aBatchThatFailsHasItsUpdateCountsAndIsForgotten() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.addBatch("insert into t (v) values ('x')");
            statement.addBatch("insert into nowhere values (1)");
            assertThatThrownBy(statement::executeBatch).isInstanceOf(BatchUpdateException.class);
            assertThat(statement.executeBatch()).isEmpty();
        }
    }

    @Test
    void proceduresAndUnwrappingWork() throws SQLException {
        try (CallableStatement call = connection.prepareCall("{? = call upper(?)}")) {
            call.registerOutParameter(1, Types.VARCHAR);
            call.setString(2, "abc");
            moveToAnotherSession();
            call.execute();
            assertThat(call.getString(1)).isEqualTo("ABC");
        }
        assertThat(connection.unwrap(PGConnection.class).getBackendPID()).isPositive();
        assertThat(connection.isWrapperFor(PGConnection.class)).isTrue();
        assertThat(connection.getMetaData().getDatabaseProductName()).isEqualTo("PostgreSQL");
    }

    @Test
    void anExhaustedPoolSaysSoWithNumbers() throws SQLException {
        List<LogicalConnection> all = List.of(LogicalConnection.open(traffic), LogicalConnection.open(traffic));
        assertThatThrownBy(() -> LogicalConnection.open(traffic))
                .isInstanceOf(SQLTransientConnectionException.class)
                .hasMessageContaining("request timed out after")
                .hasMessageContaining("total=3, active=3");
        assertThat(traffic.troubles).isEmpty();
        all.forEach(LogicalConnection::close);
    }

    @Test
    void cuttingOffEndsACallThatIsStuckInTheServer() throws Exception {
        int pid = pid(connection);
        connection.setAutoCommit(false);
        update("insert into t (v) values ('x')");
        var cutter = new Thread(() -> {
            while (!connection.isExecuting()) {
                Thread.onSpinWait();
            }
            traffic.open(2, a);
            connection.cutOff("the test moved the primary");
        });
        cutter.start();
        assertThatThrownBy(() -> execute("select pg_sleep(60)"))
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("the test moved the primary");
        cutter.join();
        // The server does not look after its client while it sleeps, and holds its locks.
        kill(pid);
        connection.rollback();
        assertThat(values()).isEmpty();
    }

    @Test
    void nothingLeaksFromThePool() throws SQLException {
        for (int i = 0; i < 20; i++) {
            try (LogicalConnection other = LogicalConnection.open(traffic)) {
                other.setAutoCommit(false);
                try (Statement statement = other.createStatement()) {
                    statement.executeUpdate("insert into t (v) values ('x')");
                }
                if (i % 3 == 0) {
                    kill(other);
                    assertThatThrownBy(other::commit).isInstanceOf(UnitOutcomeUnknownException.class);
                }
            }
        }
        connection.close();
        assertThat(hikariA.getHikariPoolMXBean().getActiveConnections()).isZero();
        assertThat(traffic.registered).isEmpty();
    }

    /** As a hold does that is released on the same node: the handle gives its connection back, and gets another. */
    private void moveToAnotherSession() throws SQLException {
        traffic.close("hold");
        traffic.onAwait(() -> {
            hikariA.getHikariPoolMXBean().softEvictConnections();
            traffic.open(1, a);
        });
        execute("select 1");
    }

    private static int pid(Connection of) throws SQLException {
        return of.unwrap(PGConnection.class).getBackendPID();
    }

    private static void kill(Connection victim) throws SQLException {
        kill(pid(victim));
    }

    private static void kill(int pid) throws SQLException {
        try (Connection admin = pair.node("a").connect();
                PreparedStatement terminate = admin.prepareStatement("select pg_terminate_backend(?, 10000)")) {
            terminate.setInt(1, pid);
            terminate.executeQuery().close();
        }
    }

    private List<String> values() throws SQLException {
        var all = new ArrayList<String>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select v from t order by id")) {
            while (rows.next()) {
                all.add(rows.getString(1));
            }
        }
        if (!connection.getAutoCommit()) {
            connection.rollback();
        }
        return all;
    }

    private String text(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private void update(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
