package io.switchover4j.internal;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverReport.PhaseTiming;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries one switchover from its request to its end: asks the {@link StateMachine} what comes next, journals it, has the
 * {@link Interpreter} do it. One thread runs it once.
 */
final class Runner implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(Runner.class);

    private final Operation operation;
    private final SwitchoverRequest request;
    private final OperationLog journal;
    private final Interpreter interpreter;
    private final Findings findings;
    private final Listeners listeners;
    private final TimeSource time;
    private final Consumer<Operation> onEnd;
    private final List<PhaseTiming> timings = new ArrayList<>();

    private @Nullable Event first;
    private @Nullable Recollection past;
    private Phase phase = Phase.SCHEDULED;
    private PhaseLasted recorded;
    private Instant phaseAt = Instant.EPOCH;
    private long phaseBegan;

    /**
     * @param onEnd is called when the instance is free again, before anybody learns of the end
     */
    Runner(
            Operation operation,
            OperationLog journal,
            Interpreter interpreter,
            Findings findings,
            Listeners listeners,
            TimeSource time,
            Consumer<Operation> onEnd) {
        this.operation = operation;
        this.request = operation.request();
        this.journal = journal;
        this.interpreter = interpreter;
        this.findings = findings;
        this.listeners = listeners;
        this.time = time;
        this.onEnd = onEnd;
        this.recorded = FlightRecording.entered(phase, operation);
    }

    /** Carries on one that waited for its time, and whose request is in the journal already. Call it before {@link #run}. */
    Runner waited(Event event) {
        first = event;
        return this;
    }

    /** Goes on where a process stopped that has ended. Call it before {@link #run}. */
    Runner resuming(Recollection recollection) {
        past = recollection;
        return this;
    }

    @Override
    public void run() {
        operation.begin();
        try {
            Recollection before = past;
            Event waited = first;
            Event event = before != null ? resume(before) : waited != null ? wake(waited) : begin();
            while (!phase.isEnd()) {
                event = step(event);
            }
        } catch (RuntimeException | Error defect) {
            abandon(defect);
        } finally {
            operation.restoreInterrupt();
        }
    }

    private Event begin() {
        phaseAt = time.instant();
        phaseBegan = time.nanoTime();
        log.info(
                "{}: {} asked for the {} (switchover {})",
                id(),
                request.requestedBy(),
                request,
                operation.operationId());
        findings.waitsBeside()
                .ifPresent(other -> log.warn("{}: {}; it stays, and may switch the instance back then", id(), other));
        try {
            journal.require(Kind.REQUESTED, phase, "", Facts.of(request));
        } catch (JournalException e) {
            return stoppedByJournal(e);
        }
        String beside = findings.waitsBeside().map("; %s"::formatted).orElse("");
        publish(phase, phase, "requested by " + request.requestedBy() + beside, phaseAt);
        return Event.PASSED;
    }

    private Event wake(Event event) {
        phaseAt = operation.since();
        Duration waited = Duration.between(phaseAt, time.instant());
        phaseBegan = time.nanoTime() - Math.max(0, TimeUnit.NANOSECONDS.convert(waited));
        return event;
    }

    private Event resume(Recollection before) {
        timings.addAll(before.phasesBefore());
        phase = before.phase();
        recorded = FlightRecording.entered(phase, operation);
        phaseAt = before.phaseAt();
        Instant now = time.instant();
        phaseBegan =
                time.nanoTime() - Math.max(0, Duration.between(phaseAt, now).toNanos());
        if (phase == Phase.SCHEDULED) {
            return Event.MISSED;
        }
        findings.note("taken up at", "%s, after its process ended in %s".formatted(now, phase));
        findings.cause(new Cause(
                phase,
                Event.RESTARTED,
                "the process that carried it out ended in %s; it was taken up again at %s".formatted(phase, now),
                ""));
        return Event.RESTARTED;
    }

    /** One transition. A step forward after a cancel, or without its record, is not taken: that is the next event. */
    private Event step(Event event) {
        Transition transition = StateMachine.next(id(), phase, event);
        Phase next = transition.next();
        if (!operation.moveTo(next)) {
            findings.cause(operation.cancelledIn(phase));
            return Event.CANCEL_REQUESTED;
        }
        if (next.isEnd()) {
            end(transition, event);
            return event;
        }
        try {
            enter(next, event);
        } catch (JournalException e) {
            return stoppedByJournal(e);
        }
        return perform(transition);
    }

    private Event perform(Transition transition) {
        for (Effect effect : transition.effects()) {
            Event answer = interpreter.perform(phase, effect);
            if (answer != Event.PASSED) {
                return answer;
            }
        }
        boolean forced = request.isFailover() && StateMachine.allowed(phase).contains(Event.FORCED);
        return forced ? Event.FORCED : Event.PASSED;
    }

    private void enter(Phase next, Event event) {
        Instant at = time.instant();
        Phase from = phase;
        Duration took = Duration.ofNanos(time.nanoTime() - phaseBegan);
        String why = why(event);
        Map<String, String> facts = Facts.of(event, why, findings);
        Runnable tell = () -> {
            if (next != from) {
                log.info("{}: {} after {} ms in {}: {}", id(), next, took.toMillis(), from, why);
            }
            publish(from, next, why, at);
        };
        if (next.compareTo(Phase.PROMOTING) <= 0) {
            journal.require(Kind.PHASE, next, "", facts);
            tell.run();
        } else {
            journal.note(Kind.PHASE, next, "", facts, tell);
        }
        if (next != from) {
            turnOver(next, at);
            interpreter.entered(next);
        }
    }

    private void turnOver(Phase next, Instant at) {
        long now = time.nanoTime();
        FlightRecording.left(recorded, next);
        recorded = FlightRecording.entered(next, operation);
        timings.add(new PhaseTiming(phase, phaseAt, Duration.ofNanos(now - phaseBegan)));
        phase = next;
        phaseAt = at;
        phaseBegan = now;
    }

    private void end(Transition transition, Event event) {
        Phase from = phase;
        String why = why(event);
        turnOver(transition.next(), time.instant());
        transition.effects().forEach(effect -> interpreter.perform(phase, effect));
        journal.flush();
        journal.note(Kind.ENDED, phase, "", Facts.of(report(journal.troubleOnceWritten())));
        SwitchoverReport report = report(journal.trouble());
        journal.leave();
        log(report);
        listeners.end(() -> {
            onEnd.accept(operation);
            publish(from, phase, why, phaseAt);
            listeners.tell(id(), listener -> listener.onEnd(report));
        });
        operation.complete(report);
    }

    /** Once for the journal and once more for everybody else, who learn whether the journal took it. */
    private SwitchoverReport report(Optional<String> journalTrouble) {
        return Reports.report(operation, phase, findings, timings, journalTrouble);
    }

    /** A defect of ours: leave nothing held, say what is certain, which is little. */
    private void abandon(Throwable defect) {
        log.error(
                "{}: switchover {} was abandoned in {} because of a defect",
                id(),
                operation.operationId(),
                phase,
                defect);
        interpreter.perform(phase, Effect.RELEASE_TRAFFIC);
        interpreter.perform(phase, Effect.GIVE_LEASE_BACK);
        onEnd.accept(operation);
        operation.fail(defect);
    }

    private Event stoppedByJournal(JournalException e) {
        findings.cause(new Cause(phase, Event.FAILED, Text.message(e), Diagnosis.journalAdvice(e)));
        return Event.FAILED;
    }

    private String why(Event event) {
        List<String> whats = findings.causes().stream()
                .filter(cause -> cause.event() == event)
                .map(Cause::what)
                .distinct()
                .toList();
        if (whats.isEmpty()) {
            return event.text();
        }
        // Blockers stand side by side; of anything else the newest counts.
        return event == Event.REFUSED ? String.join("; ", whats) : whats.get(whats.size() - 1);
    }

    private void log(SwitchoverReport report) {
        switch (report.outcome()) {
            case COMPLETED -> log.info("{}: COMPLETED: {}", id(), report.message());
            case NEEDS_OPERATOR -> log.error("{}: NEEDS_OPERATOR: {}", id(), report.message());
            case CANCELLED -> log.info("{}: CANCELLED: {}", id(), report.message());
            default -> log.warn("{}: {}: {}", id(), report.outcome(), report.message());
        }
    }

    private void publish(Phase from, Phase to, String why, Instant at) {
        SwitchoverEvent event = new SwitchoverEvent(id(), operation.operationId(), at, from, to, why);
        listeners.tell(id(), listener -> listener.onTransition(event));
    }

    private String id() {
        return request.instanceId();
    }
}
