package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What follows from the word of a commit ledger, and what is asked of it. */
final class CommitPathTest {

    private final FakeNode a = new FakeNode("a");
    private final FakeNode b = new FakeNode("b");
    private final FakeTraffic traffic = new FakeTraffic(a);
    private final List<String> told = new ArrayList<>();
    private CommitPath.Outcome outcome = CommitPath.Outcome.UNKNOWN;
    private LogicalConnection connection;

    @BeforeEach
    void open() throws SQLException {
        traffic.dialect = new PostgresDialect();
        traffic.replayOptions = new ReplayOptions(true, ReplayOptions.DEFAULT_LIMIT, new ReplayCounters());
        traffic.commitPath = new CommitPath() {
            private boolean closed;
            private boolean owned;

            @Override
            public boolean prepare(Connection physical, long epoch, String node) {
                closed = false;
                return true;
            }

            @Override
            public void send(Connection physical, Marking marking, Step commit) throws SQLException {
                told.add("mark on " + physical + (marking == Marking.IF_WRITTEN ? "" : ", " + marking));
                assertThat(connection.isExecuting())
                        .as("sent, and not answered")
                        .isTrue();
                assertThat(connection.current().equals("COMMIT")).isNotEqualTo(owned);
                commit.on(physical);
            }

            @Override
            public Outcome settle(SQLException lostAnswer, @Nullable Backend lost) {
                assertThat(connection.isExecuting()).as("its answer is lost").isEqualTo(owned);
                told.add("settle after " + lostAnswer.getSQLState() + " with " + a.events.get(a.events.size() - 1));
                closed = outcome == Outcome.NOT_COMMITTED;
                return outcome;
            }

            @Override
            public boolean isClosed() {
                return closed;
            }

            @Override
            public boolean ownsTransaction() {
                return owned;
            }

            @Override
            public void ownsTransaction(boolean own) {
                owned = own;
            }

            @Override
            public void close() {}
        };
        connection = LogicalConnection.open(traffic);
        connection.setAutoCommit(false);
        traffic.onTrouble(() -> traffic.open(2, b));
    }

    private void update(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    @Test
    void aTransactionThatSentNothingIsNotMarked() throws SQLException {
        connection.commit();
        assertThat(told).isEmpty();
    }

    @Test
    void aCommitWhoseAnswerIsLostReturnsNormallyIfItIsThere() throws SQLException {
        outcome = CommitPath.Outcome.COMMITTED;
        update("insert 1");
        a.fail("commit", new SQLException("I/O error", "08006"));
        connection.commit();
        assertThat(told).containsExactly("mark on a1", "settle after 08006 with discarded a1");
        assertThat(b.sent()).isEmpty();
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void oneThatIsNotThereIsReplayedAndCommitted() throws SQLException {
        outcome = CommitPath.Outcome.NOT_COMMITTED;
        update("insert 1");
        a.fail("commit", new SQLException("I/O error", "08006"));
        connection.commit();
        assertThat(told).containsExactly("mark on a1", "settle after 08006 with discarded a1", "mark on b1");
        assertThat(b.sent()).contains("b1.s2.execute(insert 1)", "b1.commit()");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set transaction read only",
                "set transaction_read_only = on",
                "set local transaction_read_only = on",
                "select set_config('transaction_read_only', 'on', true)",
            })
    void oneThatNeedNotBeThereIsUnknown(String sql) throws SQLException {
        update("insert 1");
        update("notify ch, 'hello'");
        update(sql);
        a.fail("commit", new SQLException("I/O error", "08006"));
        assertThatThrownBy(connection::commit)
                .isInstanceOf(UnitOutcomeUnknownException.class)
                .hasMessageContaining("it cannot be marked in the commit ledger");
        assertThat(told).first().isEqualTo("mark on a1, UNCERTAIN");
        assertThat(b.sent()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"notify ch, 'hello'", "insert into t select pg_notify('ch', 'hello')", "execute p"})
    void oneThatWouldLeaveNoMarkByItselfIsGivenOneAndSettled(String sql) throws SQLException {
        outcome = CommitPath.Outcome.NOT_COMMITTED;
        update(sql);
        a.fail("commit", new SQLException("I/O error", "08006"));
        connection.commit();
        assertThat(told)
                .containsExactly("mark on a1, ALWAYS", "settle after 08006 with discarded a1", "mark on b1, ALWAYS");
        assertThat(b.sent()).anyMatch(sent -> sent.contains("(" + sql + ")")).contains("b1.commit()");
    }

    @Test
    void oneWithAHeldCursorThatIsNotThereIsNotApplied() throws SQLException {
        outcome = CommitPath.Outcome.NOT_COMMITTED;
        update("declare c cursor with hold for select f()");
        a.fail("commit", new SQLException("I/O error", "08006"));
        assertThatThrownBy(connection::commit).isInstanceOf(UnitNotAppliedException.class);
        assertThat(told).first().isEqualTo("mark on a1, ALWAYS");
    }

    @Test
    void aNotificationOnAReadOnlyConnectionCannotBeMarked() throws SQLException {
        connection.setReadOnly(true);
        update("notify ch, 'hello'");
        connection.commit();
        assertThat(told).containsExactly("mark on a1, UNCERTAIN");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "insert into t select pg_notify('ch', 'hello') where false",
                "notify ch, 'hello'",
                "select pg_notify('ch', 'hello')"
            })
    void aNotificationOfAutocommitThatIsNotThereIsDoneAgain(String sql) throws SQLException {
        connection.setAutoCommit(true);
        outcome = CommitPath.Outcome.NOT_COMMITTED;
        a.on("setAutoCommit", () -> {}); // begins a transaction of its own
        a.fail("setAutoCommit", new SQLException("I/O error", "08006"));
        update(sql);
        assertThat(told)
                .containsExactly("mark on a1, ALWAYS", "settle after 08006 with discarded a1", "mark on b1, ALWAYS");
        assertThat(b.sent()).contains("b1.s2.executeUpdate(" + sql + ")");
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void aWriteOfAutocommitOfWhichNobodyKnowsIsNotDoneAgain() throws SQLException {
        connection.setAutoCommit(true);
        a.on("setAutoCommit", () -> {}); // begins a transaction of its own
        a.fail("setAutoCommit", new SQLException("I/O error", "08006"));
        assertThatThrownBy(() -> update("insert into t values (1)")).isInstanceOf(UnitOutcomeUnknownException.class);
        assertThat(b.sent()).isEmpty();
        assertThat(connection.isUnitOpen()).isFalse();
    }

    @Test
    void theNextTransactionIsJudgedByItself() throws SQLException {
        update("notify ch, 'hello'");
        connection.commit();
        outcome = CommitPath.Outcome.NOT_COMMITTED;
        update("insert 1");
        a.fail("commit", new SQLException("I/O error", "08006"));
        connection.commit();
        assertThat(b.sent()).contains("b1.s2.execute(insert 1)", "b1.commit()");
    }

    @Test
    void oneThatIsNotThereAndCannotBeReplayedIsNotApplied() throws SQLException {
        outcome = CommitPath.Outcome.NOT_COMMITTED;
        traffic.replayOptions = ReplayOptions.OFF;
        connection = LogicalConnection.open(traffic);
        connection.setAutoCommit(false);
        update("insert 1");
        a.fail("commit", new SQLException("I/O error", "08006"));
        assertThatThrownBy(connection::commit).isInstanceOf(UnitNotAppliedException.class);
    }

    @Test
    void oneOfWhichNobodyKnowsIsUnknown() throws SQLException {
        update("insert 1");
        a.fail("commit", new SQLException("I/O error", "08006"));
        assertThatThrownBy(connection::commit)
                .isInstanceOf(UnitOutcomeUnknownException.class)
                .hasMessageContaining("The outcome of the COMMIT of a transaction on 'a' is unknown");
    }

    @Test
    void whatAnOldPrimaryAcknowledgedIsSettled() throws SQLException {
        outcome = CommitPath.Outcome.COMMITTED;
        update("insert 1");
        a.on("commit", () -> traffic.open(2, b));
        connection.commit();
        assertThat(told).containsExactly("mark on a1", "settle after 08007 with discarded a1");
    }

    @Test
    void aDriverThatLosesItsOwnTrackInACommitLeavesItUnknown() throws SQLException {
        update("insert 1");
        a.on("commit", () -> {
            throw new IllegalStateException("no answer is expected");
        });
        assertThatThrownBy(connection::commit)
                .isInstanceOf(UnitOutcomeUnknownException.class)
                .hasMessageContaining("the driver failed");
        assertThat(a.events).contains("discarded a1");
        assertThat(traffic.troubles).isEmpty();
    }

    @Test
    void switchingAutocommitOnIsACommit() throws SQLException {
        outcome = CommitPath.Outcome.COMMITTED;
        update("insert 1");
        a.on("setAutoCommit", () -> {
            throw new SQLException("I/O error", "08006");
        });
        connection.setAutoCommit(true);
        assertThat(connection.getAutoCommit()).isTrue();
        assertThat(told).hasSize(2);
    }

    @Test
    void aRowThatAnOldPrimaryWroteInAutocommitIsUnknown() throws SQLException {
        connection.setAutoCommit(true);
        Statement statement = connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_UPDATABLE);
        ResultSet rows = statement.executeQuery("select 1");
        a.on("updateRow", () -> traffic.open(2, b));
        assertThatThrownBy(rows::updateRow)
                .isInstanceOf(UnitOutcomeUnknownException.class)
                .hasMessageContaining("not the primary any more");
    }
}
