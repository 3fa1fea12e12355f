package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What a request asks of a backend. Immutable.
 *
 * @param maximumLagBytes how far the target may be behind when the switchover starts
 * @param drainTimeout how long open units of work may take to end
 * @param pauseBudget how long writes may pause at most
 */
public record SwitchoverOptions(long maximumLagBytes, Duration drainTimeout, Duration pauseBudget) {

    public SwitchoverOptions {
        requireNonNull(drainTimeout, "drainTimeout");
        requireNonNull(pauseBudget, "pauseBudget");
    }
}
