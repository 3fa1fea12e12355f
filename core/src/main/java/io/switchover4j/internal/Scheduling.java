package io.switchover4j.internal;

import static io.switchover4j.internal.Text.quoted;

import io.switchover4j.Instance;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.NoMaintenanceWindowException;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverInProgressException;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.SwitchoverWaitingException;
import io.switchover4j.TimeSource;
import io.switchover4j.Timing;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes requests for a later time, moves those that wait along with the windows, and finds them again after a restart. Thread-safe. */
final class Scheduling {

    private static final Logger log = LoggerFactory.getLogger(Scheduling.class);

    /** So many instances are switched at once because of their time; those that come due meanwhile follow. */
    private static final int AT_ONCE = 64;

    private final String backend;
    private final SwitchoverJournal journal;
    private final TimeSource time;
    private final Windows windows;
    private final WaitingRoom room;
    private final Starter starter;

    Scheduling(
            CoordinatorSettings settings,
            Slots slots,
            Windows windows,
            Examiner examiner,
            Threads threads,
            Listeners listeners,
            WaitingRoom.Runners runners) {
        this.backend = settings.backend().name();
        this.journal = settings.journal();
        this.time = settings.timeSource();
        this.windows = windows;
        this.room = new WaitingRoom(settings, slots, threads, listeners, runners, AT_ONCE, this::onDue);
        this.starter = new Starter(settings, slots, windows, examiner, threads, room);
    }

    private void onDue(Waiting due) {
        starter.onDue(due);
    }

    Optional<Waiting> of(String instanceId) {
        return room.of(instanceId);
    }

    /** The one that has not begun. */
    Optional<Waiting> waiting(String instanceId) {
        return of(instanceId).filter(waiting -> waiting.operation().startsAt().isPresent());
    }

    List<Waiting> all() {
        return room.all();
    }

    /**
     * Lets a switchover wait for its time, once its request is in the journal.
     *
     * @throws SwitchoverWaitingException if one waits already, and is not to be replaced
     * @throws IllegalArgumentException if its time can never come, or it names a node that is not there
     */
    Operation schedule(SwitchoverRequest request, Instance instance) {
        requireNode("target", request.target(), instance);
        requireNode("expectedPrimary", request.expectedPrimary(), instance);
        Instant now = time.instant();
        Instant startsAt = firstTime(request, instance, now);
        Operation operation = new Operation(OperationIds.next(now), request, now);
        Optional<Waiting> before = room.of(request.instanceId());
        Optional<Waiting> elsewhere = before.isPresent() ? Optional.empty() : waitingElsewhere(request.instanceId());
        Optional<Waiting> there = before.or(() -> elsewhere);
        if (there.isPresent() && !request.replacesWaiting()) {
            throw isThereAlready(there.get());
        }
        if (!room.admit(operation, startsAt, before)) {
            throw room.of(request.instanceId())
                    .map(Scheduling::isThereAlready)
                    .orElseGet(() -> new SwitchoverInProgressException(
                            request.instanceId(), "somebody whose switchover was waiting until just now"));
        }
        elsewhere.ifPresent(old -> room.replacedNow(old, operation));
        return operation;
    }

    /** When its time comes, nobody may be there to correct a name. A node that does not answer now may answer then. */
    private static void requireNode(String what, Optional<String> nodeId, Instance instance) {
        nodeId.filter(id -> instance.node(id).isEmpty()).ifPresent(id -> {
            throw new IllegalArgumentException(
                    "The switchover of '%s' cannot be done at its time: its %s '%s' is none of the nodes %s. Nothing was started; name one of them, or none."
                            .formatted(
                                    instance.id(),
                                    what,
                                    id,
                                    instance.nodes().stream()
                                            .map(node -> quoted(node.id()))
                                            .collect(Collectors.joining(", "))));
        });
    }

    /** One that another process with the same journal lets wait. Ended in the journal, it will not start there. */
    private Optional<Waiting> waitingElsewhere(String instanceId) {
        Map<String, List<JournalRecord>> byOperation = new LinkedHashMap<>();
        for (JournalRecord record : journal.read(instanceId)) {
            byOperation
                    .computeIfAbsent(record.operationId(), id -> new ArrayList<>())
                    .add(record);
        }
        return byOperation.values().stream()
                .flatMap(records -> recall(records).stream())
                .reduce((older, newer) -> newer);
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
                windows.of(instance).orElseThrow(() -> new NoMaintenanceWindowException(request.instanceId()));
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
                there.instanceId(),
                other.operationId(),
                other.request().requestedBy(),
                other.underWaySince(),
                other.phase());
    }

    /** Cancels the one that waits, because another switchover of the instance takes its place. */
    void replaceBy(Operation next) {
        room.of(next.request().instanceId())
                .flatMap(waiting -> room.take(waiting.operation()))
                .ifPresent(old -> {
                    room.release(old.operation());
                    room.replacedNow(old, next);
                });
    }

    /**
     * Makes sure that the one that waits for the window of an instance would fit into another window.
     *
     * @throws IllegalArgumentException if not
     */
    void requireFits(String instanceId, MaintenanceWindow window) {
        room.of(instanceId)
                .filter(Waiting::waitsForWindow)
                .ifPresent(waiting -> requireLongEnough(waiting.request(), window));
    }

    /** Moves the one that waits for the window of an instance along with it. */
    void follow(String instanceId, MaintenanceWindow window) {
        room.of(instanceId)
                .filter(Waiting::waitsForWindow)
                .flatMap(waiting -> room.take(waiting.operation()))
                .ifPresent(waiting -> room.postpone(
                        waiting,
                        opening(waiting.request(), window, time.instant()),
                        "the maintenance window is now %s".formatted(quoted(window.toString()))));
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
        room.admitAgain(List.copyOf(byInstance.values()));
        log.info("{}: {} switchovers wait for their time, as before the restart", backend, byInstance.size());
        for (Waiting old : outdated) {
            Waiting newer = byInstance.get(old.instanceId());
            if (newer != null) {
                room.replaced(old, newer.operation());
            }
        }
    }

    private static Optional<Waiting> recall(List<JournalRecord> records) {
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
            Instant startsAt = Facts.startsAt(records);
            operation.startsAt(startsAt);
            return Optional.of(new Waiting(operation, startsAt, last.sequence() + 1, true));
        } catch (IllegalArgumentException e) {
            log.error(
                    "{}: switchover {} waits in the journal, but cannot be read; it is left there and will not start",
                    first.instanceId(),
                    first.operationId(),
                    e);
            return Optional.empty();
        }
    }

    /** The operation has ended. */
    void release(Operation operation) {
        room.release(operation);
    }

    /** Nothing starts any more. What waits in a durable journal waits on there; the rest is cancelled. */
    List<Operation> close() {
        return room.close();
    }
}
