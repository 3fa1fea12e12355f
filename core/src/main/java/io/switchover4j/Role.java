package io.switchover4j;

/**
 * What a node is, at the moment it was asked: as it says itself, or, where it lives and does not say so to us, as the backend
 * sees otherwise.
 */
public enum Role {
    /** Takes writes. */
    PRIMARY,
    /** Follows a primary and refuses writes. */
    STANDBY,
    /** Did not answer, or answered neither: assume nothing. */
    UNKNOWN
}
