package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a switchover would find and do: the result of a dry run, in which nothing was changed. Immutable.
 *
 * @param instance the instance as observed
 * @param target the node that would be promoted; empty if there is none
 * @param checks every check with its verdict
 * @param steps what would be done, in order; empty if a check blocks
 * @param predictedPause how long writes would pause; empty if a check blocks
 * @param pauseReasons what the prediction is made of
 * @param estimatedLoss what a failover would lose; empty for a planned switchover, which loses nothing, or without a target
 */
public record Preflight(
        Instance instance,
        Optional<Node> target,
        List<Check> checks,
        List<PlannedStep> steps,
        Optional<Duration> predictedPause,
        List<String> pauseReasons,
        Optional<LossEstimate> estimatedLoss) {

    public Preflight {
        requireNonNull(instance, "instance");
        requireNonNull(target, "target");
        checks = List.copyOf(checks);
        steps = List.copyOf(steps);
        requireNonNull(predictedPause, "predictedPause");
        pauseReasons = List.copyOf(pauseReasons);
        requireNonNull(estimatedLoss, "estimatedLoss");
    }

    /** Whether no check blocks. */
    public boolean isPassed() {
        return blockers().isEmpty();
    }

    /** The checks that block. */
    public List<Check> blockers() {
        return checks.stream()
                .filter(check -> check.verdict() == Check.Verdict.BLOCK)
                .toList();
    }

    /** All of it as a text for people: a table of the checks, the steps, the predicted pause. */
    public String describe() {
        return Texts.of(this);
    }
}
