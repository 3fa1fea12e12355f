package io.switchover4j.jdbc.internal;

import java.sql.SQLException;

/** One call of a transaction, and what it answered. */
interface Recorded {

    /**
     * Does it again.
     *
     * @throws ReplayDiffersException if the answer is not the one that the application has seen
     * @throws SQLException if the connection is lost once more, or the server rolled back
     */
    void replay(ReplayRun run) throws SQLException;
}
