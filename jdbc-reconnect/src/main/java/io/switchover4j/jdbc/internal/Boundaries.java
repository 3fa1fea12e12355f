package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Where the units of work of one logical connection begin and end, and what they hold. Confined to the thread that uses the
 * connection.
 *
 * <p>In autocommit each statement is a unit, unless SQL text began a transaction; else a unit is what lies between the
 * first statement and the commit or rollback.
 */
abstract class Boundaries extends SessionState {

    static final String DISOWNED = "acknowledged, but by a node that was not the primary any more when the answer came";

    boolean autoCommit = true;

    /** BEGIN was executed as SQL text while autocommit is on. */
    boolean textTransaction;

    /** The unit holds something that commits by itself, or may. */
    boolean mayCommit;

    /** The {@link Marking} of the open transaction. */
    private byte marking;

    boolean sent;

    boolean sentBefore;

    /** Results of autocommit queries whose rows the server may still hold; they keep the unit open. */
    int cursors;

    Call call = Call.OTHER;
    StatementKind kind = StatementKind.PLAIN;

    /** The kind of the last statement; {@link #kind} is that of the last call. */
    StatementKind lastKind = StatementKind.PLAIN;

    /** How the transaction was lost that the application has not ended yet; further statements of it are refused. */
    @Nullable
    SQLException lost;

    Boundaries(Traffic traffic) {
        super(traffic);
    }

    /** Whether the COMMIT of the unit was sent, and the ledger has made sure that it is not and never will be applied. */
    abstract boolean isSettledAsLost();

    @Override
    final boolean inTransaction() {
        return !autoCommit || textTransaction;
    }

    final boolean isTextTransaction() {
        return textTransaction;
    }

    final @Nullable SQLException lost() {
        return lost;
    }

    /** The application ended the transaction that was lost, as it had to. */
    final void forgetLost() {
        lost = null;
    }

    /** A transaction that SQL text began goes on under the connection's own commit. */
    final void adoptTextTransaction() {
        textTransaction = false;
    }

    final StatementKind kindOf(String sql) {
        // The same constant again: not a second look.
        return sql == lastStatement() && !sql.isEmpty()
                ? lastKind
                : traffic.dialect().kindOf(sql);
    }

    /** A result that kept the unit open was read to its end or closed. */
    final void cursorDone(int attachment) {
        boolean taken = takeTurnForClose();
        if (!taken && !hasTurn()) {
            return;
        }
        try {
            if (attachment == number() && cursors > 0 && --cursors == 0 && !inTransaction()) {
                unitOver();
            }
        } finally {
            giveTurn(taken);
        }
    }

    /** What was sent counts as a statement of the unit, of a kind that nobody can tell. */
    final void sentUnseen() {
        sent = true;
        mayCommit = true;
    }

    /** Something of the open unit was sent that is no statement of the application. */
    final void sentSomething() {
        sent = true;
    }

    /** What the server said last about the transaction; asks nobody. */
    final TransactionStatus transactionStatus() {
        Connection physical = attachedOrNull();
        return physical == null ? TransactionStatus.UNKNOWN : traffic.dialect().transactionStatus(physical);
    }

    final void committing() {
        call = Call.COMMIT;
        kind = StatementKind.PLAIN;
        sentBefore = sent;
    }

    final boolean hasSent() {
        return sent;
    }

    /** The unit ended with its acknowledgement; what an old primary acknowledged does not count. */
    final void endAcknowledged() throws SQLException {
        checkAcknowledgement();
        if (call != Call.ROLLBACK) {
            keepSession();
        }
        unitOver();
    }

    final void checkAcknowledgement() throws SQLException {
        if (isDisowned()) {
            throw unitOver(false, DISOWNED, null);
        }
    }

    /** Whether the answer that just came is that of a node that is no primary any more. */
    final boolean isDisowned() {
        return isSuperseded() && sent && call != Call.ROLLBACK && !cannotWrite();
    }

    /** Ends the unit, if one is open, and forgets about it. */
    final void unitOver() {
        textTransaction = false;
        mayCommit = false;
        marking = 0;
        sent = false;
        cursors = 0;
        rollBackSession();
        clearRecording();
        if (isUnitOpen()) {
            endUnit();
        }
    }

    /** Ends the unit with its connection, and makes the exception that says what became of it. */
    final SQLException unitOver(boolean notApplied, String why, @Nullable SQLException cause) {
        return unitOver(notApplied, why, null, cause);
    }

    /**
     * The same for a transaction that might have been replayed.
     *
     * @param noReplay why it was not; null if there is nothing to say
     */
    final SQLException unitOver(
            boolean notApplied, String why, @Nullable String noReplay, @Nullable SQLException cause) {
        boolean transaction = inTransaction();
        String node = nodeName();
        if (cause != null) {
            reportTrouble(cause);
        }
        String text = lastStatement();
        boolean selfCommitting = mayCommit;
        unpinThisCall();
        discard();
        unitOver();
        retries = null;
        traffic.outcome(notApplied, node);
        SQLException outcome;
        if (notApplied) {
            outcome = new UnitNotAppliedException(
                    "The %s on %s was lost %s (%s). It is certainly not applied. %s%s"
                            .formatted(
                                    transaction ? "transaction" : "statement",
                                    node,
                                    isSettledAsLost()
                                            ? "with its commit, which the commit ledger found missing and refuses from now on"
                                            : "before its commit was sent",
                                    why,
                                    noReplay == null ? "" : "It was not replayed: " + noReplay + ". ",
                                    transaction ? "Roll back and repeat the transaction." : "Repeat it."),
                    cause);
        } else {
            String what = call == Call.COMMIT
                    ? "the COMMIT of a transaction"
                    : transaction && selfCommitting
                            ? "a transaction that may have committed by itself"
                            : "'" + SqlText.headline(text) + "'" + (transaction ? "" : " in autocommit");
            outcome = new UnitOutcomeUnknownException(
                    "The outcome of %s on %s is unknown (%s). It was sent and may have been applied. Look before you repeat it."
                            .formatted(what, node, why),
                    cause);
        }
        if (transaction && call != Call.COMMIT) {
            lost = outcome;
        }
        return outcome;
    }

    final boolean cannotWrite() {
        if ((call != Call.QUERY && call != Call.EXECUTE && call != Call.FETCH) || kind != StatementKind.PLAIN) {
            return false;
        }
        boolean declared = (session != null && Boolean.TRUE.equals(session.readOnly)) || traffic.selectsAreSafe();
        return declared && SqlText.isSelect(lastStatement());
    }

    /** Takes note of a statement that is more than plain, before it is sent. */
    final void mark(String sql) {
        nothingPinnedYet();
        switch (kind) {
            case SESSION -> {
                pin(sql, null);
                noteMarking(sql);
            }
            case MAY_COMMIT -> markUnknown(sql);
            case UNMARKED -> noteMarking(sql);
            // A second BEGIN commits the first transaction on MySQL.
            case BEGIN -> mayCommit |= inTransaction() && sent;
            case END -> {
                boolean rollsBack =
                        SqlText.isRollback(sql, traffic.dialect()) || transactionStatus() == TransactionStatus.FAILED;
                call = rollsBack ? Call.ROLLBACK : Call.COMMIT;
            }
            case UNREPEATABLE -> {
                ReplayDialect dialect = traffic.dialect().replay();
                replayOff(dialect == null ? ReplayOff.DATABASE : dialect.whyOff(sql, kind));
                noteMarking(sql);
            }
            case SETTING -> noteMarking(sql);
            case PLAIN -> {}
        }
    }

    private void noteMarking(String sql) {
        ReplayDialect dialect = traffic.dialect().replay();
        if (dialect != null) {
            marking = (byte) marking().and(dialect.marking(sql, kind)).ordinal();
        }
    }

    /** What the statements of the open transaction need. */
    final Marking marking() {
        return Marking.of(marking);
    }

    private void markUnknown(String sql) {
        replayOff(ReplayOff.UNKNOWN_BODY);
        mayCommit = true;
        traffic.dialect().pins(sql, part -> pin(part, null));
    }

    /** The statement that just returned changed the boundaries of the unit; returns whether it ended it here. */
    final boolean settle() throws SQLException {
        switch (kind) {
            case BEGIN -> textTransaction = autoCommit && transactionStatus() != TransactionStatus.IDLE;
            case END -> {
                if (!isChained()) {
                    endAcknowledged();
                    return true;
                }
                checkAcknowledgement();
                chained();
            }
            case MAY_COMMIT -> {
                rememberSettingsOf(lastStatement());
                if (followSeveral()) {
                    if (changedSession()) {
                        // It may as well have rolled back what was set before.
                        pin(lastStatement(), ReplayOff.SESSION_STATE);
                    }
                    endAcknowledged();
                    return true;
                }
            }
            case SETTING -> remember(lastStatement(), settingParameters);
            case PLAIN, SESSION, UNREPEATABLE, UNMARKED -> {}
        }
        return false;
    }

    /** Whether the end of one transaction was the beginning of the next. */
    private boolean isChained() {
        return switch (transactionStatus()) {
            case IDLE -> false;
            case OPEN, FAILED -> true;
            case UNKNOWN -> SqlText.isChained(lastStatement(), traffic.dialect());
        };
    }

    private void chained() {
        if (call == Call.ROLLBACK) {
            rollBackSession();
        } else {
            keepSession();
        }
        mayCommit = false;
        marking = 0;
        clearRecording();
        replayOff(ReplayOff.CHAINED);
    }

    private void rememberSettingsOf(String sql) {
        if (sql.indexOf(';') >= 0 && !isPinned()) {
            SqlText.forEach(sql, traffic.dialect(), (statement, of) -> {
                if (of == StatementKind.SETTING) {
                    remember(statement, null);
                }
            });
        }
    }

    /** A rollback to a savepoint by SQL text: what had been set since is not known. */
    final void textWentBack() {
        if (SqlText.isRollback(lastStatement(), traffic.dialect())) {
            pin(lastStatement(), ReplayOff.SESSION_STATE);
        }
    }

    /** The statement that just failed by an error of its own. */
    final void passed() {
        if (kind == StatementKind.MAY_COMMIT) {
            // A part of it may have lasted.
            nothingPinnedYet();
            boolean before = textTransaction;
            if (!followSeveral() && transactionStatus() == TransactionStatus.UNKNOWN) {
                textTransaction |= before;
            }
        } else {
            unpinFailed();
        }
        if (kind == StatementKind.BEGIN && transactionStatus() == TransactionStatus.OPEN) {
            // The driver refused only the answer, as executeQuery does.
            textTransaction = autoCommit;
        }
        if (inTransaction() && transactionStatus() == TransactionStatus.IDLE) {
            // A COMMIT that was refused has rolled back.
            unitOver();
        }
    }

    /** Follows what several statements, or one that is not known, did to the transaction; returns whether they ended it. */
    private boolean followSeveral() {
        TransactionStatus now = transactionStatus();
        if (now != TransactionStatus.UNKNOWN) {
            boolean ended = inTransaction() && now == TransactionStatus.IDLE;
            textTransaction = autoCommit && now != TransactionStatus.IDLE;
            return ended;
        }
        String sql = lastStatement();
        if (autoCommit && sql.indexOf(';') >= 0) {
            textTransaction = SqlText.leavesTransactionOpen(sql, textTransaction, traffic.dialect());
        }
        return false;
    }

    /** The transaction is lost, and the application goes on in it: half of it must not be applied. */
    final void refuse(String sql, StatementKind of, SQLException earlier) throws SQLException {
        boolean ends = of == StatementKind.END;
        if (ends) {
            lost = null;
            if (SqlText.isRollback(sql, traffic.dialect())) {
                return;
            }
        }
        throw lostBefore(earlier);
    }

    static SQLException lostBefore(SQLException earlier) {
        String message = "The transaction of this connection was lost earlier, and was not rolled back since: %s"
                .formatted(earlier.getMessage());
        return earlier instanceof UnitOutcomeUnknownException
                ? new UnitOutcomeUnknownException(message, earlier)
                : new UnitNotAppliedException(message, earlier);
    }
}
