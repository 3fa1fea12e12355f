package io.switchover4j.postgresql.internal;

import io.switchover4j.FenceResult;
import io.switchover4j.FenceResult.Outcome;
import io.switchover4j.PlannedStep;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.NodeControl;
import io.switchover4j.spi.NodeControl.StopMode;
import io.switchover4j.spi.StepContext;
import java.time.Duration;

/**
 * The fence of a failover: the old primary is stopped at once if its host can be reached. It never fails because that cannot
 * be done; it says so.
 */
final class FenceByForce extends Step {

    static final Duration LIMIT = Duration.ofSeconds(2);

    private final BoundedControl control;

    FenceByForce(Operation operation, PlannedStep description) {
        super(operation, description);
        this.control = new BoundedControl(operation.oldPrimary(), operation.connector());
    }

    @Override
    public void apply(StepContext context) {
        // The promotion must still find time within the pause budget.
        Duration half = context.deadline().remaining().dividedBy(2);
        context.fenceResult(fence(Deadline.after(half.compareTo(LIMIT) < 0 ? half : LIMIT, operation.time())));
    }

    private FenceResult fence(Deadline deadline) {
        long began = operation.time().nanoTime();
        String signal;
        try {
            boolean running = control.call(deadline, NodeControl::isRunning);
            signal = writeSignal(deadline);
            // Somebody may have started it an instant before the file was there.
            if (!running && !control.call(deadline, NodeControl::isRunning)) {
                return new FenceResult(Outcome.FENCED, "its server does not run" + signal);
            }
        } catch (BackendException e) {
            requireNotInterrupted(e);
            return new FenceResult(Outcome.NOT_REACHABLE, String.valueOf(e.getMessage()));
        }
        try {
            operation.stopRequested(true);
            control.run(deadline, old -> old.requestStop(StopMode.IMMEDIATE));
            while (control.call(Deadline.after(LIMIT, operation.time()), NodeControl::isRunning)) {
                if (deadline.isExpired()) {
                    return new FenceResult(
                            Outcome.NOT_CONFIRMED,
                            "its server was told to stop at once and still exists after %s; it stops when it goes on"
                                            .formatted(operation.millisSince(began))
                                    + signal);
                }
                Waiting.sleep(Waiting.COARSE);
            }
            return new FenceResult(
                    Outcome.FENCED,
                    "its server was stopped at once, which took " + operation.millisSince(began) + signal);
        } catch (BackendException e) {
            requireNotInterrupted(e);
            return new FenceResult(Outcome.NOT_CONFIRMED, String.valueOf(e.getMessage()));
        }
    }

    /** From then on whoever starts it, a supervisor too, gets a standby. What to add to the result where that failed. */
    private String writeSignal(Deadline deadline) {
        Duration half = deadline.remaining().dividedBy(2);
        try {
            return control.call(Deadline.after(half, operation.time()), old -> {
                operation.standbySignal().writeBy(old);
                return "";
            });
        } catch (BackendException e) {
            requireNotInterrupted(e);
            return "; '%s' could not be written there: %s".formatted(StandbySignal.FILE, e.getMessage());
        }
    }

    private static void requireNotInterrupted(BackendException e) {
        if (Thread.currentThread().isInterrupted()) {
            throw e;
        }
    }

    /** Nothing was promoted: the old primary may be started as such, and is if it had answered before it was stopped. */
    @Override
    public void undo(StepContext context) {
        if (operation.hadPrimary()) {
            new StopOldPrimary(operation, describe()).undo(context);
            return;
        }
        StandbySignal signal = operation.standbySignal();
        try {
            control.run(operation.connector().probeDeadline(context.deadline()), old -> signal.removeOurs());
        } catch (BackendException e) {
            requireNotInterrupted(e);
            context.leftBehind(operation.oldPrimary().id(), signal.howToRemove());
        }
    }
}
