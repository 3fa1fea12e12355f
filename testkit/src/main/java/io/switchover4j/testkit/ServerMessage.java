package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

/**
 * A message from a server to its client. Immutable.
 *
 * @param text the command tag of COMMAND_COMPLETE, the SQLState of ERROR and NOTICE, the transaction status of READY; else
 *     empty
 * @param answerTo the number of the last client message that this one belongs to the answer of; 0 if it answers none
 * @param settledThrough the number of the last client message that is answered completely once this one has been read, with
 *     all the effect that it has on its own; 0 before the first
 * @param length the whole message in bytes
 */
public record ServerMessage(MessageKind kind, String text, long answerTo, long settledThrough, int length) {

    public ServerMessage {
        requireNonNull(kind, "kind");
        requireNonNull(text, "text");
    }
}
