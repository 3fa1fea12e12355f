package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * How the COMMIT of a transaction is sent, and what became of one whose answer was lost: the place of a commit ledger. One for
 * each logical connection, confined to the thread that uses it.
 */
interface CommitPath {

    /** Without a ledger: nobody can tell. */
    CommitPath PLAIN = new CommitPath() {
        @Override
        public boolean prepare(Connection physical, long epoch, String node) {
            return false;
        }

        @Override
        public void send(Connection physical, Marking marking, Step commit) throws SQLException {
            commit.on(physical);
        }

        @Override
        public Outcome settle(SQLException lostAnswer, @Nullable Backend lost) {
            return Outcome.UNKNOWN;
        }

        @Override
        public boolean isClosed() {
            return false;
        }

        @Override
        public boolean ownsTransaction() {
            return false;
        }

        @Override
        public void ownsTransaction(boolean own) {
            if (own) {
                throw new IllegalStateException("There is no ledger");
            }
        }

        @Override
        public void close() {}
    };

    /** The driver's own commit: {@code commit()} or {@code setAutoCommit(true)}. */
    @FunctionalInterface
    interface Step {
        void on(Connection physical) throws SQLException;
    }

    /** What became of a COMMIT that was sent. */
    enum Outcome {
        /** It is committed on the verified primary, as durably as the application asked for. */
        COMMITTED,
        /** It is not committed and never will be: the transaction may be replayed. */
        NOT_COMMITTED,
        UNKNOWN
    }

    /**
     * Gets ready for the commit of a transaction that is about to begin, before it takes its snapshot.
     *
     * @param epoch of the primary that {@code physical} is connected to
     * @return whether the commit will be marked
     * @throws SQLException if that failed; nothing of the transaction was sent
     */
    boolean prepare(Connection physical, long epoch, String node) throws SQLException;

    /**
     * Sends the commit of a transaction that the server has not marked as failed; a mark goes along in the same round trip.
     *
     * @throws SQLException as the driver threw it; whether the answer is lost is judged by the caller
     */
    void send(Connection physical, Marking marking, Step commit) throws SQLException;

    /**
     * Finds out about the commit that was sent last, whose answer is lost. The physical connection is out of service already; its
     * session is ended only after this returned, or where it can be seen that it has not read the COMMIT. Bounded in time.
     *
     * @param lost the session whose answer is lost; null if nobody knows
     * @param lostAnswer what the driver threw, or what says that the node that acknowledged it was no primary any more
     * @throws SQLException if it stays unknown; the message says why
     */
    Outcome settle(SQLException lostAnswer, @Nullable Backend lost) throws SQLException;

    /** Whether the last commit was settled as not committed, and none was prepared since. */
    boolean isClosed();

    /** Whether a write of autocommit runs in a transaction of ours, so that its commit carries a mark. */
    boolean ownsTransaction();

    void ownsTransaction(boolean own);

    /** There will be no further transaction. */
    void close();
}
