package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What differs from database to database: how errors are read, how the role is asked, what a statement may do. Stateless. */
interface Dialect {

    /** What an error means for the connection and for the unit on it. */
    ErrorClass classify(SQLException error);

    /**
     * Whether an error that a call on an open connection ended with came from the server, and the session goes on all the same:
     * then it is the application's, whatever its SQLState says. False if that cannot be told.
     */
    default boolean leftSessionOpen(SQLException error) {
        return false;
    }

    /** What a statement may do beyond its own unit, judged by its text. */
    StatementKind kindOf(String sql);

    /**
     * Where the statement that begins at {@code from} ends: at its separator, else at the end of the text. What lies in quotes,
     * comments and the bodies of routines separates nothing.
     */
    int statementEnd(String sql, int from);

    /** Shows each part of a text that may commit by which the session changes so that it cannot be moved, as far as the text tells. */
    default void pins(String sql, Consumer<String> pin) {
        SqlText.pins(sql, this, pin);
    }

    /** Where the next word, quoted text or other character from {@code from} on begins, behind blanks and comments. */
    int nextWord(String sql, int from);

    /**
     * Asks a node what it is.
     *
     * @throws SQLException if it does not answer; the caller bounds the time with the connection's network time-out
     */
    RoleAnswer askRole(Connection connection) throws SQLException;

    /** What the server last said about the transaction of {@code physical}. Asks nobody. */
    default TransactionStatus transactionStatus(Connection physical) {
        return TransactionStatus.UNKNOWN;
    }

    /**
     * Whether {@code physical} is known to reach a server that takes writes, in sessions that write unless the application
     * chose otherwise: then a refused write is the application's own wish. Asks nobody; false if it is not known.
     *
     * @param session what the application set; null if nothing
     */
    default boolean isKnownWritable(Connection physical, @Nullable Session session) {
        return false;
    }

    /**
     * Lets the session of a standby load what the statement needs, without running it. Does nothing where that is not known or
     * the text is not such a statement.
     *
     * @throws SQLException if the server refuses
     */
    default void warmUp(Connection standby, String sql) throws SQLException {}

    /**
     * The statement by which the driver sets the schema, which belongs to the transaction that is open or begins with it; null if it
     * sends none.
     */
    default @Nullable String schemaStatement(@Nullable String schema) {
        return null;
    }

    /** How transactions are replayed and sessions moved; null where that is not known. */
    default @Nullable ReplayDialect replay() {
        return null;
    }

    /** How it keeps a commit ledger; null if it does not. */
    default @Nullable LedgerDialect ledger() {
        return null;
    }
}
