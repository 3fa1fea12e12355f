package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

import io.switchover4j.PlannedStep;
import java.time.Duration;
import java.util.List;

/**
 * What a switchover would do. Immutable.
 *
 * @param steps the backend's steps, in order
 * @param predictedPause how long writes would pause
 * @param reasons what the prediction is made of, one figure each, for example {@code 70 MiB dirty buffers}
 */
public record SwitchoverPlan(List<PlannedStep> steps, Duration predictedPause, List<String> reasons) {

    public SwitchoverPlan {
        steps = List.copyOf(steps);
        requireNonNull(predictedPause, "predictedPause");
        reasons = List.copyOf(reasons);
    }
}
