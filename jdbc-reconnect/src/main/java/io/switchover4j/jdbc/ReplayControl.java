package io.switchover4j.jdbc;

import java.util.Optional;

/**
 * Whether the open transaction of a connection would be replayed if its physical connection were lost. Confined to the thread
 * that uses the connection.
 *
 * <pre>{@code
 * connection.unwrap(ReplayControl.class).disable();   // this transaction calls a mail server
 * }</pre>
 */
public interface ReplayControl {

    /**
     * Why a transaction would not be replayed now; empty if it would be. Outside a transaction: what holds for the next one.
     */
    Optional<ReplayOff> whyOff();

    /**
     * Switches replay off: between {@code beginRequest} and {@code endRequest} until the end of the request; else for the open
     * transaction, or for the next one if none is open. For work whose effects a rollback does not undo.
     */
    void disable();
}
