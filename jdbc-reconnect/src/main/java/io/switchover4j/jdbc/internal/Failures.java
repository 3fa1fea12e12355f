package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.jdbc.UnitNotAppliedException;
import io.switchover4j.jdbc.UnitOutcomeUnknownException;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What an error of the driver means for the unit that one logical connection has open. Confined to the thread that uses the
 * connection.
 */
abstract class Failures extends Boundaries {

    private static final int ROLE_QUESTION_MILLIS = 2_000;

    Failures(Traffic traffic) {
        super(traffic);
    }

    /** Whether an error ends this attempt of a replay, but not the next. */
    final boolean isEndOfReplay(SQLException e) {
        return switch (classify(e)) {
            case CONNECTION_LOST, REFUSED_CLOSED, NOT_READY, READ_ONLY, ROLLED_BACK ->
                !(e instanceof ReplayDiffersException);
            case APPLICATION -> false;
        };
    }

    /** Whether an error means that the physical connection is of no use any more, whatever else it means. */
    final boolean isLoss(SQLException e) {
        return classify(e).isLoss();
    }

    /** What becomes of the call in flight, and of its unit. */
    final Verdict judge(SQLException e) {
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
        if (verdict != Verdict.PASS) {
            traffic.affected();
        }
        return verdict;
    }

    final ErrorClass classify(SQLException e) {
        if (isCut()) {
            // Whatever the driver makes of a socket that was closed beneath it.
            return ErrorClass.CONNECTION_LOST;
        }
        ErrorClass error = traffic.dialect().classify(e);
        if (error != ErrorClass.REFUSED_CLOSED) {
            return error.isLoss()
                            && attachedOrNull() != null
                            && traffic.dialect().leftSessionOpen(e)
                    ? ErrorClass.APPLICATION
                    : error;
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
        if (traffic.dialect().isKnownWritable(physical, session)) {
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

    final String reason(SQLException e) {
        return isCut() ? whyGone() : String.valueOf(e.getMessage());
    }

    static boolean isOurs(SQLException e) {
        return e instanceof UnitNotAppliedException
                || e instanceof UnitOutcomeUnknownException
                || e instanceof NoPrimaryException;
    }
}
