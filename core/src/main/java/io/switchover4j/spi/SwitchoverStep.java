package io.switchover4j.spi;

import io.switchover4j.PlannedStep;
import java.util.Map;

/**
 * One thing that is done during a switchover, can be found done already, and can be undone.
 *
 * <p>The coordinator journals the intent, calls {@link #apply}, and journals the result. If a step before the promotion
 * fails, {@link #undo} is called on every step whose intent was journaled, last first, with a fresh deadline; that
 * includes the step that failed, and the step that promotes if it was then found not to have promoted. An undo that fails
 * is repeated until the deadline, unless the machine itself failed ({@link VirtualMachineError}). A step after the promotion is never undone; it may be applied again. Both methods look at what is there first and act only on the difference, so that each
 * may be repeated after a crash.
 */
public interface SwitchoverStep {

    /** What a person is told about it. */
    PlannedStep describe();

    /**
     * What another process must know to undo or to finish this step if this one ends in the middle of {@link #apply}, for
     * example the value of a setting that will be changed: it is kept in the journal before the step is applied. Looks,
     * changes nothing, names no secret. Most steps can be undone from what is observed and say nothing.
     *
     * @throws BackendException if it cannot be found out; the step is not applied then
     */
    default Map<String, String> intent(Deadline deadline) {
        return Map.of();
    }

    /**
     * Does it, unless it is found done.
     *
     * @throws BackendException if it failed or may have failed; the coordinator then undoes, or, for the phase PROMOTING,
     *     resolves. Thrown at the latest when the deadline of the context has passed
     */
    void apply(StepContext context);

    /**
     * Makes what {@link #apply} did undone, whether it was done, half done or not done at all. Without effect on a step
     * that need not be undone.
     *
     * @throws BackendException if it could not be undone: if it still is not at the deadline, the switchover ends in
     *     NEEDS_OPERATOR
     */
    default void undo(StepContext context) {}
}
