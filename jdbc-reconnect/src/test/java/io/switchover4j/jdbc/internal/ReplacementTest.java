package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.UnitNotAppliedException;
import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.math.BigDecimal;
import java.net.URI;
import java.sql.Array;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.Date;
import java.sql.JDBCType;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Time;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Calendar;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TimeZone;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What comes along when the physical connection beneath a handle is replaced. */
final class ReplacementTest {

    private final FakeNode a = new FakeNode("a");
    private final FakeNode b = new FakeNode("b");
    private final FakeTraffic traffic = new FakeTraffic(a);
    private LogicalConnection connection;

    @BeforeEach
    void open() throws SQLException {
        connection = LogicalConnection.open(traffic);
    }

    @Test
    void onlyThePropertiesThatWereSetComeAlongReadOnlyAndIsolationFirstAutocommitLast() throws SQLException {
        connection.setSchema("s");
        connection.setCatalog("c");
        connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        connection.setReadOnly(true);
        connection.setNetworkTimeout(Runnable::run, 500);
        connection.setHoldability(ResultSet.CLOSE_CURSORS_AT_COMMIT);
        connection.setTypeMap(Map.of("t", String.class));
        connection.setClientInfo("ApplicationName", "bank");
        connection.setAutoCommit(false);
        b.autoCommitDefault = false;
        traffic.open(2, b);

        update("insert 1");

        assertThat(b.sent().stream().map(call -> call.replaceAll("\\$\\$Lambda[^,]*", "executor")))
                .element(0)
                .asString()
                .startsWith("b1.setNetworkTimeout(");
        assertThat(b.sent().subList(1, 11))
                .containsExactly(
                        "b1.setReadOnly(true)",
                        "b1.setTransactionIsolation(8)",
                        "b1.setAutoCommit(true)",
                        "b1.setClientInfo({ApplicationName=bank})",
                        "b1.setCatalog(c)",
                        "b1.setSchema(s)",
                        "b1.setHoldability(2)",
                        "b1.setTypeMap({t=class java.lang.String})",
                        "b1.setAutoCommit(false)",
                        "b1.createStatement()");
    }

    @Test
    void nothingIsSetWhereNothingWasSet() throws SQLException {
        traffic.open(2, b);
        update("insert 1");
        assertThat(b.sent()).containsExactly("b1.createStatement()", "b1.s1.executeUpdate(insert 1)");
    }

    @Test
    void autocommitStaysWhatItWasWhereTheOtherPoolHasAnotherDefault() throws SQLException {
        b.autoCommitDefault = false;
        traffic.open(2, b);
        update("insert 1");
        assertThat(b.sent()).startsWith("b1.setAutoCommit(true)");
        assertThat(connection.getAutoCommit()).isTrue();
    }

    @Test
    void aPoolThatGivesConnectionsWithoutAutocommitIsTakenAtItsWord() throws SQLException {
        a.autoCommitDefault = false;
        LogicalConnection other = LogicalConnection.open(traffic);

        assertThat(other.getAutoCommit()).isFalse();
        assertThat(a.sent()).doesNotContain("a2.setAutoCommit(true)");
        try (Statement statement = other.createStatement()) {
            statement.executeUpdate("insert 1");
        }
        assertThat(other.isUnitOpen()).isTrue();
        traffic.open(2, b);
        other.rollback();
        assertThat(other.getAutoCommit()).isFalse();
    }

    @Test
    void aPropertyThatIsSetAfterTheSwitchIsNotSentToTheOldPrimary() throws SQLException {
        traffic.open(2, b);
        a.calls.clear();

        connection.setReadOnly(true);
        connection.setClientInfo(new Properties());
        connection.beginRequest();

        assertThat(a.calls).isEmpty();
        assertThat(a.events).contains("discarded a1");
        update("select 1");
        assertThat(b.sent()).startsWith("b1.setReadOnly(true)");
    }

    @Test
    void aPropertyIsNotLostWithTheConnection() throws SQLException {
        a.fail("setSchema", new SQLException("I/O error", "08006"));
        connection.setSchema("s");
        update("insert 1");
        assertThat(a.sent())
                .containsExactly(
                        "a1.setSchema(s)", "a2.setSchema(s)", "a2.createStatement()", "a2.s1.executeUpdate(insert 1)");
    }

    @Test
    void aPropertyThatTheDriverRefusesIsNotKept() throws SQLException {
        a.fail("setTransactionIsolation", new SQLException("not in a transaction", "25001"));
        assertThatThrownBy(() -> connection.setTransactionIsolation(8)).hasMessage("not in a transaction");
        traffic.open(2, b);
        update("insert 1");
        assertThat(b.sent()).startsWith("b1.createStatement()");
    }

    @Test
    void aStatementIsMadeAgainWithItsFormAndSettings() throws SQLException {
        Statement statement = connection.createStatement(
                ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY, ResultSet.HOLD_CURSORS_OVER_COMMIT);
        statement.setMaxRows(1);
        statement.setMaxFieldSize(2);
        statement.setQueryTimeout(3);
        statement.setFetchDirection(ResultSet.FETCH_REVERSE);
        statement.setEscapeProcessing(false);
        statement.setPoolable(true);
        statement.setCursorName("c");
        statement.closeOnCompletion();
        statement.setFetchSize(4);
        traffic.open(2, b);

        statement.executeQuery("select 1");

        assertThat(b.sent())
                .containsExactly(
                        "b1.createStatement(1004,1007,1)",
                        "b1.s1.setMaxRows(1)",
                        "b1.s1.setMaxFieldSize(2)",
                        "b1.s1.setQueryTimeout(3)",
                        "b1.s1.setFetchSize(4)",
                        "b1.s1.setFetchDirection(1001)",
                        "b1.s1.setEscapeProcessing(false)",
                        "b1.s1.setPoolable(true)",
                        "b1.s1.setCursorName(c)",
                        "b1.s1.closeOnCompletion()",
                        "b1.s1.executeQuery(select 1)");
    }

    @Test
    void aSettingThatIsChangedWhileDetachedIsTheOneThatCounts() throws SQLException {
        Statement statement = connection.createStatement();
        statement.setMaxRows(1);
        traffic.close("hold");
        traffic.onAwait(() -> traffic.open(2, b));
        update("insert 1");
        statement.setLargeMaxRows(2);
        statement.executeUpdate("insert 2");
        assertThat(b.sent()).contains("b1.s2.setLargeMaxRows(2)").doesNotContain("b1.s2.setMaxRows(1)");
    }

    @Test
    void aPreparedStatementIsPreparedAgainAsItWasAskedFor() throws SQLException {
        List<PreparedStatement> statements = List.of(
                connection.prepareStatement("insert 1"),
                connection.prepareStatement("insert 2", Statement.RETURN_GENERATED_KEYS),
                connection.prepareStatement("insert 3", new int[] {1}),
                connection.prepareStatement("insert 4", new String[] {"id"}),
                connection.prepareStatement("insert 5", 1003, 1007),
                connection.prepareStatement("insert 6", 1003, 1007, 1),
                connection.prepareCall("{call 7}"),
                connection.prepareCall("{call 8}", 1003, 1007),
                connection.prepareCall("{call 9}", 1003, 1007, 1));
        traffic.open(2, b);
        for (PreparedStatement statement : statements) {
            statement.execute();
        }
        assertThat(b.sent().stream().filter(call -> call.contains(".prepare")))
                .containsExactly(
                        "b1.prepareStatement(insert 1)",
                        "b1.prepareStatement(insert 2,1)",
                        "b1.prepareStatement(insert 3,[1])",
                        "b1.prepareStatement(insert 4,[id])",
                        "b1.prepareStatement(insert 5,1003,1007)",
                        "b1.prepareStatement(insert 6,1003,1007,1)",
                        "b1.prepareCall({call 7})",
                        "b1.prepareCall({call 8},1003,1007)",
                        "b1.prepareCall({call 9},1003,1007,1)");
    }

    @Test
    void parametersOfEveryKindAreSetAgainAsTheyWere() throws Exception {
        PreparedStatement statement = connection.prepareStatement("insert");
        setEveryKind(statement);
        List<String> before = a.calls.stream()
                .filter(call -> call.startsWith("a1.p1.set"))
                .map(call -> call.substring(6))
                .toList();
        traffic.open(2, b);

        statement.executeUpdate();

        assertThat(before).hasSize(34);
        assertThat(b.calls.stream().filter(call -> call.startsWith("b1.p1.set")).map(call -> call.substring(6)))
                .containsExactlyElementsOf(before);
    }

    @Test
    void parametersThatAreSetWhileDetachedAreThere() throws Exception {
        PreparedStatement statement = connection.prepareStatement("insert");
        traffic.close("hold");
        traffic.onAwait(() -> traffic.open(2, b));
        update("insert 1");
        setEveryKind(statement);
        assertThat(b.calls).noneMatch(call -> call.contains(".p"));
        statement.executeUpdate();
        assertThat(b.calls.stream().filter(call -> call.contains(".p2.set"))).hasSize(34);
    }

    private static void setEveryKind(PreparedStatement s) throws Exception {
        Calendar utc = Calendar.getInstance(TimeZone.getTimeZone("UTC"));
        utc.setTimeInMillis(0);
        Array array = FakeNode.proxy(Array.class, (proxy, method, arguments) -> "array");
        int i = 1;
        s.setNull(i++, Types.INTEGER);
        s.setNull(i++, Types.STRUCT, "t");
        s.setBoolean(i++, true);
        s.setBoolean(i++, false);
        s.setByte(i++, (byte) -1);
        s.setShort(i++, (short) -2);
        s.setInt(i++, Integer.MIN_VALUE);
        s.setLong(i++, Long.MIN_VALUE);
        s.setFloat(i++, -1.5f);
        s.setFloat(i++, Float.NaN);
        s.setDouble(i++, -0.0d);
        s.setDouble(i++, Double.POSITIVE_INFINITY);
        s.setBigDecimal(i++, new BigDecimal("1.230"));
        s.setString(i++, "text");
        s.setString(i++, null);
        s.setNString(i++, "n");
        s.setBytes(i++, new byte[] {1, 2});
        s.setDate(i++, new Date(0));
        s.setDate(i++, new Date(0), utc);
        s.setTime(i++, new Time(0));
        s.setTime(i++, new Time(0), utc);
        s.setTimestamp(i++, new Timestamp(1));
        s.setTimestamp(i++, new Timestamp(1), utc);
        s.setObject(i++, "o");
        s.setObject(i++, null);
        s.setObject(i++, 5, Types.BIGINT);
        s.setObject(i++, 5, Types.NUMERIC, 2);
        s.setObject(i++, 5, JDBCType.BIGINT);
        s.setObject(i++, 5, JDBCType.NUMERIC, 2);
        s.setArray(i++, array);
        s.setURL(i++, URI.create("http://localhost/").toURL());
        s.setInt(i++, 1);
        s.setLong(i++, 2);
        s.setString(i, "last");
    }

    @Test
    void aStreamCannotBeSetAgainAndTheUnitIsCertainlyNotApplied() throws SQLException {
        PreparedStatement stream = connection.prepareStatement("insert 1");
        stream.setInt(1, 1);
        stream.setBinaryStream(2, new ByteArrayInputStream(new byte[1]));
        PreparedStatement reader = connection.prepareStatement("insert 2");
        reader.setObject(1, new StringReader("x"));
        PreparedStatement locator = connection.prepareStatement("insert 3");
        locator.setClob(1, (Clob) null);
        traffic.open(2, b);

        assertThatThrownBy(stream::executeUpdate)
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessage(
                        "The connection beneath this statement was replaced, and parameter '2' was a stream or a"
                                + " locator, which cannot be sent again. Nothing was applied. Set the parameters anew and repeat.");
        assertThat(connection.isUnitOpen()).isFalse();
        assertThatThrownBy(reader::executeUpdate).isInstanceOf(UnitNotAppliedException.class);
        assertThatThrownBy(locator::executeUpdate).isInstanceOf(UnitNotAppliedException.class);

        stream.setBinaryStream(2, new ByteArrayInputStream(new byte[1]));
        stream.executeUpdate();
        assertThat(b.calls).last().asString().endsWith(".executeUpdate()");
    }

    @Test
    void aBatchWithAStreamCannotBeAddedAgain() throws SQLException {
        PreparedStatement statement = connection.prepareStatement("insert");
        statement.setBinaryStream(1, new ByteArrayInputStream(new byte[1]));
        statement.addBatch();
        traffic.open(2, b);
        assertThatThrownBy(statement::executeBatch).isInstanceOf(UnitNotAppliedException.class);

        statement.setInt(1, 1);
        statement.addBatch();
        statement.executeBatch();
        assertThat(b.calls.stream().filter(call -> call.contains("addBatch"))).hasSize(1);
    }

    @Test
    void clearedParametersStayCleared() throws SQLException {
        PreparedStatement statement = connection.prepareStatement("insert");
        statement.setInt(1, 1);
        statement.clearParameters();
        statement.setInt(2, 2);
        traffic.open(2, b);
        statement.executeUpdate();
        assertThat(b.sent())
                .containsExactly("b1.prepareStatement(insert)", "b1.p1.setInt(2,2)", "b1.p1.executeUpdate()");
    }

    @Test
    void theParametersOfAProcedureComeAlong() throws SQLException {
        CallableStatement call = connection.prepareCall("{call p}");
        call.registerOutParameter(1, Types.INTEGER);
        call.registerOutParameter("out", Types.VARCHAR, "t");
        call.setInt("in", 1);
        call.setInt("in", 2);
        call.setString(3, "x");
        traffic.open(2, b);

        call.execute();

        assertThat(b.sent())
                .containsExactly(
                        "b1.prepareCall({call p})",
                        "b1.call1.registerOutParameter(1,4)",
                        "b1.call1.registerOutParameter(out,12,t)",
                        "b1.call1.setInt(in,2)",
                        "b1.call1.setString(3,x)",
                        "b1.call1.execute()");
        assertThat(call.getInt(1)).isEqualTo(1);
        traffic.open(3, a);
        update("insert 1");
        assertThatThrownBy(() -> call.getInt(1)).hasMessageContaining("was replaced since");

        call.setAsciiStream("in", new ByteArrayInputStream(new byte[1]));
        call.execute();
        traffic.open(4, b);
        assertThatThrownBy(call::execute)
                .isInstanceOf(UnitNotAppliedException.class)
                .hasMessageContaining("'in'");
    }

    @Test
    void batchesComeAlongAndAreForgottenOnceExecuted() throws SQLException {
        Statement statement = connection.createStatement();
        statement.addBatch("insert 1");
        statement.addBatch("insert 2");
        PreparedStatement prepared = connection.prepareStatement("insert ?");
        Timestamp reused = new Timestamp(1);
        prepared.setTimestamp(1, reused);
        prepared.addBatch();
        reused.setTime(2);
        prepared.setTimestamp(1, reused);
        prepared.addBatch();
        prepared.setTimestamp(1, new Timestamp(3));
        traffic.open(2, b);

        statement.executeBatch();
        prepared.executeLargeBatch();
        prepared.executeBatch();
        traffic.open(3, a);
        a.calls.clear();
        statement.executeBatch();

        assertThat(b.sent())
                .containsExactly(
                        "b1.createStatement()",
                        "b1.s1.addBatch(insert 1)",
                        "b1.s1.addBatch(insert 2)",
                        "b1.s1.executeBatch()",
                        "b1.prepareStatement(insert ?)",
                        "b1.p2.setTimestamp(1," + new Timestamp(1) + ")",
                        "b1.p2.addBatch()",
                        "b1.p2.clearParameters()",
                        "b1.p2.setTimestamp(1," + new Timestamp(2) + ")",
                        "b1.p2.addBatch()",
                        "b1.p2.clearParameters()",
                        "b1.p2.setTimestamp(1," + new Timestamp(3) + ")",
                        "b1.p2.executeLargeBatch()",
                        "b1.p2.executeBatch()");
        assertThat(a.sent()).containsExactly("a2.createStatement()", "a2.s1.executeBatch()");
    }

    @Test
    void aClearedBatchDoesNotComeAlong() throws SQLException {
        Statement statement = connection.createStatement();
        statement.addBatch("insert 1");
        statement.clearBatch();
        statement.addBatch("insert 2");
        traffic.open(2, b);
        statement.executeBatch();
        assertThat(b.sent())
                .containsExactly("b1.createStatement()", "b1.s1.addBatch(insert 2)", "b1.s1.executeBatch()");
    }

    @Test
    void resultsKnowTheirStatementAndSayWhenTheirConnectionWasReplaced() throws SQLException {
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select 1");
        assertThat(rows.getStatement()).isSameAs(statement);
        assertThat(statement.getConnection()).isSameAs(connection);
        assertThat(connection.getMetaData().getConnection()).isSameAs(connection);
        assertThat(statement.getGeneratedKeys().getStatement()).isSameAs(statement);
        assertThat(rows.isWrapperFor(LogicalResultSet.class)).isTrue();
        traffic.open(2, b);
        assertThat(rows.next())
                .as("plain data until the connection is replaced")
                .isTrue();
        update("insert 1");

        a.fail("next", new SQLException("This ResultSet is closed", "55000"));
        assertThatThrownBy(rows::next)
                .hasMessage(
                        "This result belongs to a physical connection that was replaced since. Execute the statement"
                                + " again.")
                .hasRootCauseMessage("This ResultSet is closed");
        assertThatThrownBy(statement::getResultSet).hasMessageContaining("replaced since");
        assertThatThrownBy(statement::getUpdateCount).hasMessageContaining("replaced since");
        assertThat(rows.isClosed()).isTrue();
        rows.close();
    }

    @Test
    void closingAStatementOfAnOldPrimarySendsNothing() throws SQLException {
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select 1");
        traffic.open(2, b);
        a.calls.clear();
        rows.close();
        statement.close();
        statement.close();
        assertThat(a.calls).isEmpty();
        assertThat(statement.isClosed()).isTrue();
        assertThatThrownBy(() -> statement.executeUpdate("insert 1")).hasMessage("This statement is closed");
        assertThat(connection.isUnitOpen()).isFalse();
    }

    private void update(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }
}
