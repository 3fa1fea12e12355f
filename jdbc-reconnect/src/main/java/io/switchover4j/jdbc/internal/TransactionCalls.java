package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import org.jspecify.annotations.Nullable;

/** Commit, rollback, autocommit and savepoints: the methods of {@link Connection} that begin and end what belongs together. */
abstract class TransactionCalls extends SessionSetters {

    TransactionCalls(Traffic traffic) {
        super(traffic);
    }

    @Override
    public void commit() throws SQLException {
        inTurn(this::commitNow);
    }

    private void commitNow() throws SQLException {
        checkOpen();
        SQLException earlier = lost();
        if (earlier != null) {
            forgetLost();
            throw lostBefore(earlier);
        }
        // Drivers refuse it in autocommit, also where SQL text began a transaction: then no mark may commit that.
        if (!isUnitOpen() || autoCommit && hasLedger()) {
            commitOutsideUnit(Connection::commit);
            return;
        }
        commitUnit(Connection::commit);
    }

    @Override
    public void rollback() throws SQLException {
        inTurn(this::rollbackNow);
    }

    private void rollbackNow() throws SQLException {
        checkOpen();
        // On the next physical connection something may have begun since.
        forgetLost();
        if (!isUnitOpen()) {
            endOutsideUnit(Connection::rollback);
            return;
        }
        Connection physical = attachedOrNull();
        if (physical == null || isSuperseded()) {
            discard();
            unitOver();
            return;
        }
        traffic.called(this, false);
        try {
            physical.rollback();
        } catch (SQLException e) {
            if (!isLoss(e)) {
                throw e;
            }
            reportTrouble(e);
            discard();
        }
        unitOver();
    }

    /** No statement of ours is open, but the application may have used what it unwrapped. Never waits. */
    private void endOutsideUnit(CommitPath.Step step) throws SQLException {
        Connection physical = attachedNow();
        if (physical == null) {
            return;
        }
        try {
            step.on(physical);
        } catch (SQLException e) {
            settingFailed(e);
        }
    }

    /** The same for what commits: a commit that is lost with work done past us must not look like one that succeeded. */
    private void commitOutsideUnit(CommitPath.Step step) throws SQLException {
        boolean unseenWork = !autoCommit && isGivenAway();
        if (!unseenWork) {
            endOutsideUnit(step);
            return;
        }
        Connection physical = attachedNow();
        if (physical == null) {
            throw unseenLost(null);
        }
        try {
            step.on(physical);
        } catch (SQLException e) {
            throw isLoss(e) ? unseenLost(e) : e;
        }
        if (isSuperseded()) {
            throw unseenLost(null);
        }
    }

    @Override
    public void setAutoCommit(boolean value) throws SQLException {
        inTurn(() -> {
            checkOpen();
            if (value != autoCommit) {
                changeAutoCommit(value);
            }
        });
    }

    private void changeAutoCommit(boolean value) throws SQLException {
        if (value && lost() != null) {
            rollbackNow();
        } else if (value && isUnitOpen()) {
            commitUnit(physical -> physical.setAutoCommit(true));
            autoCommit = true;
            return;
        }
        if (value) {
            commitOutsideUnit(physical -> physical.setAutoCommit(true));
            autoCommit = true;
            return;
        }
        Connection physical = attachedNow();
        if (physical != null) {
            try {
                physical.setAutoCommit(false);
            } catch (SQLException e) {
                settingFailed(e);
            }
        }
        autoCommit = false;
        adoptTextTransaction();
        if (isGivenAway()) {
            holdUnitOpen();
            sentSomething();
        }
    }

    @Override
    public boolean getAutoCommit() throws SQLException {
        checkOpen();
        return autoCommit;
    }

    @Override
    public Savepoint setSavepoint() throws SQLException {
        return newSavepoint(null);
    }

    @Override
    public Savepoint setSavepoint(String name) throws SQLException {
        return newSavepoint(name);
    }

    private Savepoint newSavepoint(@Nullable String name) throws SQLException {
        boolean taken = takeTurn();
        try {
            return newSavepointNow(name);
        } finally {
            giveTurn(taken);
        }
    }

    private Savepoint newSavepointNow(@Nullable String name) throws SQLException {
        while (true) {
            Connection physical = begin("SAVEPOINT", StatementKind.PLAIN);
            handOver(Call.UPDATE);
            LogicalSavepoint savepoint;
            try {
                savepoint = LogicalSavepoint.set(physical, name, number(), session);
            } catch (SQLException e) {
                againUnrecorded(e);
                continue;
            }
            returned(false);
            record(savepoint::setAgain);
            return savepoint;
        }
    }

    @Override
    public void rollback(Savepoint savepoint) throws SQLException {
        inTurn(() -> rollbackNow(savepoint));
    }

    private void rollbackNow(Savepoint savepoint) throws SQLException {
        while (true) {
            Connection physical = inSavepoint();
            try {
                physical.rollback(known(savepoint));
                break;
            } catch (SQLException e) {
                againInside(e, Call.ROLLBACK);
            }
        }
        if (changedSession()) {
            rollBackSessionTo(savepoint instanceof LogicalSavepoint ours ? ours.session : null);
        }
        record(run -> run.on.rollback(known(savepoint)));
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) throws SQLException {
        inTurn(() -> releaseNow(savepoint));
    }

    private void releaseNow(Savepoint savepoint) throws SQLException {
        while (true) {
            Connection physical = inSavepoint();
            try {
                physical.releaseSavepoint(known(savepoint));
                break;
            } catch (SQLException e) {
                againInside(e, Call.UPDATE);
            }
        }
        record(run -> run.on.releaseSavepoint(known(savepoint)));
    }

    /** What the driver knows the savepoint by; one that is not ours is left to it to complain about. */
    private Savepoint known(Savepoint savepoint) throws SQLException {
        return savepoint instanceof LogicalSavepoint ours ? ours.physical(number()) : savepoint;
    }

    /** A savepoint lives in an open transaction; where that is lost, going on as if it were not would apply half of it. */
    private Connection inSavepoint() throws SQLException {
        checkOpen();
        SQLException earlier = lost();
        if (earlier != null) {
            throw lostBefore(earlier);
        }
        Connection physical = attachedNow();
        if (physical == null) {
            throw LogicalSavepoint.ended();
        }
        return physical;
    }
}
