package io.switchover4j.internal;

import static io.switchover4j.internal.Text.quoted;

import io.switchover4j.Instance;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.NoMaintenanceWindowException;
import io.switchover4j.Phase;
import io.switchover4j.Preflight;
import io.switchover4j.SwitchoverEvent;
import io.switchover4j.SwitchoverInProgressException;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.SwitchoverWaitingException;
import io.switchover4j.TimeSource;
import io.switchover4j.Timing;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import io.switchover4j.spi.SwitchoverBackend.Capability;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets switchovers wait for their time, across restarts too, and starts each once it has come. Thread-safe. */
final class Scheduling {

    private static final Logger log = LoggerFactory.getLogger(Scheduling.class);

    /** So many instances are switched at once because of their time; those that come due meanwhile follow. */
    private static final int AT_ONCE = 64;

    private static final Duration NO_THREAD_PAUSE = Duration.ofSeconds(10);
    private static final Duration LONGEST_CHANGE = Duration.ofMinutes(1);

    /** Makes what carries a switchover on whose request is in the journal already. */
    interface Runners {
        Runner of(Operation operation, long nextSequence, Findings findings);
    }

    private final CoordinatorSettings settings;
    private final SwitchoverJournal journal;
    private final TimeSource time;
    private final Slots slots;
    private final Windows windows;
    private final Examiner examiner;
    private final Threads threads;
    private final Listeners listeners;
    private final Runners runners;
    private final Schedule schedule;

    Scheduling(
            CoordinatorSettings settings,
            Slots slots,
            Windows windows,
            Examiner examiner,
            Threads threads,
            Listeners listeners,
            Runners runners) {
        this.settings = settings;
        this.journal = settings.journal();
        this.time = settings.timeSource();
        this.slots = slots;
        this.windows = windows;
        this.examiner = examiner;
        this.threads = threads;
        this.listeners = listeners;
        this.runners = runners;
        this.schedule = new Schedule(time, AT_ONCE, this::onDue);
    }

    Optional<Waiting> of(String instanceId) {
        return schedule.of(instanceId);
    }

    List<Waiting> all() {
        return schedule.all();
    }

    /** The window of an instance, wherever it is kept. */
    Optional<MaintenanceWindow> window(Instance instance) {
        return isKeptByBackend() ? instance.maintenanceWindow() : windows.of(instance.id());
    }

    private boolean isKeptByBackend() {
        return settings.backend().capabilities().contains(Capability.MAINTENANCE_WINDOW);
    }

    /**
     * Lets a switchover wait for its time, once its request is in the journal.
     *
     * @throws SwitchoverWaitingException if one waits already, and is not to be replaced
     * @throws IllegalArgumentException if its time can never come
     */
    Operation schedule(SwitchoverRequest request, Instance instance) {
        Instant now = time.instant();
        Instant startsAt = firstTime(request, instance, now);
        Operation operation = new Operation(OperationIds.next(now), request, now);
        operation.onCancel(() -> cancelled(operation));
        Optional<Waiting> before = schedule.of(request.instanceId());
        if (before.isPresent() && !request.replacesWaiting()) {
            throw isThereAlready(before.get());
        }
        if (!schedule.occupy(new Waiting(operation, startsAt, 0, false), before)) {
            throw schedule.of(request.instanceId())
                    .map(Scheduling::isThereAlready)
                    .orElseGet(() -> new SwitchoverInProgressException(
                            request.instanceId(), "somebody whose switchover was waiting until just now"));
        }
        try {
            Map<String, String> facts = Facts.of(request);
            facts.put(Facts.STARTS_AT, startsAt.toString());
            journal.append(record(operation, 0, now, Kind.REQUESTED, facts));
        } catch (RuntimeException | Error e) {
            schedule.release(operation);
            before.ifPresent(schedule::enqueue);
            throw e;
        }
        log.info(
                "{}: {} asked for the {}; it starts at {} (switchover {})",
                request.instanceId(),
                request.requestedBy(),
                request,
                startsAt,
                operation.operationId());
        publish(operation, now, "requested by %s, starts at %s".formatted(request.requestedBy(), startsAt));
        before.ifPresent(old -> replaced(old, operation));
        enqueue(new Waiting(operation, startsAt, 1, false));
        return operation;
    }

    private Instant firstTime(SwitchoverRequest request, Instance instance, Instant now) {
        if (request.timing() instanceof Timing.At at) {
            if (at.instant().isBefore(now)) {
                throw new IllegalArgumentException(
                        "The time %s of the switchover of '%s' is in the past: it is %s now. Nothing was started; name a later one, or ask for Timing.now()."
                                .formatted(at.instant(), request.instanceId(), now));
            }
            return at.instant();
        }
        MaintenanceWindow window =
                window(instance).orElseThrow(() -> new NoMaintenanceWindowException(request.instanceId()));
        requireLongEnough(request, window);
        return opening(request, window, now);
    }

    private static Instant opening(SwitchoverRequest request, MaintenanceWindow window, Instant now) {
        return Admission.fits(window, Admission.needed(request, Duration.ZERO), now) ? now : window.nextOpening(now);
    }

    private static void requireLongEnough(SwitchoverRequest request, MaintenanceWindow window) {
        Duration needed = Admission.needed(request, Duration.ZERO);
        if (window.length().compareTo(needed) < 0) {
            throw new IllegalArgumentException(
                    "The maintenance window '%s' of '%s' is open for %s, but the switchover may need %s: catchUpTimeout %s and drainTimeout %s. Nothing was changed; lower them, or choose a longer window."
                            .formatted(
                                    window,
                                    request.instanceId(),
                                    window.length(),
                                    needed,
                                    request.catchUpTimeout(),
                                    request.drainTimeout()));
        }
    }

    private static RuntimeException isThereAlready(Waiting there) {
        Operation other = there.operation();
        if (other.startsAt().isPresent()) {
            return new SwitchoverWaitingException(
                    there.instanceId(),
                    other.operationId(),
                    other.request().requestedBy(),
                    other.since(),
                    there.startsAt());
        }
        return new SwitchoverInProgressException(
                there.instanceId(), other.operationId(), other.request().requestedBy(), other.since(), other.phase());
    }

    /** Cancels the one that waits, because another switchover of the instance takes its place. */
    void replaceBy(Operation next) {
        schedule.of(next.request().instanceId())
                .flatMap(waiting -> schedule.take(waiting.operation()))
                .ifPresent(old -> {
                    schedule.release(old.operation());
                    replaced(old, next);
                });
    }

    private void replaced(Waiting old, Operation next) {
        String why = "switchover %s, which %s asked for, takes its place"
                .formatted(next.operationId(), quoted(next.request().requestedBy()));
        endApart(old, new Cause(Phase.SCHEDULED, Event.CANCEL_REQUESTED, why, ""));
    }

    private void cancelled(Operation operation) {
        schedule.take(operation)
                .ifPresent(waiting -> endApart(
                        waiting, new Cause(Phase.SCHEDULED, Event.CANCEL_REQUESTED, "the caller cancelled", "")));
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

    /**
     * Makes sure that the one that waits for the window of an instance would fit into another window.
     *
     * @throws IllegalArgumentException if not
     */
    void requireFits(String instanceId, MaintenanceWindow window) {
        schedule.of(instanceId)
                .filter(Scheduling::waitsForWindow)
                .ifPresent(waiting -> requireLongEnough(waiting.request(), window));
    }

    /** Moves the one that waits for the window of an instance along with it. */
    void follow(String instanceId, MaintenanceWindow window) {
        schedule.of(instanceId)
                .filter(Scheduling::waitsForWindow)
                .flatMap(waiting -> schedule.take(waiting.operation()))
                .ifPresent(waiting -> again(
                        waiting,
                        opening(waiting.request(), window, time.instant()),
                        "the maintenance window is now %s".formatted(quoted(window.toString()))));
    }

    private static boolean waitsForWindow(Waiting waiting) {
        return !(waiting.request().timing() instanceof Timing.At at)
                || !at.instant().equals(waiting.startsAt());
    }

    /** Lets everything wait again that the journal knows to be waiting. */
    void recover(List<List<JournalRecord>> unfinished) {
        Map<String, Waiting> byInstance = new LinkedHashMap<>();
        List<Waiting> outdated = new ArrayList<>();
        for (List<JournalRecord> records : unfinished) {
            recall(records).ifPresent(waiting -> {
                Waiting older = byInstance.put(waiting.instanceId(), waiting);
                if (older != null) {
                    outdated.add(older);
                }
            });
        }
        if (byInstance.isEmpty()) {
            return;
        }
        schedule.enqueueAll(List.copyOf(byInstance.values()));
        log.info(
                "{}: {} switchovers wait for their time, as before the restart",
                settings.backend().name(),
                byInstance.size());
        for (Waiting old : outdated) {
            Waiting newer = byInstance.get(old.instanceId());
            if (newer != null) {
                replaced(old, newer.operation());
            }
        }
    }

    private Optional<Waiting> recall(List<JournalRecord> records) {
        JournalRecord first = records.get(0);
        JournalRecord last = records.get(records.size() - 1);
        if (Windows.isWindow(records) || last.phase() != Phase.SCHEDULED) {
            return Optional.empty();
        }
        try {
            SwitchoverRequest request = Facts.request(first);
            if (request.timing() == Timing.now()) {
                return Optional.empty();
            }
            Operation operation = new Operation(first.operationId(), request, first.at());
            operation.onCancel(() -> cancelled(operation));
            return Optional.of(new Waiting(operation, Facts.startsAt(records), last.sequence() + 1, true));
        } catch (IllegalArgumentException e) {
            log.error(
                    "{}: switchover {} waits in the journal, but cannot be read; it is left there and will not start",
                    first.instanceId(),
                    first.operationId(),
                    e);
            return Optional.empty();
        }
    }

    private void onDue(Waiting due) {
        try {
            threads.create(due.instanceId() + "-switchover", () -> admit(due)).start();
        } catch (RuntimeException | Error e) {
            log.warn(
                    "{}: no thread could be started for switchover {}; it is tried again in {}",
                    due.instanceId(),
                    due.operation().operationId(),
                    NO_THREAD_PAUSE,
                    e);
            time.setAlarm(time.instant().plus(NO_THREAD_PAUSE), () -> {
                schedule.enqueue(due);
                schedule.ended();
            });
        }
    }

    private void admit(Waiting due) {
        try {
            boolean decided = false;
            while (!decided) {
                slots.awaitChange(due.instanceId(), LONGEST_CHANGE);
                decided = decide(due);
            }
        } catch (CancellationException e) {
            runner(due, new Cause(Phase.SCHEDULED, Event.CANCEL_REQUESTED, "the caller cancelled", ""))
                    .run();
        } catch (RuntimeException | Error defect) {
            log.error(
                    "{}: switchover {} was abandoned before it began because of a defect",
                    due.instanceId(),
                    due.operation().operationId(),
                    defect);
            schedule.release(due.operation());
            due.operation().fail(defect);
        } finally {
            schedule.ended();
        }
    }

    /** Whether it was decided what becomes of it; if not, the window is being changed and it must be asked again. */
    private boolean decide(Waiting due) {
        if (slots.isClosed()) {
            leave(due);
            return true;
        }
        if (isTakenUpElsewhere(due)) {
            abandon(due, "another coordinator has taken it up");
            return true;
        }
        Optional<MaintenanceWindow> window;
        try {
            window = currentWindow(due);
        } catch (UnknownInstanceException e) {
            if (due.recovered()) {
                abandon(
                        due,
                        "%s has no such instance".formatted(settings.backend().name()));
                return true;
            }
            return start(due);
        } catch (BackendException e) {
            end(due, new Cause(Phase.SCHEDULED, Event.FAILED, Text.message(e), "Remove the cause, then ask again."));
            return true;
        }
        Admission.Verdict verdict = verdict(due, window, Duration.ZERO);
        if (verdict instanceof Admission.Verdict.Start && waitsForWindow(due)) {
            verdict = verdict(due, window, predictedPause(due));
        }
        if (verdict instanceof Admission.Verdict.Wait wait) {
            again(due, wait.until(), wait.why());
        } else if (verdict instanceof Admission.Verdict.Missed missed) {
            end(due, new Cause(Phase.SCHEDULED, Event.MISSED, missed.why(), "Ask for it again."));
        } else {
            return start(due);
        }
        return true;
    }

    private Admission.Verdict verdict(Waiting due, Optional<MaintenanceWindow> window, Duration predictedPause) {
        return Admission.of(
                due.request(),
                due.operation().since(),
                due.startsAt(),
                window,
                Admission.needed(due.request(), predictedPause),
                time.instant());
    }

    /** Two coordinators may have found it in one journal. */
    private boolean isTakenUpElsewhere(Waiting due) {
        try {
            return journal.read(due.instanceId()).stream()
                    .anyMatch(record ->
                            record.operationId().equals(due.operation().operationId())
                                    && record.sequence() >= due.nextSequence());
        } catch (JournalException e) {
            log.debug("{}: the journal cannot be read", due.instanceId(), e);
            return false;
        }
    }

    private Optional<MaintenanceWindow> currentWindow(Waiting due) {
        boolean asksBackend = isKeptByBackend() && waitsForWindow(due);
        if (!due.recovered() && !asksBackend) {
            return windows.of(due.instanceId());
        }
        try {
            return window(due.operation().interruptibly(() -> examiner.observe(due.instanceId())));
        } catch (BackendException e) {
            if (asksBackend) {
                throw e;
            }
            return windows.of(due.instanceId());
        }
    }

    private Duration predictedPause(Waiting due) {
        SwitchoverRequest request = due.request();
        try {
            Preflight preflight = due.operation()
                    .interruptibly(() -> examiner.examine(
                            request,
                            examiner.observe(request.instanceId()),
                            request.target(),
                            settings.participantsOf(request.instanceId())));
            return preflight.predictedPause().orElse(Duration.ZERO);
        } catch (CancellationException e) {
            throw e;
        } catch (RuntimeException e) {
            // It is asked once more when the switchover has begun, and then said aloud.
            log.debug("{}: the pause could not be predicted", request.instanceId(), e);
            return Duration.ZERO;
        }
    }

    private boolean start(Waiting due) {
        Operation operation = due.operation();
        try {
            slots.claim(operation);
        } catch (SwitchoverInProgressException e) {
            if (slots.isChanging(due.instanceId())) {
                return false;
            }
            end(
                    due,
                    new Cause(
                            Phase.SCHEDULED,
                            Event.REFUSED,
                            slots.running(due.instanceId())
                                    .map(Scheduling::isSwitching)
                                    .orElse("another switchover was under way"),
                            "Ask for it again when that has ended."));
            return true;
        } catch (IllegalStateException e) {
            leave(due);
            return true;
        }
        schedule.release(operation);
        runners.of(operation, due.nextSequence(), new Findings())
                .waited(Event.PASSED)
                .run();
        return true;
    }

    private static String isSwitching(Operation other) {
        return "%s is switching the instance since %s (switchover %s, now %s)"
                .formatted(quoted(other.request().requestedBy()), other.since(), other.operationId(), other.phase());
    }

    private void end(Waiting due, Cause cause) {
        runner(due, cause).run();
    }

    private void again(Waiting due, Instant until, String why) {
        if (until.equals(due.startsAt())) {
            enqueue(due);
            return;
        }
        Instant now = time.instant();
        Waiting next = due.at(until);
        try {
            journal.append(record(
                    due.operation(),
                    due.nextSequence(),
                    now,
                    Kind.PHASE,
                    Map.of(Facts.WHY, why, Facts.STARTS_AT, until.toString())));
            next = next.recorded();
        } catch (JournalException e) {
            log.warn("{}: the journal could not keep that the switchover now starts at {}", due.instanceId(), until, e);
        }
        log.info(
                "{}: switchover {} starts at {}, not at {}: {}",
                due.instanceId(),
                due.operation().operationId(),
                until,
                due.startsAt(),
                why);
        due.operation().startsAt(until);
        publish(due.operation(), now, "starts at %s: %s".formatted(until, why));
        enqueue(next);
    }

    /** A cancel, or a close, that came while it did not wait is heeded now. */
    private void enqueue(Waiting waiting) {
        schedule.enqueue(waiting);
        if (waiting.operation().isCancelPending()) {
            cancelled(waiting.operation());
        }
        if (slots.isClosed()) {
            closing(waiting.operation());
        }
    }

    /** The operation has ended. */
    void release(Operation operation) {
        schedule.release(operation);
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
            operation.cancel();
        }
    }

    private void leave(Waiting waiting) {
        if (!journal.isDurable()) {
            end(waiting, new Cause(Phase.SCHEDULED, Event.CANCEL_REQUESTED, "the coordinator was closed", ""));
            return;
        }
        abandon(
                waiting,
                "the coordinator was closed; it waits on in the journal, and starts at %s where a coordinator reads that"
                        .formatted(waiting.startsAt()));
    }

    private void abandon(Waiting waiting, String why) {
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
