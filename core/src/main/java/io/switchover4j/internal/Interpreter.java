package io.switchover4j.internal;

import static io.switchover4j.internal.Text.millis;
import static io.switchover4j.internal.Text.quoted;

import io.switchover4j.Check;
import io.switchover4j.Instance;
import io.switchover4j.Node;
import io.switchover4j.OnDrainTimeout;
import io.switchover4j.Phase;
import io.switchover4j.Preflight;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.LeaseHeldException;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what the state machine asks for, one {@link Effect} at a time, and answers with the event that came of it. Confined to
 * the runner's thread.
 */
final class Interpreter {

    private static final Logger log = LoggerFactory.getLogger(Interpreter.class);
    private static final int FIRST_WRITE_ATTEMPTS = 5;
    private static final String TRY_AGAIN = "Remove the cause, then start the switchover again.";

    private final SwitchoverBackend backend;
    private final Examiner examiner;
    private final List<TrafficParticipant> participants;
    private final Operation operation;
    private final SwitchoverRequest request;
    private final OperationLog journal;
    private final Findings findings;
    private final Traffic traffic;
    private final TimeSource time;
    private final Limits limits;

    private @Nullable SwitchoverSession session;
    private @Nullable Steps steps;
    private @Nullable Deadline budget;
    private long holdBegan;

    Interpreter(
            SwitchoverBackend backend,
            List<TrafficParticipant> participants,
            Operation operation,
            OperationLog journal,
            Findings findings,
            Threads threads,
            TimeSource time,
            Limits limits) {
        this.backend = backend;
        this.examiner = new Examiner(backend, time, limits);
        this.participants = participants;
        this.operation = operation;
        this.request = operation.request();
        this.journal = journal;
        this.findings = findings;
        this.traffic = new Traffic(request.instanceId(), operation.operationId(), participants, threads, limits);
        this.time = time;
        this.limits = limits;
    }

    /** Runs one effect. Never throws what an effect throws: that is an event. {@link Effect#REPORT} is the runner's. */
    Event perform(Phase phase, Effect effect) {
        try {
            return switch (effect) {
                case OBSERVE -> observe();
                case TAKE_LEASE -> takeLease();
                case RUN_CHECKS -> runChecks();
                case CATCH_UP -> apply(Phase.CATCHING_UP, after(request.catchUpTimeout()));
                case HOLD_TRAFFIC -> holdTraffic();
                case CUT_TRAFFIC -> cutTraffic();
                case VERIFY_LEASE -> verifyLease();
                case CHECK_BUDGET -> checkBudget(phase);
                case FENCE -> apply(Phase.FENCING, budget());
                case CONFIRM_POSITION -> apply(Phase.CONFIRMING_POSITION, budget());
                case PROMOTE -> promote();
                case RESOLVE -> resolve();
                case RELEASE_TRAFFIC -> releaseTraffic();
                case FIRST_WRITE -> firstWrite();
                case REJOIN -> apply(Phase.REJOINING, after(request.rejoinTimeout()));
                case UNDO_STEPS -> undoSteps();
                case CONFIRM_OLD_PRIMARY -> confirmOldPrimary();
                case LOOK_AGAIN -> lookAgain();
                case CONCLUDE -> conclude(phase);
                case GIVE_LEASE_BACK -> giveLeaseBack();
                case REPORT -> Event.PASSED;
            };
        } catch (CancellationException e) {
            return failed(phase, e, null);
        } catch (StepFailure e) {
            return failed(phase, e, e.deadline());
        } catch (RuntimeException | Error e) {
            return failed(phase, e, null);
        }
    }

    /** Turns what was thrown into the event that the state machine understands, and keeps the reason. */
    private Event failed(Phase phase, Throwable e, @Nullable Deadline deadline) {
        boolean interrupted = Thread.currentThread().isInterrupted();
        operation.absorbInterrupt();
        Deadline pause = budget;
        Event event;
        String advice = TRY_AGAIN;
        if (operation.isCancelPending()) {
            event = Event.CANCEL_REQUESTED;
        } else if (e instanceof LeaseHeldException) {
            event = Event.REFUSED;
            advice = "Wait until that switchover has ended.";
        } else if (interrupted) {
            event = Event.INTERRUPTED;
        } else if (pause != null && pause.isExpired()) {
            event = Event.BUDGET_EXHAUSTED;
            advice = "Look for the cause, or raise pauseBudget.";
        } else if (deadline != null && deadline.isExpired()) {
            event = Event.TIMED_OUT;
        } else {
            event = Event.FAILED;
        }
        if (!StateMachine.allowed(phase).contains(event)) {
            event = Event.FAILED;
        }
        if (event == Event.FAILED && !(e instanceof StepFailure)) {
            log.debug("{}: {} failed", request.instanceId(), phase, e);
        }
        findings.cause(new Cause(phase, event, what(event, e, phase), advice));
        return event;
    }

    private String what(Event event, Throwable e, Phase phase) {
        return switch (event) {
            case CANCEL_REQUESTED -> "the caller cancelled";
            case INTERRUPTED -> "its thread was interrupted: " + Text.message(e);
            case BUDGET_EXHAUSTED ->
                "the pause budget of %s ran out: %s".formatted(millis(request.pauseBudget()), Text.message(e));
            case TIMED_OUT -> "%s timed out: %s".formatted(timeout(phase), Text.message(e));
            default -> Text.message(e);
        };
    }

    private String timeout(Phase phase) {
        return switch (phase) {
            case CATCHING_UP -> "the catchUpTimeout of %s".formatted(millis(request.catchUpTimeout()));
            case REJOINING -> "the rejoinTimeout of %s".formatted(millis(request.rejoinTimeout()));
            case PROMOTING -> "the promotion's limit of %s".formatted(millis(limits.promote()));
            default -> "the limit of its phase";
        };
    }

    private Event observe() {
        Instance instance;
        try {
            instance = operation.interruptibly(() -> examiner.observe(request.instanceId()));
        } catch (UnknownInstanceException e) {
            findings.cause(new Cause(Phase.CHECKING, Event.REFUSED, Text.message(e), "Name a known instance."));
            return Event.REFUSED;
        }
        SharedChecks.Result shared = SharedChecks.of(instance, request.target(), request.maximumLagBytes());
        findings.observed(instance, shared.checks(), shared.target());
        return refusedIfBlocked(shared.checks());
    }

    private Event takeLease() {
        session = operation.interruptibly(() -> backend.open(
                findings.instance(),
                findings.target(),
                Examiner.options(request),
                operation.operationId(),
                audit(),
                after(limits.lease())));
        steps = new Steps(session, operation, journal, findings, time);
        return Event.PASSED;
    }

    private String audit() {
        return request.reason().isEmpty() ? request.requestedBy() : request.requestedBy() + ": " + request.reason();
    }

    /** Once more, from the start: between the first look and the lease somebody else may have switched. */
    private Event runChecks() {
        Optional<String> leased = Optional.of(findings.target().id());
        Instance instance = operation.interruptibly(() -> examiner.observe(request.instanceId()));
        Preflight preflight = operation.interruptibly(() -> examiner.examine(request, instance, leased, participants));
        findings.observed(instance, preflight.checks(), preflight.target());
        findings.predictedPause(preflight.predictedPause());
        return refusedIfBlocked(preflight.checks());
    }

    private Event refusedIfBlocked(List<Check> checks) {
        List<Check> blockers = checks.stream()
                .filter(check -> check.verdict() == Check.Verdict.BLOCK)
                .toList();
        blockers.forEach(check -> findings.cause(new Cause(
                Phase.CHECKING, Event.REFUSED, "%s: %s".formatted(check.name(), check.figure()), check.advice())));
        return blockers.isEmpty() ? Event.PASSED : Event.REFUSED;
    }

    private Event apply(Phase phase, Deadline deadline) {
        steps().apply(phase, deadline);
        return Event.PASSED;
    }

    private Event holdTraffic() {
        holdBegan = time.nanoTime();
        Deadline pause = after(request.pauseBudget());
        budget = pause;
        HoldRequest hold = new HoldRequest(
                request.instanceId(),
                operation.operationId(),
                pause.orAfter(request.drainTimeout()),
                after(limits.hold(request)));
        try {
            operation.interruptibly(() -> {
                try {
                    traffic.hold(hold);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("the drain was not waited for", e);
                }
                return true;
            });
        } catch (IllegalStateException e) {
            return failed(Phase.DRAINING, e, null);
        }
        return drained();
    }

    private Event drained() {
        List<String> failures = traffic.failures();
        if (!failures.isEmpty()) {
            return stopped(
                    Phase.DRAINING,
                    Event.FAILED,
                    String.join("; ", failures),
                    "Repair or remove the participant, then start the switchover again.");
        }
        List<String> open = traffic.openUnits();
        if (open.isEmpty()) {
            return Event.PASSED;
        }
        if (request.onDrainTimeout() == OnDrainTimeout.CUT) {
            return Event.CUT_DUE;
        }
        return stopped(
                Phase.DRAINING,
                Event.STILL_OPEN,
                "%d units of work were still open after the drainTimeout of %s: %s"
                        .formatted(open.size(), millis(request.drainTimeout()), String.join("; ", open)),
                "End them, raise drainTimeout, or ask for OnDrainTimeout.CUT.");
    }

    private Event cutTraffic() {
        List<String> open = traffic.openUnits();
        int ended = traffic.cut();
        findings.note("units cut", "%d: %s".formatted(ended, String.join("; ", open)));
        return Event.PASSED;
    }

    private Event verifyLease() {
        Deadline deadline = budget().orAfter(limits.verifyLease());
        operation.interruptibly(() -> {
            session().verifyLease(deadline);
            return true;
        });
        return Event.PASSED;
    }

    private Event checkBudget(Phase phase) {
        if (operation.isCancelPending() || !budget().isExpired()) {
            return Event.PASSED;
        }
        return stopped(
                phase,
                Event.BUDGET_EXHAUSTED,
                "the pause budget of %s ran out".formatted(millis(request.pauseBudget())),
                "Look for the cause in the phases' times, or raise pauseBudget.");
    }

    private Event promote() {
        budget = null;
        steps().apply(Phase.PROMOTING, after(limits.promote()));
        findings.primaryNow(Optional.of(findings.target()));
        return Event.PASSED;
    }

    private Event resolve() {
        Deadline deadline = after(limits.resolve());
        for (int attempt = 1; ; attempt++) {
            operation.absorbInterrupt();
            Resolution seen = resolve(deadline);
            findings.evidence(seen.evidence());
            switch (seen.verdict()) {
                case PROMOTED -> {
                    findings.primaryNow(Optional.of(findings.target()));
                    return Event.OBSERVED_PROMOTED;
                }
                case NOT_PROMOTED -> {
                    return Event.OBSERVED_NOT_PROMOTED;
                }
                case UNKNOWN -> {
                    if (!Backoff.await(attempt, deadline)) {
                        findings.primaryNow(Optional.empty());
                        return Event.OBSERVED_UNKNOWN;
                    }
                }
            }
        }
    }

    private Resolution resolve(Deadline deadline) {
        try {
            return session().resolve(deadline);
        } catch (RuntimeException e) {
            log.debug("{}: resolving failed", request.instanceId(), e);
            return new Resolution(Resolution.Verdict.UNKNOWN, Text.message(e));
        }
    }

    private Event releaseTraffic() {
        if (traffic.isHolding()) {
            traffic.release(findings.topology());
            findings.hold(since(holdBegan));
        }
        journal.flush();
        return Event.PASSED;
    }

    private Event firstWrite() {
        steps().insist(Phase.RELEASING, after(limits.firstWrite()), FIRST_WRITE_ATTEMPTS);
        steps().pauseBegan().ifPresent(began -> findings.writePause(since(began)));
        return Event.PASSED;
    }

    private Event undoSteps() {
        budget = null;
        operation.absorbInterrupt();
        Optional<String> failure = steps().undo(Phase.ROLLING_BACK, after(limits.rollback()));
        if (failure.isPresent()) {
            findings.primaryNow(Optional.empty());
            return stopped(Phase.ROLLING_BACK, Event.UNDO_FAILED, failure.get(), "");
        }
        steps().pauseBegan().ifPresent(began -> findings.writePause(since(began)));
        return Event.PASSED;
    }

    private Event confirmOldPrimary() {
        if (!steps().isFenceBegun()) {
            return Event.PASSED;
        }
        Deadline deadline = after(limits.rollback());
        String expected = findings.oldPrimary().id();
        String seen = "nothing was observed";
        for (int attempt = 1; ; attempt++) {
            operation.absorbInterrupt();
            try {
                Instance instance = backend.describe(request.instanceId(), deadline.orAfter(limits.observe()));
                Optional<Node> primary = instance.primary();
                if (primary.filter(node -> node.id().equals(expected)).isPresent()) {
                    findings.primaryNow(primary);
                    findings.restored();
                    return Event.PASSED;
                }
                findings.primaryNow(primary);
                seen = SharedChecks.roles(instance.nodes());
            } catch (RuntimeException e) {
                log.debug("{}: the old primary could not be observed", request.instanceId(), e);
                seen = Text.message(e);
            }
            if (!Backoff.await(attempt, deadline)) {
                return stopped(
                        Phase.ROLLING_BACK,
                        Event.UNDO_FAILED,
                        "%s is not seen to be primary again: %s".formatted(quoted(expected), seen),
                        "");
            }
        }
    }

    private Event lookAgain() {
        operation.absorbInterrupt();
        try {
            Instance instance = examiner.observe(request.instanceId());
            findings.primaryNow(instance.primary());
            findings.evidence(SharedChecks.roles(instance.nodes()));
        } catch (RuntimeException e) {
            findings.primaryNow(Optional.empty());
            findings.evidence("the nodes could not be observed: " + Text.message(e));
        }
        return Event.PASSED;
    }

    private Event conclude(Phase phase) {
        if (phase == Phase.REJOINING) {
            boolean troubled = findings.causes().stream().anyMatch(cause -> cause.phase() == Phase.RELEASING);
            return troubled ? Event.FAILED : Event.PASSED;
        }
        boolean cancelled = findings.causes().stream().anyMatch(cause -> cause.event() == Event.CANCEL_REQUESTED);
        if (cancelled) {
            return Event.UNDONE_CANCELLED;
        }
        return steps().isFenceBegun() ? Event.UNDONE : Event.UNDONE_UNFENCED;
    }

    private Event giveLeaseBack() {
        operation.absorbInterrupt();
        SwitchoverSession held = session;
        if (held != null) {
            held.close();
        }
        return Event.PASSED;
    }

    private Event stopped(Phase phase, Event event, String what, String advice) {
        findings.cause(new Cause(phase, event, what, advice));
        return event;
    }

    private Deadline after(Duration timeout) {
        return Deadline.after(timeout, time);
    }

    private Duration since(long nanos) {
        return Duration.ofNanos(time.nanoTime() - nanos);
    }

    private Deadline budget() {
        return known(budget, "pause budget");
    }

    private SwitchoverSession session() {
        return known(session, "session");
    }

    private Steps steps() {
        return known(steps, "steps");
    }

    private static <T> T known(@Nullable T value, String what) {
        if (value == null) {
            throw new IllegalStateException("There is no %s yet: a defect of this library".formatted(what));
        }
        return value;
    }
}
