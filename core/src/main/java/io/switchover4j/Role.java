package io.switchover4j;

/** What a node says that it is, at the moment it was asked. */
public enum Role {
    /** Takes writes. */
    PRIMARY,
    /** Follows a primary and refuses writes. */
    STANDBY,
    /** Did not answer, or answered neither: assume nothing. */
    UNKNOWN
}
