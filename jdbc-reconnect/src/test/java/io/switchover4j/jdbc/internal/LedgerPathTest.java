package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.TimeSource;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What follows from a mark that is there, or is not, by what the transaction had to leave. */
final class LedgerPathTest {

    private static final SQLException LOST = new SQLException("I/O error", "08006");

    private final FakeLedger rows = new FakeLedger();
    private final FakeNode a = new FakeNode("a");
    private TransactionStatus status = TransactionStatus.IDLE;
    private final FakeTraffic traffic = new FakeTraffic(a) {
        @Override
        public LedgerDialect ledger() {
            return rows;
        }

        @Override
        public TransactionStatus transactionStatus(Connection physical) {
            return status;
        }
    };
    private CommitPath path;
    private Connection physical;

    @BeforeEach
    void begin() throws SQLException {
        LedgerOptions options = LedgerOptions.of(LedgerTable.parse("ledger"));
        traffic.ledger = new Ledger("orders", options, TimeSource.system(), new LedgerCounters());
        path = LogicalConnection.open(traffic).commits;
        physical = a.borrow();
        path.prepare(physical, 1, "a");
        status = TransactionStatus.OPEN;
    }

    /** The mark and the COMMIT come through, and what the driver is told to do behind them does not come back. */
    private void send(Marking marking) {
        assertThatThrownBy(() -> path.send(physical, marking, on -> {
                    throw LOST;
                }))
                .isSameAs(LOST);
    }

    private CommitPath.Outcome settle() throws SQLException {
        return path.settle(LOST, null);
    }

    @ParameterizedTest
    @EnumSource
    void aMarkThatIsThereTellsThatItIsCommitted(Marking marking) throws SQLException {
        send(marking);
        assertThat(settle()).isEqualTo(CommitPath.Outcome.COMMITTED);
    }

    @ParameterizedTest
    @EnumSource
    void aMarkThatIsMissingTellsSomethingWhereOneHasToBe(Marking marking) throws SQLException {
        send(marking);
        rows.rows.replaceAll((slot, number) -> 0L);
        boolean tells = marking != Marking.UNCERTAIN;
        assertThat(settle()).isEqualTo(tells ? CommitPath.Outcome.NOT_COMMITTED : CommitPath.Outcome.UNKNOWN);
        assertThat(path.isClosed()).isEqualTo(tells);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ALWAYS")
    void whatTheServerDidNotMarkIsCommittedIfItHadNothingElseToLeave(Marking marking) throws SQLException {
        rows.isReadOnly = true;
        send(marking);
        boolean tells = marking == Marking.IF_WRITTEN;
        assertThat(settle()).isEqualTo(tells ? CommitPath.Outcome.COMMITTED : CommitPath.Outcome.UNKNOWN);
        assertThat(rows.wentWithoutMark).isFalse();
    }

    @Test
    void whatHadToBeMarkedAndCannotBeIsCommittedWithoutAndUnknown() throws SQLException {
        rows.isReadOnly = true;
        status = TransactionStatus.FAILED;
        send(Marking.ALWAYS);
        assertThat(rows.wentWithoutMark).isTrue();
        assertThat(settle()).isEqualTo(CommitPath.Outcome.UNKNOWN);
    }

    @Test
    void anErrorThatEndedTheTransactionIsNotTakenForARefusedMark() {
        rows.isReadOnly = true;
        status = TransactionStatus.IDLE;
        assertThatThrownBy(() -> path.send(physical, Marking.ALWAYS, on -> {}))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25001"));
        assertThat(rows.wentWithoutMark).isFalse();
    }
}
