package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * A switchover was asked for, entered a phase, or goes on in one. Immutable.
 *
 * @param instanceId the instance
 * @param operationId the switchover
 * @param at when
 * @param from the phase before; the same as {@code to} for the first event, which tells that it was asked for, and where
 *     it goes on in the same phase
 * @param to the phase entered
 * @param message why, for people
 */
public record SwitchoverEvent(String instanceId, String operationId, Instant at, Phase from, Phase to, String message) {

    public SwitchoverEvent {
        requireNonNull(instanceId, "instanceId");
        requireNonNull(operationId, "operationId");
        requireNonNull(at, "at");
        requireNonNull(from, "from");
        requireNonNull(to, "to");
        requireNonNull(message, "message");
    }
}
