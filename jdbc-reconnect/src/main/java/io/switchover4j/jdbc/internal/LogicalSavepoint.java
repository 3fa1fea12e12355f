package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import org.jspecify.annotations.Nullable;

/** A savepoint that is set again where its transaction is replayed; to the application it stays the same. */
final class LogicalSavepoint implements Savepoint {

    private final @Nullable String name;
    private final int id;
    private Savepoint physical;

    /** The attachment of the connection to which {@link #physical} belongs. */
    private int attachment;

    /** What was set in the session when it was set; null if nothing was. */
    final @Nullable Session session;

    private LogicalSavepoint(
            @Nullable String name, int id, Savepoint physical, int attachment, @Nullable Session session) {
        this.name = name;
        this.id = id;
        this.physical = physical;
        this.attachment = attachment;
        this.session = session;
    }

    static LogicalSavepoint set(Connection on, @Nullable String name, int attachment, @Nullable Session session)
            throws SQLException {
        Savepoint physical = setPhysical(on, name);
        int id = name == null && physical != null ? physical.getSavepointId() : 0;
        return new LogicalSavepoint(name, id, physical, attachment, session == null ? null : session.copy());
    }

    private static Savepoint setPhysical(Connection on, @Nullable String name) throws SQLException {
        return name == null ? on.setSavepoint() : on.setSavepoint(name);
    }

    /** Sets it on the connection on which the transaction is replayed. */
    void setAgain(ReplayRun run) throws SQLException {
        physical = setPhysical(run.on, name);
        attachment = run.attachment();
    }

    /**
     * What the driver knows it by.
     *
     * @throws SQLException 3B001 if its transaction is over
     */
    Savepoint physical(int currentAttachment) throws SQLException {
        if (attachment != currentAttachment) {
            throw ended();
        }
        return physical;
    }

    static SQLException ended() {
        return new SQLException("The savepoint belongs to a transaction that has ended", "3B001");
    }

    @Override
    public int getSavepointId() throws SQLException {
        if (name != null) {
            throw new SQLException("The savepoint '%s' has a name, no number".formatted(name), "3B001");
        }
        return id;
    }

    @Override
    public String getSavepointName() throws SQLException {
        if (name == null) {
            throw new SQLException("The savepoint has a number, no name", "3B001");
        }
        return name;
    }

    @Override
    public String toString() {
        return name == null ? "savepoint " + id : "savepoint '" + name + "'";
    }
}
