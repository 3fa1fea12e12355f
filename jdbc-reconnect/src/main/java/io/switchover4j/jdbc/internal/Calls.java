package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one logical connection, and what a failed call means for its unit. Confined to the thread that uses the
 * connection.
 */
abstract class Calls extends Replays {

    private static final String NO_MARK =
            "; it cannot be marked in the commit ledger, because it is READ ONLY or may be";

    Calls(Traffic traffic) {
        super(traffic);
    }

    /** How much of a stream is kept for a second time; 0 where there is none. */
    final int spoolLimit() {
        return replay.on() || hasLedger() ? replay.limitBytes() : 0;
    }

    /** Begins a statement: opens a unit or goes on with the open one. Nothing counts as sent yet. */
    final Connection begin(String sql, StatementKind kindOfSql) throws SQLException {
        if (lost != null) {
            refuse(sql, kindOfSql, lost);
        }
        Connection physical;
        do {
            physical = ready();
            executing(sql);
            kind = kindOfSql;
            lastKind = kindOfSql;
            call = Call.PREPARE;
            sentBefore = sent;
        } while (!isPrepared(physical));
        return physical;
    }

    /**
     * Gets the commit of the open unit ready, if nothing of it was sent yet.
     *
     * @return false if that was lost with its connection, and must be done on the next one
     */
    private boolean isPrepared(Connection physical) throws SQLException {
        if (commits == CommitPath.PLAIN || sent || autoCommit || isDeclaredReadOnly()) {
            return true;
        }
        try {
            commits.prepare(physical, attachedEpoch(), nodeName());
            return true;
        } catch (SQLException e) {
            again(e);
            return false;
        }
    }

    // Writes of autocommit, with a commit ledger

    /**
     * Makes the statement that is about to be sent a transaction of its own, if it is a write of autocommit and there is a
     * ledger: then it can be found out whether it was applied.
     *
     * @return whether that was done
     */
    final boolean beginOwnTransaction() throws SQLException {
        if (commits == CommitPath.PLAIN || !autoCommit || textTransaction || cursors > 0 || isDeclaredReadOnly()) {
            return false;
        }
        LedgerDialect dialect = traffic.dialect().ledger();
        Connection physical = attachedOrNull();
        if (dialect == null || physical == null || !dialect.isWrite(lastStatement(), kind)) {
            return false;
        }
        if (kind != StatementKind.PLAIN && kind != StatementKind.UNREPEATABLE && kind != StatementKind.UNMARKED) {
            return false;
        }
        if (kind == StatementKind.UNREPEATABLE && lastsWithoutCommit(lastStatement())) {
            return false;
        }
        if (commits.prepare(physical, attachedEpoch(), nodeName())) {
            physical.setAutoCommit(false);
            commits.ownsTransaction(true);
            return true;
        }
        return false;
    }

    /** Whether it does something that a rollback leaves: then a missing mark does not tell that it may be done again. */
    private boolean lastsWithoutCommit(String sql) {
        ReplayDialect dialect = traffic.dialect().replay();
        ReplayOff why = dialect == null ? ReplayOff.DATABASE : dialect.whyOff(sql, kind);
        return why == ReplayOff.OTHER_SERVER || why == ReplayOff.MESSAGE || why == ReplayOff.DATABASE;
    }

    /**
     * Commits what {@link #beginOwnTransaction} began, whose statement came back without an error.
     *
     * @return whether its connection was lost with the answer, and the ledger has it
     */
    final boolean commitOwnTransaction() throws SQLException {
        if (!commits.ownsTransaction()) {
            return false;
        }
        Connection physical = attachedOrNull();
        if (physical == null) {
            throw new SQLException(whyGone(), "08006");
        }
        Call executed = call;
        call = Call.COMMIT;
        SQLException lostAnswer;
        try {
            commits.send(physical, markingToSend(), on -> on.setAutoCommit(true));
            if (!isDisowned()) {
                commits.ownsTransaction(false);
                call = executed;
                return false;
            }
            lostAnswer = new SQLException(DISOWNED, "08007");
        } catch (SQLException e) {
            if (!isLoss(e)) {
                throw e;
            }
            lostAnswer = e;
        }
        call = executed;
        if (!isCommitted(lostAnswer)) {
            throw new SQLException(
                    "The statement was not committed, and its late commit will fail", "08006", lostAnswer);
        }
        commits.ownsTransaction(false);
        return true;
    }

    /** Asks the ledger about a commit whose answer is lost. */
    private boolean isCommitted(SQLException lostAnswer) throws SQLException {
        String why = reason(lostAnswer);
        reportTrouble(lostAnswer);
        loseBackend();
        discard();
        CommitPath.Outcome outcome;
        try {
            outcome = commits.settle(lostAnswer, lostBackend());
        } catch (SQLException e) {
            lostAnswer.addSuppressed(e);
            traffic.settled(CommitPath.Outcome.UNKNOWN);
            commits.ownsTransaction(false);
            throw unitOver(false, why + "; " + e.getMessage(), lostAnswer);
        }
        traffic.settled(outcome);
        if (outcome == CommitPath.Outcome.UNKNOWN) {
            commits.ownsTransaction(false);
            throw unitOver(false, why + NO_MARK, lostAnswer);
        }
        return outcome == CommitPath.Outcome.COMMITTED;
    }

    private Marking markingToSend() {
        // No mark can be had where the whole transaction is READ ONLY, as one that notifies may be.
        Marking needed = marking();
        return needed == Marking.ALWAYS && isDeclaredReadOnly() ? Marking.UNCERTAIN : needed;
    }

    /** Ends it after {@code cause}, and returns what autocommit would have said. */
    private SQLException endOwnTransaction(SQLException cause) throws SQLException {
        Connection physical = attachedOrNull();
        if (physical == null) {
            return cause;
        }
        // The driver complains about the answer to what the server did, as executeQuery does of an update: autocommit
        // keeps it.
        boolean done = transactionStatus() == TransactionStatus.OPEN;
        try {
            if (!done) {
                physical.rollback();
            }
            physical.setAutoCommit(true);
        } catch (SQLException e) {
            if (done && !isLoss(e) && transactionStatus() == TransactionStatus.IDLE) {
                // The server refuses the commit before the driver looks at the answer.
                return endOwnTransaction(e);
            }
            cause.addSuppressed(e);
            reportTrouble(e);
            if (done && isLoss(e)) {
                throw unitOver(false, reason(e), e);
            }
            discard();
        }
        return cause;
    }

    @Override
    final boolean isSettledAsLost() {
        return commits.isClosed();
    }

    /** The application closes the connection. */
    final void closeCommits() {
        commits.close();
    }

    /** The statement goes to the driver now: from here on it counts as sent. */
    final void handOver(Call next) {
        call = next;
        nothingPinnedYet();
        if (kind != StatementKind.PLAIN) {
            mark(lastStatement());
        }
        sent = true;
        traffic.called(this, recording() != null);
    }

    /**
     * The statement in flight came back without an error.
     *
     * @param cursor whether it left a result whose rows the server may still hold
     * @throws SQLException 08007 if it was acknowledged by a primary that is none any more
     */
    final void returned(boolean cursor) throws SQLException {
        executed();
        nothingPinnedYet();
        retries = null;
        if (kind != StatementKind.PLAIN) {
            if (settle()) {
                return;
            }
        } else if (changedSession()) {
            textWentBack();
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

    /** The driver threw something that is no SQLException: the unit of an autocommit statement must not stay open. */
    final void broken() {
        executed();
        if (commits.ownsTransaction()) {
            commits.ownsTransaction(false);
            discard();
        }
        retries = null;
        if (!inTransaction() && cursors == 0) {
            unitOver();
        }
    }

    /** Begins a call that is no statement of a unit. */
    final Connection beginOther() throws SQLException {
        Connection physical;
        do {
            physical = ready();
            kind = StatementKind.PLAIN;
            call = Call.OTHER;
            sentBefore = sent;
            // The driver may begin the transaction by this.
        } while (!isPrepared(physical));
        return physical;
    }

    /** Decides about a call that failed: returns if it shall run again, else throws what the application gets. */
    final void again(SQLException error) throws SQLException {
        executed();
        SQLException e = error;
        if (commits.ownsTransaction()) {
            commits.ownsTransaction(false);
            if (!isOurs(e) && isLoss(e)) {
                endLostBackendFirst();
                runAgain(e);
                return;
            }
            e = endOwnTransaction(e);
        }
        boolean transaction = inTransaction();
        switch (isOurs(e) ? Verdict.PASS : judge(e)) {
            case PASS -> {
                if (isOurs(e) && transaction && sentBefore && isUnitOpen()) {
                    // Refused by us in the middle of a transaction: half of it must not be applied.
                    throw unitOver(!mayCommit, String.valueOf(e.getMessage()), e);
                }
                passed();
                retries = null;
                if (!transaction && !inTransaction() && cursors == 0) {
                    unitOver();
                }
                throw e;
            }
            case RUN_AGAIN -> runAgain(e);
            case NOT_APPLIED -> {
                if (call == Call.ROLLBACK
                        && kind == StatementKind.END
                        && !SqlText.isChained(lastStatement(), traffic.dialect())) {
                    // The server rolls it back by itself; what is left to do is to say so.
                    textTransaction = false;
                    runAgain(e);
                } else {
                    replayOrEnd(reason(e), e);
                }
            }
            case UNKNOWN -> throw unitOver(false, reason(e), e);
        }
    }

    /** The same about a call that is not recorded. */
    final void againUnrecorded(SQLException e) throws SQLException {
        boolean again = false;
        try {
            again(e);
            again = true;
        } finally {
            if (!again) {
                failedUnrecorded(e);
            }
        }
    }

    /** The application saw an error of its own that no replay shows it again: what that did to the transaction would be healed. */
    private void failedUnrecorded(SQLException e) {
        boolean wasFailedBefore = "25P02".equals(e.getSQLState());
        if (!wasFailedBefore && inTransaction() && transactionStatus() == TransactionStatus.FAILED) {
            replayOff(ReplayOff.FAILED_CALL);
        }
    }

    /**
     * Decides about a call inside a transaction that is no statement of it: returns if the transaction was replayed and the call
     * shall run again, else throws.
     */
    final void againInside(SQLException e, Call failedCall) throws SQLException {
        if (!inTransaction() || isOurs(e) || classify(e) == ErrorClass.APPLICATION) {
            throw failed(e, failedCall);
        }
        call = failedCall;
        sentBefore = sent;
        switch (judge(e)) {
            case NOT_APPLIED -> replayOrEnd(reason(e), e);
            case UNKNOWN -> throw unitOver(false, reason(e), e);
            case PASS, RUN_AGAIN -> throw failed(e, failedCall);
        }
    }

    /** More rows are wanted of a connection that is lost: returns if the transaction was replayed. */
    final void fetchAgain(@Nullable SQLException e, boolean recorded) throws SQLException {
        if (e == null) {
            if (!recorded || !inTransaction() || mayCommit) {
                throw fetchRefused();
            }
            call = Call.FETCH;
            replayOrEnd(whyGone(), null);
        } else if (recorded) {
            againInside(e, Call.FETCH);
        } else {
            throw failed(e, Call.FETCH);
        }
    }

    /** Sends the commit of the open transaction, until it is known what became of it. */
    final void commitUnit(CommitPath.Step step) throws SQLException {
        while (true) {
            committing();
            traffic.called(this, recording() != null);
            Connection physical = ready();
            if (sent && transactionStatus() == TransactionStatus.FAILED) {
                commitFailedTransaction(physical, step);
                return;
            }
            SQLException lostAnswer;
            try {
                if (sent) {
                    executingCommit();
                    commits.send(physical, markingToSend(), step);
                } else {
                    step.on(physical);
                }
                if (!isDisowned()) {
                    endAcknowledged();
                    return;
                }
                executed();
                lostAnswer = new SQLException(DISOWNED, "08007");
            } catch (SQLException e) {
                executed();
                Verdict verdict = isOurs(e) ? Verdict.PASS : judge(e);
                if (verdict == Verdict.PASS) {
                    retries = null;
                    passed();
                    throw e;
                } else if (verdict == Verdict.RUN_AGAIN) {
                    // Nothing had been sent, so there is nothing to commit.
                    runAgain(e);
                    retries = null;
                    return;
                } else if (verdict == Verdict.NOT_APPLIED) {
                    replayOrEnd(reason(e), e);
                    continue;
                }
                lostAnswer = e;
            } catch (RuntimeException e) {
                // A driver that fails so has lost track of its own connection.
                discard();
                throw unitOver(false, "the driver failed: " + e, new SQLException(e));
            }
            if (isSettled(lostAnswer)) {
                return;
            }
        }
    }

    /** What the server does on the COMMIT of a transaction that has failed is a rollback, whatever the driver makes of it. */
    private void commitFailedTransaction(Connection physical, CommitPath.Step step) throws SQLException {
        call = Call.ROLLBACK;
        try {
            step.on(physical);
        } catch (SQLException e) {
            if (!isLoss(e)) {
                passed();
                throw e;
            }
            reportTrouble(e);
            discard();
        }
        endAcknowledged();
    }

    /** A commit was sent and its answer is lost: returns whether it is committed; if not, the transaction was replayed. */
    private boolean isSettled(SQLException lostAnswer) throws SQLException {
        String why = reason(lostAnswer);
        if (commits == CommitPath.PLAIN) {
            throw unitOver(false, why, lostAnswer);
        }
        if (isCommitted(lostAnswer)) {
            retries = null;
            keepSession();
            unitOver();
            return true;
        }
        if (mayCommit) {
            throw unitOver(
                    false, why + "; its last COMMIT was not applied, but it may have committed by itself", lostAnswer);
        }
        replayOrEnd(why, lostAnswer);
        return false;
    }

    /**
     * A row was written through a result of this attachment, in autocommit as a unit of its own inside that of the result.
     *
     * @throws SQLException 08007 if it was acknowledged by a node that is no primary any more
     */
    final void wrote(int attachment) throws SQLException {
        if (attachment == number() && !inTransaction()) {
            call = Call.UPDATE;
            sent = true;
            checkAcknowledgement();
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
            case PASS -> {
                failedUnrecorded(e);
                yield e;
            }
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

    /**
     * The same for a call that took no turn.
     *
     * @param attachment under which it was made
     * @return null if that was replaced, and the failure is none of the connection's any more
     */
    final @Nullable SQLException failedAside(SQLException e, Call failedCall, int attachment) {
        if (attachment != number()) {
            return null;
        }
        if (!hasTurn() && classify(e) == ErrorClass.APPLICATION) {
            return e;
        }
        boolean taken;
        try {
            taken = takeTurn();
        } catch (SQLException ended) {
            e.addSuppressed(ended);
            return e;
        }
        try {
            return attachment == number() ? failed(e, failedCall) : null;
        } finally {
            giveTurn(taken);
        }
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
}
