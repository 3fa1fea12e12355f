package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one logical connection: where its units of work begin and end, and what a failed call means for its unit.
 * Confined to the thread that uses the connection.
 *
 * <p>In autocommit each statement is a unit, unless SQL text began a transaction; else a unit is what lies between the
 * first statement and the commit or rollback.
 */
abstract class Calls extends Attachment {

    private static final int ROLE_QUESTION_MILLIS = 2_000;

    boolean autoCommit = true;

    @Nullable
    Session session;

    /** BEGIN was executed as SQL text while autocommit is on. */
    private boolean textTransaction;

    /** The unit holds something that commits by itself, or may. */
    private boolean mayCommit;

    private boolean sent;
    private boolean sentBefore;

    /** Results of autocommit queries whose rows the server may still hold; they keep the unit open. */
    private int cursors;

    private Call call = Call.OTHER;
    private StatementKind kind = StatementKind.PLAIN;

    /** The kind of the last statement; {@link #kind} is that of the last call. */
    private StatementKind lastKind = StatementKind.PLAIN;

    /** What the session carries that cannot move: the statement that did it. */
    private @Nullable String pin;

    private boolean pinnedByThisCall;

    /** How the transaction was lost that the application has not ended yet; further statements of it are refused. */
    private @Nullable SQLException lost;

    Calls(Traffic traffic) {
        super(traffic);
    }

    @Override
    final boolean isPinned() {
        return pin != null;
    }

    @Override
    final String pinnedBy() {
        return pin == null ? "" : pin;
    }

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

    /** Begins a statement: opens a unit or goes on with the open one. Nothing counts as sent yet. */
    final Connection begin(String sql, StatementKind kindOfSql) throws SQLException {
        if (lost != null) {
            refuse(sql, kindOfSql, lost);
        }
        Connection physical = ready();
        executing(sql);
        kind = kindOfSql;
        lastKind = kindOfSql;
        call = Call.PREPARE;
        sentBefore = sent;
        return physical;
    }

    /** The statement goes to the driver now: from here on it counts as sent. */
    final void handOver(Call next) {
        call = next;
        if (kind != StatementKind.PLAIN) {
            mark(lastStatement());
        }
        sent = true;
    }

    /**
     * The statement in flight came back without an error.
     *
     * @param cursor whether it left a result whose rows the server may still hold
     * @throws SQLException 08007 if it was acknowledged by a primary that is none any more
     */
    final void returned(boolean cursor) throws SQLException {
        executed();
        retries = null;
        if (kind != StatementKind.PLAIN && settle()) {
            return;
        }
        if (autoCommit && !textTransaction) {
            if (cursor) {
                checkAcknowledgement();
                cursors++;
            } else if (cursors == 0) {
                endAcknowledged();
            } else {
                checkAcknowledgement();
            }
        }
    }

    /** A result that kept the unit open was read to its end or closed. */
    final void cursorDone(int attachment) {
        if (attachment == number() && cursors > 0 && --cursors == 0 && !inTransaction()) {
            unitOver();
        }
    }

    /** The driver threw something that is no SQLException: the unit of an autocommit statement must not stay open. */
    final void broken() {
        executed();
        retries = null;
        if (!inTransaction() && cursors == 0) {
            unitOver();
        }
    }

    /** Begins a call that is no statement of a unit. */
    final Connection beginOther() throws SQLException {
        Connection physical = ready();
        kind = StatementKind.PLAIN;
        call = Call.OTHER;
        sentBefore = sent;
        return physical;
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

    final void committing() {
        call = Call.COMMIT;
        kind = StatementKind.PLAIN;
        sentBefore = sent;
    }

    final boolean hasSent() {
        return sent;
    }

    /** Decides about a call that failed: returns if it shall run again, else throws what the application gets. */
    final void again(SQLException e) throws SQLException {
        executed();
        boolean transaction = inTransaction();
        switch (isOurs(e) ? Verdict.PASS : judge(e)) {
            case PASS -> {
                passed();
                retries = null;
                if (!transaction && !inTransaction() && cursors == 0) {
                    unitOver();
                }
                throw e;
            }
            case RUN_AGAIN -> runAgain(e);
            case NOT_APPLIED -> throw unitOver(true, reason(e), e);
            case UNKNOWN -> throw unitOver(false, reason(e), e);
        }
    }

    /** Translates the failure of a call that is not run again; the unit goes on unless its connection is lost. */
    final SQLException failed(SQLException e, Call failedCall) {
        if (isOurs(e)) {
            return e;
        }
        call = failedCall;
        sentBefore = sent;
        return switch (judge(e)) {
            case PASS -> e;
            case RUN_AGAIN -> {
                // Nothing of a unit is at stake, but the connection is of no use any more.
                reportTrouble(e);
                discard();
                unitOver();
                yield e;
            }
            case NOT_APPLIED -> unitOver(true, reason(e), e);
            case UNKNOWN -> unitOver(false, reason(e), e);
        };
    }

    /** The commit of what the application did past us is lost, or was acknowledged by a node that is no primary any more. */
    final SQLException unseenLost(@Nullable SQLException e) {
        committing();
        return unitOver(false, e == null ? "a newer primary is known" : reason(e), e);
    }

    /** No more rows are asked of a node that is not the primary any more. */
    final SQLException fetchRefused() {
        call = Call.FETCH;
        return unitOver(inTransaction() ? !mayCommit : cannotWrite(), whyGone(), null);
    }

    /** Whether an error means that the physical connection is of no use any more, whatever else it means. */
    final boolean isLoss(SQLException e) {
        return switch (classify(e)) {
            case CONNECTION_LOST, REFUSED_CLOSED, NOT_READY -> true;
            case READ_ONLY, ROLLED_BACK, APPLICATION -> false;
        };
    }

    /** The unit ended with its acknowledgement; what an old primary acknowledged does not count. */
    final void endAcknowledged() throws SQLException {
        checkAcknowledgement();
        unitOver();
    }

    private void checkAcknowledgement() throws SQLException {
        if (isSuperseded() && sent && call != Call.ROLLBACK && !cannotWrite()) {
            throw unitOver(
                    false, "acknowledged, but by a node that was not the primary any more when the answer came", null);
        }
    }

    /** Ends the unit, if one is open, and forgets about it. */
    final void unitOver() {
        textTransaction = false;
        mayCommit = false;
        sent = false;
        cursors = 0;
        if (isUnitOpen()) {
            endUnit();
        }
    }

    @Override
    final SQLException unitLost(String why, @Nullable SQLException cause) {
        return unitOver(!mayCommit, why, cause);
    }

    /** Ends the unit with its connection, and makes the exception that says what became of it. */
    private SQLException unitOver(boolean notApplied, String why, @Nullable SQLException cause) {
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
        SQLException outcome;
        if (notApplied) {
            outcome = new UnitNotAppliedException(
                    "The %s on %s was lost before its commit was sent (%s). It is certainly not applied. %s"
                            .formatted(
                                    transaction ? "transaction" : "statement",
                                    node,
                                    why,
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

    private void runAgain(SQLException e) throws SQLException {
        Route seen = traffic.route();
        reportTrouble(e);
        discard();
        unpinThisCall();
        boolean surprise = retries == null;
        Retries tries = retries == null ? new Retries(traffic) : retries;
        unitOver();
        retries = null;
        tries.failed(seen, surprise, e);
        retries = tries;
    }

    private Verdict judge(SQLException e) {
        ErrorClass error = classify(e);
        if (error == ErrorClass.READ_ONLY && !isDemoted()) {
            error = ErrorClass.APPLICATION;
        }
        Verdict verdict = Verdict.of(
                error,
                new Verdict.InFlight(
                        call, kind, inTransaction(), sentBefore, mayCommit, cannotWrite(), isWholeOrNothing(e)));
        if (error == ErrorClass.READ_ONLY && verdict == Verdict.PASS) {
            reportTrouble(e);
        }
        return verdict;
    }

    private ErrorClass classify(SQLException e) {
        if (isCut()) {
            // Whatever the driver makes of a socket that was closed beneath it.
            return ErrorClass.CONNECTION_LOST;
        }
        ErrorClass error = traffic.dialect().classify(e);
        if (error != ErrorClass.REFUSED_CLOSED) {
            return error;
        }
        if (e instanceof BatchUpdateException) {
            return ErrorClass.CONNECTION_LOST;
        }
        // Servers use the same SQLState for connections of their own (dblink): those statements did run.
        return isKnownClosed() ? error : ErrorClass.APPLICATION;
    }

    /** What the driver itself knows; asks nobody. */
    private boolean isKnownClosed() {
        Connection physical = attachedOrNull();
        try {
            return physical == null || physical.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }

    /**
     * Whether a refused write means that the node is a standby now. Not if the application made its own session or
     * transaction read-only; SQL text may have done so unseen, therefore the node is asked on the very connection. In a
     * transaction that ends it, which the refusal has doomed in any case.
     */
    private boolean isDemoted() {
        Connection physical = attachedOrNull();
        if (physical == null || (session != null && Boolean.TRUE.equals(session.readOnly))) {
            return false;
        }
        boolean transaction = inTransaction();
        try {
            int timeout = physical.getNetworkTimeout();
            physical.setNetworkTimeout(Runnable::run, ROLE_QUESTION_MILLIS);
            if (textTransaction) {
                try (Statement statement = physical.createStatement()) {
                    statement.execute("ROLLBACK");
                }
            } else if (transaction) {
                physical.rollback();
            }
            boolean writable = traffic.dialect().askRole(physical).writable();
            if (transaction && !textTransaction) {
                physical.rollback();
            }
            physical.setNetworkTimeout(Runnable::run, timeout);
            if (writable && transaction) {
                lost = new UnitNotAppliedException(
                        "The transaction tried to write although it is READ ONLY, and was rolled back", null);
                unitOver();
            }
            return !writable;
        } catch (SQLException e) {
            return true;
        }
    }

    private boolean cannotWrite() {
        if ((call != Call.QUERY && call != Call.EXECUTE && call != Call.FETCH) || kind != StatementKind.PLAIN) {
            return false;
        }
        boolean declared = (session != null && Boolean.TRUE.equals(session.readOnly)) || traffic.selectsAreSafe();
        return declared && SqlText.isSelect(lastStatement());
    }

    /** Of several statements in one call some may have been applied before one was refused. */
    private boolean isWholeOrNothing(SQLException e) {
        if (kind == StatementKind.MAY_COMMIT) {
            return false;
        }
        if (e instanceof BatchUpdateException batch) {
            for (long count : batch.getLargeUpdateCounts()) {
                if (count != Statement.EXECUTE_FAILED) {
                    return false;
                }
            }
        }
        return true;
    }

    private void mark(String sql) {
        pinnedByThisCall = false;
        switch (kind) {
            case SESSION -> pin(sql);
            case MAY_COMMIT -> {
                mayCommit = true;
                String changesSession = sql.indexOf(';') < 0 ? null : SqlText.sessionStatement(sql, traffic.dialect());
                if (changesSession != null) {
                    pin(changesSession);
                }
            }
            // A second BEGIN commits the first transaction on MySQL.
            case BEGIN -> mayCommit |= inTransaction() && sent;
            case END -> call = SqlText.isRollback(sql) ? Call.ROLLBACK : Call.COMMIT;
            case PLAIN -> {}
        }
    }

    private void pin(String sql) {
        if (pin == null) {
            pin = SqlText.headline(sql);
            pinnedByThisCall = true;
        }
    }

    /** What the session got from a call that failed is gone with it, or never came to be. */
    private void unpinThisCall() {
        if (kind != StatementKind.PLAIN && pinnedByThisCall) {
            pin = null;
        }
    }

    /** The statement that just returned changed the boundaries of the unit; returns whether it ended it here. */
    private boolean settle() throws SQLException {
        switch (kind) {
            case BEGIN -> textTransaction = autoCommit;
            case END -> {
                if (!SqlText.isChained(lastStatement())) {
                    endAcknowledged();
                    return true;
                }
                checkAcknowledgement();
            }
            case MAY_COMMIT -> followSeveral();
            case PLAIN, SESSION -> {}
        }
        return false;
    }

    /** The statement that just failed by an error of its own. */
    private void passed() {
        if (kind == StatementKind.SESSION) {
            unpinThisCall();
        }
        if (kind == StatementKind.MAY_COMMIT) {
            boolean before = textTransaction;
            followSeveral();
            textTransaction |= before;
        }
    }

    private void followSeveral() {
        String sql = lastStatement();
        if (autoCommit && sql.indexOf(';') >= 0) {
            textTransaction = SqlText.leavesTransactionOpen(sql, textTransaction, traffic.dialect());
        }
    }

    /** The transaction is lost, and the application goes on in it: half of it must not be applied. */
    private void refuse(String sql, StatementKind of, SQLException earlier) throws SQLException {
        boolean ends = of == StatementKind.END;
        if (ends) {
            lost = null;
            if (SqlText.isRollback(sql)) {
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

    private String reason(SQLException e) {
        return isCut() ? whyGone() : String.valueOf(e.getMessage());
    }

    private static boolean isOurs(SQLException e) {
        return e instanceof UnitNotAppliedException
                || e instanceof UnitOutcomeUnknownException
                || e instanceof NoPrimaryException;
    }
}
