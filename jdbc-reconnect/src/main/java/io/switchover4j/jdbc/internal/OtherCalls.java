package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * The calls of a logical connection that are no statements of a unit, each of which may open one for as long as it takes. Confined
 * to the thread whose turn it is.
 */
abstract class OtherCalls extends ForwardingConnection {

    /** The call in flight opened its unit, and closes it. */
    private boolean entered;

    /** The call in flight took its turn, and gives it back. */
    private boolean turnTaken;

    OtherCalls(Traffic traffic) {
        super(traffic);
    }

    @Override
    final Connection enter() throws SQLException {
        boolean taken = takeTurn();
        turnTaken |= taken;
        boolean done = false;
        try {
            Connection physical = enterUnit();
            done = true;
            return physical;
        } finally {
            if (!done) {
                leaveTurn();
            }
        }
    }

    private void leaveTurn() {
        boolean taken = turnTaken;
        turnTaken = false;
        giveTurn(taken);
    }

    private Connection enterUnit() throws SQLException {
        // Assigned, not added: a call that failed before its end may have left it set.
        entered = !isUnitOpen();
        return beginOther();
    }

    @Override
    final Connection enterAgain(SQLException e) throws SQLException {
        againUnrecorded(e);
        return enter();
    }

    @Override
    final void leave() {
        if (!hasTurn()) {
            // It failed, and gave it back.
            return;
        }
        if (entered) {
            entered = false;
            retries = null;
            unitOver();
        }
        leaveTurn();
    }

    /** What was called began a transaction at the driver: the unit stays open until its end. */
    final void keepUnit() {
        if (inTransaction()) {
            entered = false;
            sentSomething();
            replayOff(ReplayOff.METADATA);
        }
    }

    /** The same if it did; and a replay need not ask again. */
    final void keepUnitIfBegun() {
        if (inTransaction() && transactionStatus() != TransactionStatus.IDLE) {
            entered = false;
            sentSomething();
        }
    }

    /** Whatever is done with what was unwrapped belongs to the transaction. */
    final void holdUnitOpen() throws SQLException {
        enterUnit();
        entered = false;
    }

    /**
     * A row is about to be written through a result of {@code attachment}, which may be of an earlier transaction than the one
     * that this belongs to.
     *
     * @throws SQLException 24000 if the physical connection of the result is gone
     */
    final void beforeWrite(int attachment) throws SQLException {
        if (inTransaction() && attachment == number()) {
            holdUnitOpen();
            replayOff(ReplayOff.SCROLLABLE_RESULT);
            if (attachment != number()) {
                throw LogicalStatement.replaced();
            }
            sentSomething();
        }
    }

    final void record(Recorded call) {
        Recording recording = recording();
        if (recording != null) {
            recording.add(call, 0);
        }
    }

    final void checkOpen() throws SQLException {
        if (!isOpen()) {
            throw closedException();
        }
    }
}
