package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks one node, on a connection of its own that is kept warm, on a thread of its own: a node that does not answer keeps
 * nobody from asking the others.
 */
final class NodeWatch implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(NodeWatch.class);

    /** Bounds one question. Long, because an overloaded node is slow; suspicion does not wait for it. */
    private static final int ANSWER_TIMEOUT_MILLIS = 10_000;

    /** A standby that is about to be promoted may get the last it is sent only milliseconds before. */
    private static final long SEQUENCES_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

    /** A promotion that takes longer than this many looks leaves time for the ordinary ones. */
    private static final int MOST_HASTY_LOOKS = 500;

    private static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Behind one endpoint a warm connection sticks to the server it reached first: a fresh one follows this often. */
    private static final int QUESTIONS_PER_CONNECTION = 10;

    private final int index;
    private final String dataSourceName;
    private final NodePool pool;
    private final ProbeSource probe;
    private final Gate gate;
    private final WatchPace pace;
    private final boolean sticky;
    private final Executor aborter;

    private volatile boolean closed;
    private volatile boolean wanted;
    private volatile boolean wantedSoon;
    private volatile boolean evictOnAnswer;
    private volatile @Nullable Connection connection;
    private volatile @Nullable Question question;
    private volatile @Nullable Thread thread;

    private boolean dialectKnown;
    private int hastyLooks;
    private int questions;
    private boolean failing;
    private @Nullable RoleAnswer lastAnswer;

    /** What was sent and is not answered yet. */
    private record Question(long askedAt) {}

    /**
     * @param sticky whether the node is an endpoint that may lead to another server next time
     */
    NodeWatch(
            int index,
            String dataSourceName,
            NodePool pool,
            ProbeSource probe,
            Gate gate,
            WatchPace pace,
            boolean sticky,
            Executor aborter) {
        this.index = index;
        this.dataSourceName = dataSourceName;
        this.pool = pool;
        this.probe = sticky ? new HedgedProbe(dataSourceName, probe) : probe;
        this.gate = gate;
        this.pace = pace;
        this.sticky = sticky;
        this.aborter = aborter;
    }

    String nodeName() {
        return pool.name();
    }

    /** Asks now, if it does not ask already, in which case it asks once more. */
    void look() {
        wanted = true;
        LockSupport.unpark(thread);
    }

    /** Asks in a few milliseconds. */
    void lookSoon() {
        wantedSoon = true;
        LockSupport.unpark(thread);
    }

    void evictOnAnswer() {
        evictOnAnswer = true;
        lookSoon();
    }

    /** Ends a question that was asked too long ago. */
    void giveUpQuestion(long now, long patienceNanos) {
        Question open = question;
        if (open != null && now - open.askedAt > patienceNanos) {
            giveUpQuestion();
        }
    }

    private void giveUpQuestion() {
        Connection asking = connection;
        if (asking != null) {
            aborter.execute(() -> PlainNodePool.abort(dataSourceName, asking, Runnable::run));
        }
    }

    void close() {
        closed = true;
        giveUpQuestion();
        Thread asking = thread;
        if (asking != null) {
            asking.interrupt();
        }
    }

    @Override
    public void run() {
        thread = Thread.currentThread();
        try {
            while (!closed) {
                wanted = false;
                wantedSoon = false;
                ask();
                rest();
            }
        } finally {
            drop();
        }
    }

    private void rest() {
        long due = System.nanoTime() + pace.nextNanos(gate.isUnsettled(), failing);
        RoleAnswer answer = lastAnswer;
        if (answer != null && !answer.writable() && !failing && looksAtSequences() && hastyLooks < MOST_HASTY_LOOKS) {
            hastyLooks++;
            due = Math.min(due, System.nanoTime() + SEQUENCES_NANOS);
        }
        boolean hurried = false;
        while (!wanted && !closed) {
            if (wantedSoon && !hurried) {
                hurried = true;
                due = Math.min(due, System.nanoTime() + SOON_NANOS);
            }
            long remaining = due - System.nanoTime();
            if (remaining <= 0) {
                return;
            }
            LockSupport.parkNanos(this, remaining);
        }
    }

    private void ask() {
        gate.asked(index);
        try {
            if (sticky && mustReconnect()) {
                drop();
            }
            boolean warm = connection != null;
            long askedAt = gate.clock().nanoTime();
            RoleAnswer answer;
            try {
                answer = askOnce();
            } catch (SQLException e) {
                if (!warm || closed) {
                    throw e;
                }
                // The connection alone may be gone: only a fresh one tells about the node.
                drop();
                askedAt = gate.clock().nanoTime();
                answer = askOnce();
            }
            lookAtSequences(answer);
            letGoOfOldConnections(answer);
            recovered(answer);
            gate.answered(index, answer, askedAt);
        } catch (SQLException | RuntimeException e) {
            drop();
            if (!closed) {
                failed(e);
            }
        } catch (Error e) {
            // Out of memory or threads for a moment: a watch that ended here would leave the node unseen for ever.
            drop();
            if (!closed) {
                failed(new SQLException("The question could not be asked: " + e, e));
            }
        }
    }

    /** On trouble, on a role that is not the primary's, and now and then. */
    private boolean mustReconnect() {
        questions++;
        return questions >= QUESTIONS_PER_CONNECTION || gate.isUnsettled();
    }

    private RoleAnswer askOnce() throws SQLException {
        Connection asking = connection;
        if (asking == null) {
            asking = connect();
        }
        question = new Question(gate.clock().nanoTime());
        try {
            return gate.dialect().askRole(asking);
        } finally {
            question = null;
        }
    }

    /** Whether this node may be promoted next, and a transaction that is lost may have drawn from sequences. */
    private boolean looksAtSequences() {
        DrawnKeys keys = gate.drawnKeys();
        boolean looks = !sticky
                && (keys.isWanted() || gate.isUnsettled() && !keys.names().isEmpty());
        if (!looks) {
            hastyLooks = 0;
        }
        return looks;
    }

    /** Before the answer is published: once the standby is promoted, nobody can tell any more how far it had been. */
    private void lookAtSequences(RoleAnswer answer) {
        DrawnKeys keys = gate.drawnKeys();
        ReplayDialect dialect = gate.dialect().replay();
        Connection asking = connection;
        if (answer.writable() || !looksAtSequences() || dialect == null || asking == null) {
            return;
        }
        try {
            keys.seen(nodeName(), dialect.positions(asking, keys.names()));
        } catch (SQLException e) {
            // Transactions that drew numbers will not be replayed; the next question shows whether the node is well.
            log.debug("{}: the sequences of '{}' could not be looked at", dataSourceName, nodeName(), e);
            drop();
        }
    }

    private Connection connect() throws SQLException {
        Connection fresh = probe.connect();
        connection = fresh;
        questions = 0;
        if (closed) {
            drop();
            throw new SQLException("The watch was closed", "08003");
        }
        if (!fresh.getAutoCommit()) {
            fresh.setAutoCommit(true);
        }
        try {
            fresh.setNetworkTimeout(Runnable::run, ANSWER_TIMEOUT_MILLIS);
        } catch (SQLFeatureNotSupportedException | AbstractMethodError e) {
            log.debug(
                    "{}: the driver has no network time-out; '{}' may block the watch", dataSourceName, nodeName(), e);
        }
        if (!dialectKnown) {
            gate.foundDialect(Dialects.of(fresh));
            dialectKnown = true;
        }
        return fresh;
    }

    /**
     * Before the answer is published, so that the first unit does not borrow a connection that died with the old server.
     * Not earlier either: while the node is down the pool would only wait longer and longer between its attempts to refill.
     */
    private void letGoOfOldConnections(RoleAnswer answer) {
        RoleAnswer before = lastAnswer;
        lastAnswer = answer;
        boolean otherServer = before != null && !before.server().equals(answer.server());
        if (otherServer || evictOnAnswer) {
            evictOnAnswer = false;
            pool.evictAll();
        }
    }

    private void recovered(RoleAnswer answer) {
        if (failing) {
            failing = false;
            log.info("{}: {} answers again: {}", dataSourceName, nodeName(), answer.describe());
        }
    }

    private void failed(Exception failure) {
        gate.failed(index, failure);
        if (failing) {
            log.debug("{}: {} still does not answer: {}", dataSourceName, nodeName(), failure.toString());
            return;
        }
        failing = true;
        log.warn(
                "{}: {} does not answer: {} (further failures at DEBUG)",
                dataSourceName,
                nodeName(),
                Objects.toString(failure.getMessage(), failure.getClass().getSimpleName()));
    }

    private void drop() {
        Connection old = connection;
        connection = null;
        if (old != null) {
            try {
                old.close();
            } catch (SQLException | RuntimeException | Error e) {
                log.debug("{}: closing the watch's connection to '{}' failed", dataSourceName, nodeName(), e);
            }
        }
    }
}
