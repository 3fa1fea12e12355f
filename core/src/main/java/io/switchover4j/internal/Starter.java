package io.switchover4j.internal;

import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Phase;
import io.switchover4j.Preflight;
import io.switchover4j.SwitchoverInProgressException;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.JournalException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides of each switchover whose time has come whether it begins, waits on, or has missed its time, on a thread of its own.
 * Thread-safe.
 */
final class Starter {

    private static final Logger log = LoggerFactory.getLogger(Starter.class);

    private static final Duration NO_THREAD_PAUSE = Duration.ofSeconds(10);
    private static final Duration LONGEST_CHANGE = Duration.ofMinutes(1);

    private final CoordinatorSettings settings;
    private final TimeSource time;
    private final Slots slots;
    private final Windows windows;
    private final Examiner examiner;
    private final Threads threads;
    private final WaitingRoom room;

    Starter(
            CoordinatorSettings settings,
            Slots slots,
            Windows windows,
            Examiner examiner,
            Threads threads,
            WaitingRoom room) {
        this.settings = settings;
        this.time = settings.timeSource();
        this.slots = slots;
        this.windows = windows;
        this.examiner = examiner;
        this.threads = threads;
        this.room = room;
    }

    /** Its time has come, and it waits no longer. Does not block. */
    void onDue(Waiting due) {
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
                room.enqueue(due);
                room.leftStage();
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
            room.end(due, due.operation().cancelledIn(Phase.SCHEDULED));
        } catch (RuntimeException | Error defect) {
            log.error(
                    "{}: switchover {} was abandoned before it began because of a defect",
                    due.instanceId(),
                    due.operation().operationId(),
                    defect);
            room.release(due.operation());
            due.operation().fail(defect);
        } finally {
            room.leftStage();
        }
    }

    /** Whether it was decided what becomes of it; if not, the window is being changed and it must be asked again. */
    private boolean decide(Waiting due) {
        if (slots.isClosed()) {
            room.leave(due);
            return true;
        }
        if (isTakenUpElsewhere(due)) {
            room.abandon(due, "another coordinator has taken it up");
            return true;
        }
        Optional<MaintenanceWindow> window;
        try {
            window = currentWindow(due);
        } catch (UnknownInstanceException e) {
            if (due.recovered()) {
                room.abandon(
                        due,
                        "%s has no such instance".formatted(settings.backend().name()));
                return true;
            }
            return start(due);
        } catch (BackendException e) {
            room.end(
                    due,
                    new Cause(Phase.SCHEDULED, Event.FAILED, Text.message(e), "Remove the cause, then ask again."));
            return true;
        }
        Admission.Verdict verdict = verdict(due, window, Duration.ZERO);
        if (verdict instanceof Admission.Verdict.Start && due.waitsForWindow()) {
            verdict = verdict(due, window, predictedPause(due));
        }
        if (verdict instanceof Admission.Verdict.Wait wait) {
            room.postpone(due, wait.until(), wait.why());
        } else if (verdict instanceof Admission.Verdict.Missed missed) {
            FlightRecording.missed(due, missed.why());
            room.end(due, new Cause(Phase.SCHEDULED, Event.MISSED, missed.why(), "Ask for it again."));
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
            return settings.journal().read(due.instanceId()).stream()
                    .anyMatch(record ->
                            record.operationId().equals(due.operation().operationId())
                                    && record.sequence() >= due.nextSequence());
        } catch (JournalException e) {
            log.debug("{}: the journal cannot be read", due.instanceId(), e);
            return false;
        }
    }

    private Optional<MaintenanceWindow> currentWindow(Waiting due) {
        boolean asksBackend = windows.areKeptByBackend() && due.waitsForWindow();
        if (!due.recovered() && !asksBackend) {
            return windows.inJournal(due.instanceId());
        }
        try {
            return windows.of(due.operation().interruptibly(() -> examiner.observe(due.instanceId())));
        } catch (BackendException e) {
            if (asksBackend) {
                throw e;
            }
            return windows.inJournal(due.instanceId());
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
        due.operation().underWaySince(time.instant());
        try {
            slots.claim(due.operation());
        } catch (SwitchoverInProgressException e) {
            if (slots.isChanging(due.instanceId())) {
                return false;
            }
            room.end(
                    due,
                    new Cause(
                            Phase.SCHEDULED,
                            Event.REFUSED,
                            slots.running(due.instanceId())
                                    .map(Operation::whoIsSwitching)
                                    .orElse("another switchover was under way"),
                            "Ask for it again when that has ended."));
            return true;
        } catch (IllegalStateException e) {
            room.leave(due);
            return true;
        }
        room.begin(due);
        return true;
    }
}
