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
 * The calls of one logical connection, and what a failed call means for its unit. Confined to the thread that uses the
 * connection.
 */
abstract class Calls extends Boundaries {

    private static final int ROLE_QUESTION_MILLIS = 2_000;

    Calls(Traffic traffic) {
        super(traffic);
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

    private String reason(SQLException e) {
        return isCut() ? whyGone() : String.valueOf(e.getMessage());
    }

    private static boolean isOurs(SQLException e) {
        return e instanceof UnitNotAppliedException
                || e instanceof UnitOutcomeUnknownException
                || e instanceof NoPrimaryException;
    }
}
