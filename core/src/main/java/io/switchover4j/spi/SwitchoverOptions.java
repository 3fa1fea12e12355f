package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What a request asks of a backend. Immutable.
 *
 * @param maximumLagBytes how far the target may be behind when the switchover starts
 * @param pauseBudget how long writes may pause at most
 */
public record SwitchoverOptions(long maximumLagBytes, Duration pauseBudget) {

    public SwitchoverOptions {
        requireNonNull(pauseBudget, "pauseBudget");
    }
}
