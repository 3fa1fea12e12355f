package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What a request asks of a backend. Immutable.
 *
 * @param maximumLagBytes how far the target may be behind when the switchover starts; without meaning for a failover
 * @param drainTimeout how long open units of work may take to end; without meaning for a failover
 * @param pauseBudget how long writes may pause at most
 * @param failover whether the target is to be promoted by force, without help of the primary, which may be gone
 */
public record SwitchoverOptions(long maximumLagBytes, Duration drainTimeout, Duration pauseBudget, boolean failover) {

    public SwitchoverOptions {
        requireNonNull(drainTimeout, "drainTimeout");
        requireNonNull(pauseBudget, "pauseBudget");
    }

    /** Those of a planned switchover. */
    public SwitchoverOptions(long maximumLagBytes, Duration drainTimeout, Duration pauseBudget) {
        this(maximumLagBytes, drainTimeout, pauseBudget, false);
    }
}
