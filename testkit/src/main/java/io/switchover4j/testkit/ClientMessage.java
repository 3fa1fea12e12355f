package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

/**
 * A message from a client to its server. Immutable.
 *
 * @param number its place among the client's messages on this connection, from 1 on
 * @param sql the text that it carries or, for one that executes or binds a prepared statement, that of the statement;
 *     empty if there is none, and for a password. Never a parameter's value, unless the driver has written it into the text
 * @param commits whether a statement of {@code sql} ends a transaction by committing it: COMMIT or END, also in a text of
 *     several statements, not COMMIT PREPARED
 * @param endsRequest whether the server answers without waiting for a further message
 * @param length the whole message in bytes
 */
public record ClientMessage(
        long number, MessageKind kind, String sql, boolean commits, boolean endsRequest, int length) {

    public ClientMessage {
        requireNonNull(kind, "kind");
        requireNonNull(sql, "sql");
    }

    /** Whether the server executes a statement on receiving it. */
    public boolean executes() {
        return kind == MessageKind.QUERY || kind == MessageKind.EXECUTE;
    }

    @Override
    public String toString() {
        return "#%d %s%s".formatted(number, kind, sql.isEmpty() ? "" : " '" + SqlText.forLog(sql) + "'");
    }
}
