package io.switchover4j.internal;

import static io.switchover4j.internal.Text.millis;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.LeaseHeldException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns what an effect threw into the event that the state machine understands, and into words. */
final class Diagnosis {

    private static final Logger log = LoggerFactory.getLogger(Diagnosis.class);
    private static final String TRY_AGAIN = "Remove the cause, then start the switchover again.";

    private final Operation operation;
    private final SwitchoverRequest request;
    private final Limits limits;

    Diagnosis(Operation operation, Limits limits) {
        this.operation = operation;
        this.request = operation.request();
        this.limits = limits;
    }

    /**
     * @param budget the pause budget, while it counts
     */
    Cause of(Phase phase, Throwable e, @Nullable Deadline budget) {
        log.debug("{}: {} did not pass", request.instanceId(), phase, e);
        Event event = event(e, budget);
        if (!StateMachine.allowed(phase).contains(event)) {
            event = Event.FAILED;
        }
        if (event == Event.CANCEL_REQUESTED) {
            return operation.cancelledIn(phase);
        }
        return new Cause(phase, event, what(event, e, phase), advice(event, e));
    }

    /** The first that applies: an expired deadline says little where somebody cancelled. */
    private Event event(Throwable e, @Nullable Deadline budget) {
        boolean interrupted = operation.absorbInterrupt();
        if (operation.isCancelPending()) {
            return Event.CANCEL_REQUESTED;
        }
        if (e instanceof LeaseHeldException) {
            return Event.REFUSED;
        }
        if (interrupted) {
            return Event.INTERRUPTED;
        }
        if (budget != null && budget.isExpired()) {
            return Event.BUDGET_EXHAUSTED;
        }
        return e instanceof StepFailure step && step.deadline().isExpired() ? Event.TIMED_OUT : Event.FAILED;
    }

    private String what(Event event, Throwable e, Phase phase) {
        return switch (event) {
            case INTERRUPTED -> "its thread was interrupted: " + Text.message(e);
            case BUDGET_EXHAUSTED ->
                "the pause budget of %s ran out: %s".formatted(millis(request.pauseBudget()), Text.message(e));
            case TIMED_OUT -> "%s passed: %s".formatted(limit(phase), Text.message(e));
            default -> Text.message(e);
        };
    }

    private String limit(Phase phase) {
        return switch (phase) {
            case CATCHING_UP -> "the catchUpTimeout of " + millis(request.catchUpTimeout());
            case REJOINING -> "the rejoinTimeout of " + millis(request.rejoinTimeout());
            case PROMOTING -> "the promotion's limit of " + millis(limits.promote());
            case RELEASING -> "the first write's limit of " + millis(limits.firstWrite());
            default -> "the limit of its phase";
        };
    }

    /** A journal refuses for many reasons, which its own words name. */
    static String journalAdvice(JournalException e) {
        return e.getCause() instanceof SomebodyElseException
                ? "Let no other coordinator on this journal start while one is switching; the history tells what became of this switchover there."
                : "Remove what keeps the journal from writing, then start the switchover again.";
    }

    private static String advice(Event event, Throwable e) {
        if (e instanceof JournalException journal) {
            return journalAdvice(journal);
        }
        if (e instanceof LeaseHeldException) {
            return "Wait until that switchover has ended.";
        }
        return event == Event.BUDGET_EXHAUSTED ? "Look for the cause, or raise pauseBudget." : TRY_AGAIN;
    }
}
