package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.jdbc.CommitLedger;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** SQLStates of a server that is lost, raised by the application's own functions on one that lives. */
@SuppressWarnings("NullAway.Init")
@Timeout(60)
@ParameterizedClass
@ValueSource(booleans = {true, false})
class RaisedStatesIT {

    private static final CommitLedger LEDGER = CommitLedger.table("switchover4j_commit");

    private static PostgresPair pair;

    private final boolean ledger;
    private ReconnectingDataSource dataSource;
    private Connection connection;
    private long before;

    RaisedStatesIT(boolean ledger) {
        this.ledger = ledger;
    }

    @BeforeAll
    static void start() throws SQLException {
        pair = PostgresPair.start();
        LEDGER.createTable(pair.node("a").dataSource(pair.superuser()));
        try (Connection direct = direct()) {
            execute(direct, "CREATE TABLE t (state text)", "CREATE TABLE late (state text)", "CREATE SEQUENCE raised");
            execute(direct, """
                    CREATE FUNCTION raise(state text) RETURNS text LANGUAGE plpgsql AS $$
                    BEGIN
                      PERFORM nextval('raised');
                      RAISE EXCEPTION 'of the application' USING ERRCODE = state;
                    END $$""");
            execute(direct, """
                    CREATE FUNCTION raise_late() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                      PERFORM raise(new.state);
                      RETURN new;
                    END $$""");
            execute(
                    direct,
                    "CREATE CONSTRAINT TRIGGER raises AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED"
                            + " FOR EACH ROW EXECUTE FUNCTION raise_late()");
        }
    }

    @AfterAll
    static void stop() {
        pair.close();
    }

    @BeforeEach
    void connect() throws SQLException {
        ReconnectingDataSource.Builder builder =
                ReconnectingDataSource.builder().reconnectTimeout(Duration.ofSeconds(5));
        if (ledger) {
            builder.commitLedger(LEDGER);
        }
        pair.nodes().forEach(node -> builder.node(node.id(), node.dataSource(pair.application())));
        dataSource = builder.build();
        connection = dataSource.getConnection();
        before = raised();
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        dataSource.close();
    }

    static Stream<String> states() {
        return Stream.of("57P01", "57P02", "57P03", "57P05", "53300", "25P03", "08004", "08006", "08P01");
    }

    @ParameterizedTest
    @MethodSource("states")
    void aStatementOfAutocommitFailsOnceAsItDoesOnAPlainConnection(String state) throws SQLException {
        isRaised(state, 1, () -> execute(connection, "INSERT INTO t VALUES (raise('" + state + "'))"));
        isRaised(state, 1, () -> execute(connection, "SELECT raise('" + state + "')"));
        execute(connection, "INSERT INTO t VALUES ('it lives')");
    }

    @ParameterizedTest
    @MethodSource("states")
    void aTransactionFailsAndIsNotDoneAgain(String state) throws SQLException {
        connection.setAutoCommit(false);
        execute(connection, "INSERT INTO t VALUES ('lost')");
        isRaised(state, 1, () -> execute(connection, "SELECT raise('" + state + "')"));
        assertThatThrownBy(() -> execute(connection, "SELECT 1"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25P02"));
        connection.rollback();
        execute(connection, "SELECT 1");
        connection.commit();
        assertThat(dataSource.replayStatistics().cut()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"57P01", "53300"})
    void aBatchFailsOnce(String state) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("INSERT INTO t VALUES (raise(?))")) {
            statement.setString(1, state);
            statement.addBatch();
            statement.setString(1, state);
            statement.addBatch();
            isRaised(state, 1, statement::executeBatch);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"57P01", "53300"})
    void aCommitThatADeferredTriggerRefusesFailsOnceAndRollsBack(String state) throws SQLException {
        connection.setAutoCommit(false);
        execute(connection, "INSERT INTO late VALUES ('" + state + "')");
        isRaised(state, 1, connection::commit);
        connection.rollback();
        execute(connection, "SELECT 1");
        connection.commit();
    }

    /** HikariCP takes 57P01 for the end of any connection, and lends it no more. */
    @Test
    void aTransactionWhoseConnectionThePoolTookAwayForItIsNotDoneAgain() throws SQLException {
        HikariConfig config = new HikariConfig();
        config.setDataSource(pair.node("a").dataSource(pair.application()));
        config.setMaximumPoolSize(3);
        ReconnectingDataSource.Builder builder = ReconnectingDataSource.builder();
        try (HikariDataSource pool = new HikariDataSource(config);
                ReconnectingDataSource pooled = builder.node("a", pool)
                        .node("b", pair.node("b").dataSource(pair.application()))
                        .build();
                Connection own = pooled.getConnection()) {
            isRaised("57P01", 1, () -> execute(own, "SELECT raise('57P01')"));
            execute(own, "SELECT 1");
            own.setAutoCommit(false);
            execute(own, "SELECT 1");
            isRaised("57P01", 1, () -> execute(own, "SELECT raise('57P01')"));
            assertThatThrownBy(() -> execute(own, "SELECT 1")).isInstanceOf(UnitNotAppliedException.class);
            assertThat(raised()).isEqualTo(before);
            own.rollback();
            execute(own, "SELECT 1");
            own.commit();
            assertThat(pooled.replayStatistics().attempts()).isZero();
        }
    }

    private void isRaised(String state, int times, ThrowingCallable call) throws SQLException {
        assertThatThrownBy(call)
                .hasMessageContaining("of the application")
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(state));
        assertThat(raised() - before).as("how often it was executed").isEqualTo(times);
        before = raised();
    }

    private static long raised() throws SQLException {
        try (Connection direct = direct();
                Statement statement = direct.createStatement();
                ResultSet row = statement.executeQuery("SELECT last_value FROM raised WHERE is_called")) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    private static Connection direct() throws SQLException {
        return pair.node("a").dataSource(pair.application()).getConnection();
    }

    private static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
