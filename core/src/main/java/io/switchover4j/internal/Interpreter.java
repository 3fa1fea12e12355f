package io.switchover4j.internal;

import static io.switchover4j.internal.Text.millis;

import io.switchover4j.Check;
import io.switchover4j.FailoverMode;
import io.switchover4j.Instance;
import io.switchover4j.OnDrainTimeout;
import io.switchover4j.Phase;
import io.switchover4j.Preflight;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.PrepareRequest;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverSession;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

    private final SwitchoverBackend backend;
    private final Examiner examiner;
    private final Participants participants;
    private final Operation operation;
    private final SwitchoverRequest request;
    private final OperationLog journal;
    private final Findings findings;
    private final Traffic traffic;
    private final Diagnosis diagnosis;
    private final Witness witness;
    private final TimeSource time;
    private final Limits limits;

    private @Nullable SwitchoverSession session;
    private @Nullable Steps steps;
    private @Nullable Deadline budget;
    private TakeOver.@Nullable Result takeOver;
    private long holdBegan;
    private TrafficHeld held = new TrafficHeld();

    Interpreter(
            SwitchoverBackend backend,
            Participants participants,
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
        this.traffic = new Traffic(request.instanceId(), operation.operationId(), participants.all(), threads, limits);
        this.diagnosis = new Diagnosis(operation, limits);
        this.witness = new Witness(examiner, operation, findings);
        this.time = time;
        this.limits = limits;
    }

    /** Goes on with a switchover whose process ended, with what came of taking its lease over. */
    void takeUp(TakeOver.Result result) {
        takeOver = result;
        if (result instanceof TakeOver.Result.Taken taken) {
            session = taken.session().orElse(null);
            findings.recall(taken.past(), taken.instance());
        } else if (result instanceof TakeOver.Result.Refused refused) {
            findings.recall(refused.past(), refused.instance());
        }
    }

    /** A phase has begun. That others are not told of it is no reason to stop. */
    void entered(Phase phase) {
        if (session == null) {
            return;
        }
        try {
            session.announce(phase);
        } catch (RuntimeException | Error e) {
            log.warn("{}: others are not told that the switchover is in {}", request.instanceId(), phase, e);
        }
    }

    /** Runs one effect. Never throws what an effect throws: that is an event. {@link Effect#REPORT} is the runner's. */
    Event perform(Phase phase, Effect effect) {
        try {
            return switch (effect) {
                case OBSERVE -> observe();
                case TAKE_LEASE -> takeLease();
                case RUN_CHECKS -> runChecks();
                case CATCH_UP -> catchUp();
                case HOLD_TRAFFIC -> holdTraffic();
                case CUT_TRAFFIC -> cutTraffic();
                case VERIFY_LEASE -> verifyLease();
                case CHECK_BUDGET -> checkBudget(phase);
                case FENCE -> apply(Phase.FENCING, budget());
                case CONFIRM_POSITION -> apply(Phase.CONFIRMING_POSITION, budget());
                case PROMOTE -> promote();
                case RESUME -> resume();
                case RESOLVE -> resolve();
                case RELEASE_TRAFFIC -> releaseTraffic();
                case FIRST_WRITE -> firstWrite();
                case REJOIN -> rejoin();
                case UNDO_STEPS -> undoSteps();
                case CONFIRM_OLD_PRIMARY -> confirmOldPrimary();
                case LOOK_AGAIN -> lookAgain();
                case CONCLUDE -> conclude(phase);
                case GIVE_LEASE_BACK -> giveLeaseBack();
                case REPORT -> Event.PASSED;
            };
        } catch (RuntimeException | Error e) {
            Cause cause = diagnosis.of(phase, e, budget);
            findings.cause(cause);
            return cause.event();
        }
    }

    private Event observe() {
        Instance instance;
        try {
            instance = operation.interruptibly(() -> examiner.observe(request.instanceId()));
        } catch (UnknownInstanceException e) {
            findings.cause(new Cause(Phase.CHECKING, Event.REFUSED, Text.message(e), "Name a known instance."));
            return Event.REFUSED;
        }
        SharedChecks.Result shared = SharedChecks.of(instance, request.target(), request);
        List<Check> checks = new ArrayList<>(shared.checks());
        examiner.unsupported(request).ifPresent(checks::add);
        findings.observed(instance, checks, shared.target());
        presumeOldPrimary(instance);
        if (SharedChecks.isBlocked(checks)) {
            Optional<String> busy = operation.interruptibly(() -> examiner.switchedElsewhere(instance));
            if (busy.isPresent()) {
                return stopped(Phase.CHECKING, Event.REFUSED, busy.get(), "Wait until that switchover has ended.");
            }
        }
        return refusedIfBlocked(checks);
    }

    private void presumeOldPrimary(Instance instance) {
        if (request.isFailover()) {
            findings.targetIfKnown()
                    .flatMap(target -> SharedChecks.lostPrimary(instance, target))
                    .ifPresent(findings::presumedOldPrimary);
        }
    }

    private Event takeLease() {
        session = suspending(operation.interruptibly(() -> backend.open(
                findings.instance(),
                findings.target(),
                Examiner.options(request),
                operation.operationId(),
                Examiner.audit(request),
                after(limits.lease()))));
        steps = new Steps(session, operation, journal, findings, time);
        return Event.PASSED;
    }

    private SwitchoverSession suspending(SwitchoverSession opened) {
        boolean supported = backend.capabilities().contains(SwitchoverBackend.Capability.FAILOVER_MODE);
        Optional<FailoverMode> before = findings.instance().failoverMode().filter(mode -> supported);
        return before.isEmpty() ? opened : suspended(opened, before.get());
    }

    private SwitchoverSession suspended(SwitchoverSession opened, FailoverMode before) {
        Instant until = time.instant().plus(request.catchUpTimeout()).plus(limits.untilEnd(request));
        return new FailoverSuspension(opened, backend, request.instanceId(), request.isFailover(), before, until, time);
    }

    /** Once more, from the start: between the first look and the lease somebody else may have switched. */
    private Event runChecks() {
        Optional<String> leased = Optional.of(findings.target().id());
        Instance instance = operation.interruptibly(() -> examiner.observe(request.instanceId()));
        Preflight preflight = operation.interruptibly(() -> examiner.examine(request, instance, leased, participants));
        findings.observed(instance, preflight.checks(), preflight.target());
        presumeOldPrimary(instance);
        findings.predictedPause(preflight.predictedPause());
        preflight.estimatedLoss().ifPresent(findings::estimatedLoss);
        return refusedIfBlocked(preflight.checks());
    }

    private Event refusedIfBlocked(List<Check> checks) {
        SharedChecks.blockers(checks)
                .forEach(check -> stopped(
                        Phase.CHECKING,
                        Event.REFUSED,
                        "%s: %s".formatted(check.name(), check.figure()),
                        check.advice()));
        return SharedChecks.isBlocked(checks) ? Event.REFUSED : Event.PASSED;
    }

    private Event apply(Phase phase, Deadline deadline) {
        steps().apply(phase, deadline);
        return Event.PASSED;
    }

    /** The participants last: what they warm up should not have cooled down when the hold begins. */
    private Event catchUp() {
        Deadline deadline = after(request.catchUpTimeout());
        steps().apply(Phase.CATCHING_UP, deadline);
        PrepareRequest prepare = new PrepareRequest(
                request.instanceId(),
                operation.operationId(),
                findings.target().id(),
                deadline.orAfter(limits.prepare()));
        operation.interruptibly(() -> {
            try {
                traffic.prepare(prepare);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("the participants were not waited for", e);
            }
            return true;
        });
        return Event.PASSED;
    }

    private Event holdTraffic() {
        holdBegan = time.nanoTime();
        held = FlightRecording.held(operation, participants.all().size());
        Deadline pause = after(request.pauseBudget());
        budget = pause;
        HoldRequest hold = new HoldRequest(
                request.instanceId(),
                operation.operationId(),
                // What is open on a dead primary cannot end by itself.
                pause.orAfter(request.isFailover() ? Duration.ZERO : request.drainTimeout()),
                after(limits.hold(request)));
        operation.interruptibly(() -> {
            try {
                traffic.hold(hold, this::verifyLeaseMeanwhile);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("the drain was not waited for", e);
            }
            return true;
        });
        return drained();
    }

    private Event drained() {
        List<String> failures = traffic.failures();
        if (!failures.isEmpty() && request.isFailover()) {
            // It cannot make things worse than they are, and nobody else would end the outage.
            findings.note("traffic not held", String.join("; ", failures));
        } else if (!failures.isEmpty()) {
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
        if (request.isFailover() || request.onDrainTimeout() == OnDrainTimeout.CUT) {
            return Event.CUT_DUE;
        }
        return stopped(
                Phase.DRAINING,
                Event.STILL_OPEN,
                "%s still open after the drainTimeout of %s: %s"
                        .formatted(
                                open.size() == 1 ? "1 unit of work was" : open.size() + " units of work were",
                                millis(request.drainTimeout()),
                                String.join("; ", open)),
                "End them, raise drainTimeout, or ask for OnDrainTimeout.CUT.");
    }

    private Event cutTraffic() {
        List<String> open = traffic.openUnits();
        if (request.isFailover()) {
            noteSent();
        }
        try {
            int ended = cut(budget());
            findings.note("units cut", "%d: %s".formatted(ended, String.join("; ", open)));
        } catch (IllegalStateException e) {
            if (!request.isFailover() || Thread.currentThread().isInterrupted()) {
                throw e;
            }
            findings.note("units not cut", Text.message(e));
        }
        return Event.PASSED;
    }

    /** What was sent may still be executed by an old primary that wakes up: nobody can take it back. */
    private void noteSent() {
        findings.note(
                "units sent to the old primary",
                "%d of %d open ones waited for its answer: what became of them there is unknown, and ends on its abandoned history"
                        .formatted(traffic.executing(), traffic.openUnits().size()));
    }

    private int cut(Deadline deadline) {
        return operation.interruptibly(() -> {
            try {
                return traffic.cut(deadline);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("the cut was not waited for", e);
            }
        });
    }

    /** No substitute for the look after the drain, which lies in the pause: it finds its sessions and their caches warm. */
    private void verifyLeaseMeanwhile() {
        session().verifyLease(budget().orAfter(limits.verifyLease()));
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

    private Event resume() {
        if (takeOver instanceof TakeOver.Result.Refused refused) {
            return stopped(
                    Phase.RESOLVING,
                    Event.FAILED,
                    "it could not be taken up within %s: %s".formatted(millis(limits.takeOver()), refused.why()),
                    "");
        }
        Recollection past = taken().past();
        past.intent(FailoverSuspension.SUSPEND)
                .ifPresent(intent -> session = suspended(session(), FailoverSuspension.before(intent)));
        steps = taken().session().isEmpty() || past.intents().isEmpty()
                ? Steps.none(operation, journal, findings, time)
                : Steps.resumed(session(), operation, journal, findings, time, past);
        return Event.PASSED;
    }

    private Event resolve() {
        if (takeOver != null && taken().past().intents().isEmpty()) {
            findings.evidence("nothing had been begun");
            return Event.OBSERVED_NOT_PROMOTED;
        }
        // What a process did not ask for that has ended meanwhile, somebody else may have done since.
        if (takeOver == null && !steps().isApplied(Phase.PROMOTING)) {
            // The lease is ours, so nobody else has asked for it either.
            findings.evidence("the promotion was never asked for");
            return Event.OBSERVED_NOT_PROMOTED;
        }
        Resolution.Verdict verdict = witness.resolve(session(), after(limits.resolve()));
        return switch (verdict) {
            case PROMOTED -> Event.OBSERVED_PROMOTED;
            case NOT_PROMOTED -> Event.OBSERVED_NOT_PROMOTED;
            case UNKNOWN -> Event.OBSERVED_UNKNOWN;
        };
    }

    private Event releaseTraffic() {
        if (traffic.isHolding()) {
            traffic.release(findings.topology());
            findings.hold(since(holdBegan));
            FlightRecording.released(held, traffic.openUnits().size(), findings.topology());
        } else if (takeOver != null) {
            findings.topologyIfKnown().ifPresent(traffic::tell);
        }
        findings.unreleased(traffic.unreleased());
        journal.flush();
        return Event.PASSED;
    }

    private Event firstWrite() {
        steps().insist(Phase.RELEASING, after(limits.firstWrite()), FIRST_WRITE_ATTEMPTS);
        notePause();
        return Event.PASSED;
    }

    /** A process before this one may have seen the end of the pause. */
    private void notePause() {
        if (findings.writePause().isEmpty()) {
            steps().pauseBegan().ifPresent(began -> findings.writePause(since(began)));
        }
    }

    private Event rejoin() {
        rest();
        steps().insist(Phase.REJOINING, after(request.rejoinTimeout()), 1);
        return Event.PASSED;
    }

    /** An interrupt shortens it; {@link Steps#insist} puts the flag aside. */
    private void rest() {
        try {
            time.sleep(limits.rest());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Event undoSteps() {
        budget = null;
        operation.absorbInterrupt();
        Optional<String> failure = steps().undo(Phase.ROLLING_BACK, after(limits.rollback()));
        if (failure.isPresent()) {
            findings.primaryNow(Optional.empty());
            return stopped(Phase.ROLLING_BACK, Event.UNDO_FAILED, failure.get(), "");
        }
        if (!hadNoPrimary()) {
            notePause();
        }
        return Event.PASSED;
    }

    /** Whether this is a failover of an instance whose primary did not answer: going back leads to where it was. */
    private boolean hadNoPrimary() {
        return request.isFailover() && !findings.hadPrimary();
    }

    private Event confirmOldPrimary() {
        if (!steps().isFenceBegun() || hadNoPrimary()) {
            return lookAgain();
        }
        Optional<String> doubt = witness.awaitOldPrimary(after(limits.rollback()));
        return doubt.isEmpty() ? Event.PASSED : stopped(Phase.ROLLING_BACK, Event.UNDO_FAILED, doubt.get(), "");
    }

    private Event lookAgain() {
        witness.lookAgain();
        return Event.PASSED;
    }

    private Event conclude(Phase phase) {
        if (phase == Phase.REJOINING) {
            boolean troubled = findings.causes().stream()
                    .anyMatch(cause -> cause.phase() == Phase.RELEASING && cause.event() != Event.RESTARTED);
            return troubled ? Event.FAILED : Event.PASSED;
        }
        boolean cancelled = findings.causes().stream().anyMatch(cause -> cause.event() == Event.CANCEL_REQUESTED);
        if (cancelled) {
            return Event.UNDONE_CANCELLED;
        }
        return steps().isFenceBegun() && !hadNoPrimary() ? Event.UNDONE : Event.UNDONE_UNFENCED;
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

    private TakeOver.Result.Taken taken() {
        return takeOver instanceof TakeOver.Result.Taken taken ? taken : known(null, "take-over");
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
