package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * What a failover cost beyond a pause. Immutable.
 *
 * @param estimatedLoss what was lost at least, as estimated right before; empty if it did not come that far
 * @param acceptedLoss what the caller had accepted; empty if nothing was
 * @param fence whether the old primary was kept from taking writes; empty if it did not come that far
 */
public record FailoverResult(
        Optional<LossEstimate> estimatedLoss, Optional<LossLimit> acceptedLoss, Optional<FenceResult> fence) {

    public FailoverResult {
        requireNonNull(estimatedLoss, "estimatedLoss");
        requireNonNull(acceptedLoss, "acceptedLoss");
        requireNonNull(fence, "fence");
    }
}
