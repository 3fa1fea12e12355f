package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.util.OptionalLong;

/**
 * How a standby follows its primary, as observed. Immutable.
 *
 * @param state whether changes flow
 * @param synchronous whether the primary waits for this standby before it acknowledges a commit
 * @param lagBytes how many bytes of changes the standby has yet to apply; empty if that could not be found out
 */
public record Replication(State state, boolean synchronous, OptionalLong lagBytes) {

    /**
     * @throws IllegalArgumentException if the lag is negative
     */
    public Replication {
        requireNonNull(state, "state");
        requireNonNull(lagBytes, "lagBytes");
        if (lagBytes.isPresent() && lagBytes.getAsLong() < 0) {
            throw new IllegalArgumentException("The lag is %d bytes; it must be 0 or more, or empty if it is not known"
                    .formatted(lagBytes.getAsLong()));
        }
    }

    /** Whether changes flow from the primary to the standby. */
    public enum State {
        /** Changes flow and are applied: the standby may be switched to. */
        STREAMING,
        /** Changes flow, but the standby is still far behind: wait. */
        CATCHING_UP,
        /** Nothing flows: repair replication before any switch. */
        DISCONNECTED,
        /** Could not be found out: assume nothing. */
        UNKNOWN
    }
}
