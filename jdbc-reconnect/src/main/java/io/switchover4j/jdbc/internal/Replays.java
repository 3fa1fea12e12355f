package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.NoPrimaryException;
import io.switchover4j.jdbc.ReplayOff;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How what was lost on one logical connection is done again: a call of its own, or the whole open transaction. Confined to the
 * thread that uses the connection.
 */
abstract class Replays extends Failures {

    private static final Logger log = LoggerFactory.getLogger(Replays.class);

    /** So many times the same transaction is done again, in the hope that it is the last time. */
    private static final int MOST_REPLAYS = 8;

    final CommitPath commits;

    Replays(Traffic traffic) {
        super(traffic);
        this.commits = traffic.newCommitPath(this);
    }

    @Override
    final boolean hasLedger() {
        return commits != CommitPath.PLAIN;
    }

    final boolean isDeclaredReadOnly() {
        return session != null && Boolean.TRUE.equals(session.readOnly);
    }

    /** The call in flight was not applied, and runs again: lets go of the lost connection, and of some time where that helps. */
    final void runAgain(SQLException e) throws SQLException {
        Route seen = traffic.route();
        boolean saidClosed = classify(e) == ErrorClass.REFUSED_CLOSED;
        reportTrouble(e);
        discard();
        unpinThisCall();
        boolean surprise = retries == null;
        Retries tries = retries == null ? new Retries(traffic) : retries;
        unitOver();
        retries = null;
        tries.refused(saidClosed, e);
        tries.failed(seen, surprise, e);
        retries = tries;
    }

    @Override
    final Connection recovered(String why) throws SQLException {
        traffic.affected();
        if (mayCommit || !inTransaction()) {
            throw unitOver(!mayCommit, why, null);
        }
        replayOrEnd(why, null);
        Connection attached = attachedOrNull();
        if (attached == null) {
            throw unitOver(true, whyGone(), null);
        }
        return attached;
    }

    /** Why the open transaction would not be replayed; null if it would. */
    final @Nullable ReplayOff whyNotReplayed() {
        if (!replay.on()) {
            return ReplayOff.OPTION;
        }
        Recording recording = knownRecording();
        if (recording == null) {
            return ReplayOff.DATABASE;
        }
        Session now = session;
        ReplayOff pinned = now == null ? null : now.firstPin();
        return recording.whyOff() != null
                ? recording.whyOff()
                : pinned != null ? pinned : mayCommit ? ReplayOff.UNKNOWN_BODY : null;
    }

    /**
     * Does the open transaction, whose connection is lost and whose commit was not sent, again on another connection.
     *
     * @throws SQLException 40001 if that is not possible; the unit is over then
     */
    final void replayOrEnd(String why, @Nullable SQLException cause) throws SQLException {
        ReplayOff off = whyNotReplayed();
        Recording recording = knownRecording();
        if (recording == null || !inTransaction()) {
            throw unitOver(true, why, cause);
        }
        replay.counters().cut();
        if (off == null && recording.replayedOnceMore() > MOST_REPLAYS) {
            off = ReplayOff.ATTEMPTS;
        }
        if (off != null) {
            boolean first = replay.counters().refused(off);
            (first ? log.atWarn() : log.atDebug()).log("A lost transaction is not replayed: {}", off.reason());
            throw unitOver(true, why, off.reason(), cause);
        }
        boolean drawn = recording.hasDrawn();
        if (drawn) {
            traffic.drawnKeys().want();
        }
        try {
            replayUntilDone(recording, why, cause);
        } finally {
            if (drawn) {
                traffic.drawnKeys().wantNoMore();
            }
        }
    }

    private void replayUntilDone(Recording recording, String why, @Nullable SQLException cause) throws SQLException {
        Retries tries = retries == null ? new Retries(traffic) : retries;
        SQLException trouble = cause;
        while (true) {
            Route seen = traffic.route();
            if (trouble != null) {
                reportTrouble(trouble);
            }
            loseBackend();
            try {
                if (trouble != cause) {
                    tries.failed(seen, false, trouble == null ? new SQLException(why) : trouble);
                }
                replay.counters().attempted();
                runReplay(recording, tries);
                retries = tries;
                return;
            } catch (ReplayDiffersException e) {
                replay.counters().differed();
                log.debug("A transaction could not be replayed", e);
                discard();
                throw unitOver(true, why, e.getMessage(), cause == null ? e : cause);
            } catch (SQLException e) {
                if (e instanceof NoPrimaryException
                        || !isEndOfReplay(e)
                        || !isOpen()
                        || Thread.currentThread().isInterrupted()) {
                    replay.counters().failed();
                    discard();
                    throw unitOver(true, why, String.valueOf(e.getMessage()), e);
                }
                trouble = e;
            } catch (RuntimeException | Error e) {
                replay.counters().failed();
                unitOver();
                discard();
                throw e;
            }
        }
    }

    private void runReplay(Recording recording, Retries tries) throws SQLException {
        replaying = true;
        try {
            Connection on = reattach(tries);
            if (!isDeclaredReadOnly()) {
                commits.prepare(on, attachedEpoch(), nodeName());
            }
            List<Recorded> calls = recording.calls();
            doAgain(on, recording.dialect, calls);
            sent = !calls.isEmpty();
            replay.counters().replayed(calls.size());
            log.debug("A lost transaction was replayed: {} calls", calls.size());
        } finally {
            replaying = false;
        }
    }

    /** Does {@code calls} again on a connection that was just attached. */
    abstract void doAgain(Connection on, ReplayDialect dialect, List<Recorded> calls) throws SQLException;
}
