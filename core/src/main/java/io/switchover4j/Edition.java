package io.switchover4j;

/** How much redundancy an instance was bought or built with. */
public enum Edition {
    /** One node, no standby: such an instance cannot be switched. */
    BASIC,
    /** A primary and a standby. */
    HIGH_AVAILABILITY,
    /** A primary and several standbys. */
    CLUSTER;

    /** Whether an instance of this edition has a standby to switch to. */
    public boolean hasStandby() {
        return this != BASIC;
    }
}
