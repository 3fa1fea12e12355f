package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a logical connection carries from one physical connection to the next: the state of its session, and the record of its
 * open transaction. Confined to the thread that uses the connection.
 */
abstract class SessionState extends Attachment {

    /** A session that is told to end does so at once, unless its process hangs. */
    private static final Duration END_AT_MOST = Duration.ofSeconds(5);

    private static final ReplayOff[] REASONS = ReplayOff.values();
    private static final int REASON_BITS = Integer.SIZE - Integer.numberOfLeadingZeros(REASONS.length);
    private static final int REASON_MASK = (1 << REASON_BITS) - 1;

    final ReplayOptions replay;

    @Nullable
    Session session;

    /** The session as it was when the open transaction first changed it; null if it did not. */
    private @Nullable Session sessionBefore;

    private @Nullable Recording recording;

    /** The lost transaction is being done again: its session is that of its beginning. */
    boolean replaying;

    /** Who the lost physical connection was to the server. */
    private @Nullable Backend lostBackend;

    /** What is done again on the next connection needs what the lost session may have locked. */
    private boolean endLostFirst;

    /** The parameters of the statement in flight, if it changes a setting. */
    @Nullable
    Parameters settingParameters;

    /**
     * The attachment whose physical connection the application can use past us, and in the low bits why: each borrow would be
     * larger by a second number.
     */
    private int givenAway = -1;

    SessionState(Traffic traffic) {
        super(traffic);
        this.replay = traffic.replayOptions();
    }

    /** Whether commits carry a mark. */
    abstract boolean hasLedger();

    // What cannot be moved

    @Override
    final boolean isPinned() {
        Session now = session;
        return now != null && now.isPinned();
    }

    @Override
    final String pinnedBy() {
        Session now = session;
        return now == null ? "" : now.describePins();
    }

    final void pin(String sql, @Nullable ReplayOff why) {
        ReplayDialect dialect = traffic.dialect().replay();
        ReplayOff what = why != null
                ? why
                : dialect == null ? ReplayOff.SESSION_STATE : dialect.whyOff(sql, StatementKind.SESSION);
        replayOff(what);
        sessionChanges();
        if (session().pin(what, SqlText.headline(sql))) {
            session().pinnedByThisCall = what;
        }
    }

    /** Another call begins, or the one that pinned something came back: what it pinned stays, whatever fails from here on. */
    final void nothingPinnedYet() {
        Session now = session;
        if (now != null) {
            now.pinnedByThisCall = null;
        }
    }

    /** What the session got from a call that failed is gone with it, or never came to be. */
    final void unpinThisCall() {
        Session now = session;
        if (now != null && now.pinnedByThisCall != null) {
            now.unpin(now.pinnedByThisCall);
            now.pinnedByThisCall = null;
        }
    }

    /** The call failed by an error of its own, which takes back what a rollback does. */
    final void unpinFailed() {
        Session now = session;
        if (now != null && now.pinnedByThisCall != null && Session.isLasting(now.pinnedByThisCall)) {
            now.pinnedByThisCall = null;
        }
        unpinThisCall();
    }

    // What can be set again

    final Session session() {
        Session remembered = session;
        if (remembered == null) {
            remembered = new Session();
            session = remembered;
        }
        return remembered;
    }

    /** To be called before the session is changed: a rollback must be able to take it back. */
    final void sessionChanges() {
        if (sessionBefore == null && inTransaction() && isUnitOpen()) {
            sessionBefore = session == null ? new Session() : session.copy();
        }
    }

    final boolean changedSession() {
        return sessionBefore != null;
    }

    /** The transaction is committed, and so is what it set. */
    final void keepSession() {
        sessionBefore = null;
    }

    /** The transaction is rolled back, or nobody knows. */
    final void rollBackSession() {
        Session before = sessionBefore;
        if (before != null) {
            sessionBefore = null;
            rollBackSessionTo(before);
        }
    }

    final void rollBackSessionTo(@Nullable Session before) {
        if (session != null) {
            session.rollBackTo(before == null ? new Session() : before);
        }
    }

    /** A statement that changes a setting was executed. */
    final void remember(String sql, @Nullable Parameters parameters) {
        ReplayDialect dialect = traffic.dialect().replay();
        Setting setting = dialect == null ? null : dialect.setting(sql, parameters);
        if (setting == null) {
            pin(sql, ReplayOff.SESSION_STATE);
            return;
        }
        sessionChanges();
        session().set(setting);
    }

    @Override
    final boolean leavesTraces() {
        return session != null && session.hasSettings();
    }

    @Override
    final boolean changesOnReturn() {
        return session != null;
    }

    /** Who a connection that was just borrowed is to the server. */
    final void identify(Connection borrowed) throws SQLException {
        ReplayDialect dialect = replay.on() || hasLedger() ? traffic.dialect().replay() : null;
        if (dialect != null) {
            seen.identify(borrowed, dialect);
        }
    }

    /**
     * Brings a connection that was just borrowed into the state that the application expects; ends the session before it, if
     * that may still hold locks of a transaction that is to be done again.
     */
    final void restore(Connection borrowed, boolean autoCommit) throws SQLException {
        if (replaying || endLostFirst) {
            endLostBackend(borrowed);
            endLostFirst = false;
        }
        Session state = replaying && sessionBefore != null ? sessionBefore : session;
        if (state != null) {
            state.applyTo(borrowed, autoCommit);
        } else if (borrowed.getAutoCommit() != autoCommit) {
            borrowed.setAutoCommit(autoCommit);
        }
    }

    /** Else currval and lastval would give the application numbers that another user of {@code taken} drew. */
    final void forgetDrawn(Connection taken) throws SQLException {
        ReplayDialect dialect = traffic.dialect().replay();
        if (dialect == null) {
            return;
        }
        dialect.forgetDrawn(taken);
        if (!taken.getAutoCommit()) {
            taken.rollback();
        }
    }

    private void endLostBackend(Connection borrowed) throws SQLException {
        ReplayDialect dialect = traffic.dialect().replay();
        Backend lost = lostBackend;
        if (dialect == null || lost == null) {
            return;
        }
        dialect.end(lost, borrowed, END_AT_MOST);
        if (!borrowed.getAutoCommit()) {
            borrowed.rollback();
        }
    }

    /** The physical connection is lost, and its session may live on. */
    final void loseBackend() {
        Backend backend = seen.backend();
        if (backend != null) {
            lostBackend = backend;
            seen = SeenConnection.TRUSTED;
        }
    }

    final @Nullable Backend lostBackend() {
        return lostBackend;
    }

    /** A transaction that was lost before it was committed is done again: its old session must not stand in its way. */
    final void endLostBackendFirst() {
        loseBackend();
        endLostFirst = true;
    }

    // The record of the open transaction

    /** Where a call of the open transaction is recorded; null if it need not be. */
    final @Nullable Recording recording() {
        if (!replay.on() || !isUnitOpen() || !inTransaction()) {
            return null;
        }
        Recording known = requireRecording();
        if (known == null || !known.isOn() || isPinned()) {
            return null;
        }
        if (isGivenAway()) {
            known.off(REASONS[givenAway & REASON_MASK]);
            return null;
        }
        return known;
    }

    private @Nullable Recording requireRecording() {
        Recording known = recording;
        if (known == null) {
            ReplayDialect dialect = traffic.dialect().replay();
            if (dialect != null) {
                known = new Recording(dialect, replay);
                recording = known;
            }
        }
        return known;
    }

    final @Nullable Recording knownRecording() {
        return replay.on() ? requireRecording() : null;
    }

    /**
     * The application got something that works on the physical connection past us, for as long as that lives: what it does with it
     * is seen in no later transaction either.
     */
    final void giveAway(ReplayOff why) {
        givenAway = number() << REASON_BITS | why.ordinal();
        replayOff(why);
    }

    final boolean isGivenAway() {
        return givenAway >> REASON_BITS == number();
    }

    /** Switches replay off for the open transaction, if one is open. */
    final void replayOff(ReplayOff why) {
        Recording known = recording();
        if (known != null) {
            known.off(why);
        }
    }

    final void clearRecording() {
        if (recording != null) {
            recording.clear();
        }
    }
}
