package io.switchover4j.internal;

import static io.switchover4j.internal.Text.quoted;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where switchovers wait for their time, and what can become of one without it having begun: it waits for another time, ends,
 * or is left to another coordinator. The journal and the listeners learn of each. Thread-safe.
 */
final class WaitingRoom {

    private static final Logger log = LoggerFactory.getLogger(WaitingRoom.class);

    private static final Duration LONGEST_END = Duration.ofSeconds(1);

    /** Makes what carries a switchover on whose request is in the journal already. */
    interface Runners {
        Runner of(Operation operation, long nextSequence, Findings findings);
    }

    private final SwitchoverJournal journal;
    private final TimeSource time;
    private final Slots slots;
    private final Threads threads;
    private final Listeners listeners;
    private final Runners runners;
    private final Schedule schedule;

    /**
     * @param atOnce how many whose time has come may be under way at once
     * @param onDue as of {@link Schedule}
     */
    WaitingRoom(
            CoordinatorSettings settings,
            Slots slots,
            Threads threads,
            Listeners listeners,
            Runners runners,
            int atOnce,
            Consumer<Waiting> onDue) {
        this.journal = settings.journal();
        this.time = settings.timeSource();
        this.slots = slots;
        this.threads = threads;
        this.listeners = listeners;
        this.runners = runners;
        this.schedule = new Schedule(time, atOnce, onDue);
    }

    Optional<Waiting> of(String instanceId) {
        return schedule.of(instanceId);
    }

    List<Waiting> all() {
        return schedule.all();
    }

    /**
     * Keeps the request in the journal, then lets it wait, in the place of another one of its instance, which ends.
     *
     * @return false, with nothing changed, if the other one does not wait any more, or a third is there
     * @throws JournalException if it is not kept; nothing is changed then
     */
    boolean admit(Operation operation, Instant startsAt, Optional<Waiting> before) {
        operation.onCancel(() -> cancelled(operation));
        if (!schedule.occupy(new Waiting(operation, startsAt, 0, false), before)) {
            return false;
        }
        try {
            Map<String, String> facts = Facts.of(operation.request());
            facts.put(Facts.STARTS_AT, startsAt.toString());
            journal.append(record(operation, 0, operation.since(), Kind.REQUESTED, facts));
        } catch (RuntimeException | Error e) {
            schedule.release(operation);
            before.ifPresent(schedule::enqueue);
            throw e;
        }
        String requestedBy = operation.request().requestedBy();
        log.info(
                "{}: {} asked for the {}; it starts at {} (switchover {})",
                operation.request().instanceId(),
                requestedBy,
                operation.request(),
                startsAt,
                operation.operationId());
        publish(operation, operation.since(), "requested by %s, starts at %s".formatted(requestedBy, startsAt));
        before.ifPresent(old -> replacedNow(old, operation));
        enqueue(new Waiting(operation, startsAt, 1, false));
        return true;
    }

    /** Lets those wait again that waited before a restart, each the only one of its instance. */
    void admitAgain(List<Waiting> recovered) {
        recovered.forEach(waiting -> waiting.operation().onCancel(() -> cancelled(waiting.operation())));
        schedule.enqueueAll(recovered);
    }

    /** A cancel, or a close, that came while it did not wait is heeded now. */
    void enqueue(Waiting waiting) {
        schedule.enqueue(waiting);
        if (waiting.operation().isCancelPending()) {
            cancelled(waiting.operation());
        }
        if (slots.isClosed()) {
            closing(waiting.operation());
        }
    }

    /**
     * Takes the one of an operation out: of all who try, one succeeds.
     *
     * @return it; empty if it does not wait any more
     */
    Optional<Waiting> take(Operation operation) {
        return schedule.take(operation);
    }

    /** The operation has ended, or has begun. */
    void release(Operation operation) {
        schedule.release(operation);
    }

    /** One whose time had come has ended, or waits again: another one may come. */
    void leftStage() {
        schedule.ended();
    }

    /** Lets it wait for another time. */
    void postpone(Waiting due, Instant until, String why) {
        if (until.equals(due.startsAt())) {
            enqueue(due);
            return;
        }
        Instant now = time.instant();
        Waiting next = due.at(until);
        Operation operation = due.operation();
        try {
            Map<String, String> facts = Map.of(Facts.WHY, why, Facts.STARTS_AT, until.toString());
            journal.append(record(operation, due.nextSequence(), now, Kind.PHASE, facts));
            next = next.recorded();
        } catch (JournalException e) {
            log.warn("{}: the journal could not keep that the switchover now starts at {}", due.instanceId(), until, e);
        }
        log.info(
                "{}: switchover {} starts at {}, not at {}: {}",
                due.instanceId(),
                operation.operationId(),
                until,
                due.startsAt(),
                why);
        operation.startsAt(until);
        FlightRecording.moved(due, until, why);
        publish(operation, now, "starts at %s: %s".formatted(until, why));
        enqueue(next);
    }

    /** Ends it, on the caller's thread. */
    void end(Waiting waiting, Cause cause) {
        runner(waiting, cause).run();
    }

    /** It begins, on the caller's thread. */
    void begin(Waiting due) {
        schedule.release(due.operation());
        runners.of(due.operation(), due.nextSequence(), new Findings())
                .waited(Event.PASSED)
                .run();
    }

    private void endApart(Waiting waiting, Cause cause) {
        threads.create(waiting.instanceId() + "-switchover", runner(waiting, cause))
                .start();
    }

    private Runner runner(Waiting waiting, Cause cause) {
        Findings findings = new Findings();
        findings.cause(cause);
        return runners.of(waiting.operation(), waiting.nextSequence(), findings).waited(cause.event());
    }

    /** As {@link #replaced}, and waits until everybody sees that it has ended, unless the journal keeps that from happening. */
    void replacedNow(Waiting old, Operation next) {
        replaced(old, next);
        try {
            old.operation().await(LONGEST_END);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | IllegalStateException e) {
            log.debug("{}: what was replaced has not ended yet", old.instanceId(), e);
        }
    }

    /** Ends it, because another switchover of its instance has taken its place. */
    void replaced(Waiting old, Operation next) {
        String why = "switchover %s, which %s asked for, takes its place"
                .formatted(next.operationId(), quoted(next.request().requestedBy()));
        endApart(old, new Cause(Phase.SCHEDULED, Event.CANCEL_REQUESTED, why, ""));
    }

    private void cancelled(Operation operation) {
        schedule.take(operation).ifPresent(waiting -> endApart(waiting, operation.cancelledIn(Phase.SCHEDULED)));
    }

    /** Nothing starts any more. What waits in a durable journal waits on there; the rest is cancelled. */
    List<Operation> close() {
        schedule.close();
        List<Operation> waiting =
                schedule.all().stream().map(Waiting::operation).toList();
        waiting.forEach(this::closing);
        return waiting;
    }

    private void closing(Operation operation) {
        if (journal.isDurable()) {
            schedule.take(operation).ifPresent(this::leave);
        } else {
            operation.cancel(Canceller.CLOSE);
        }
    }

    /** The coordinator is closed: it waits on in a durable journal, else it is cancelled. */
    void leave(Waiting waiting) {
        if (!journal.isDurable()) {
            end(waiting, Canceller.CLOSE.in(Phase.SCHEDULED));
            return;
        }
        abandon(
                waiting,
                "the coordinator was closed; it waits on in the journal, and starts at %s where a coordinator reads that"
                        .formatted(waiting.startsAt()));
    }

    /** It is not ours any more, and has not ended. */
    void abandon(Waiting waiting, String why) {
        log.info(
                "{}: switchover {} is left alone: {}",
                waiting.instanceId(),
                waiting.operation().operationId(),
                why);
        schedule.release(waiting.operation());
        waiting.operation().leave(why);
    }

    private static JournalRecord record(
            Operation operation, long sequence, Instant at, Kind kind, Map<String, String> facts) {
        return new JournalRecord(
                operation.request().instanceId(),
                operation.operationId(),
                sequence,
                at,
                kind,
                Phase.SCHEDULED,
                "",
                facts);
    }

    private void publish(Operation operation, Instant at, String why) {
        SwitchoverEvent event = new SwitchoverEvent(
                operation.request().instanceId(), operation.operationId(), at, Phase.SCHEDULED, Phase.SCHEDULED, why);
        listeners.tell(event.instanceId(), listener -> listener.onTransition(event));
    }
}
