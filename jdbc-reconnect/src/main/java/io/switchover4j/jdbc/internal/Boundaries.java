package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Where the units of work of one logical connection begin and end, and what they hold. Confined to the thread that uses the
 * connection.
 *
 * <p>In autocommit each statement is a unit, unless SQL text began a transaction; else a unit is what lies between the
 * first statement and the commit or rollback.
 */
abstract class Boundaries extends Attachment {

    boolean autoCommit = true;

    @Nullable
    Session session;

    /** BEGIN was executed as SQL text while autocommit is on. */
    boolean textTransaction;

    /** The unit holds something that commits by itself, or may. */
    boolean mayCommit;

    boolean sent;
    boolean sentBefore;

    /** Results of autocommit queries whose rows the server may still hold; they keep the unit open. */
    int cursors;

    Call call = Call.OTHER;
    StatementKind kind = StatementKind.PLAIN;

    /** The kind of the last statement; {@link #kind} is that of the last call. */
    StatementKind lastKind = StatementKind.PLAIN;

    /** What the session carries that cannot move: the statement that did it. */
    private @Nullable String pin;

    private boolean pinnedByThisCall;

    /** How the transaction was lost that the application has not ended yet; further statements of it are refused. */
    @Nullable
    SQLException lost;

    Boundaries(Traffic traffic) {
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

    /** A result that kept the unit open was read to its end or closed. */
    final void cursorDone(int attachment) {
        if (attachment == number() && cursors > 0 && --cursors == 0 && !inTransaction()) {
            unitOver();
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
        unitOver();
    }

    final void checkAcknowledgement() throws SQLException {
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
    final SQLException unitOver(boolean notApplied, String why, @Nullable SQLException cause) {
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

    final boolean cannotWrite() {
        if ((call != Call.QUERY && call != Call.EXECUTE && call != Call.FETCH) || kind != StatementKind.PLAIN) {
            return false;
        }
        boolean declared = (session != null && Boolean.TRUE.equals(session.readOnly)) || traffic.selectsAreSafe();
        return declared && SqlText.isSelect(lastStatement());
    }

    final void mark(String sql) {
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
    final void unpinThisCall() {
        if (kind != StatementKind.PLAIN && pinnedByThisCall) {
            pin = null;
        }
    }

    /** The statement that just returned changed the boundaries of the unit; returns whether it ended it here. */
    final boolean settle() throws SQLException {
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
    final void passed() {
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
    final void refuse(String sql, StatementKind of, SQLException earlier) throws SQLException {
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
}
