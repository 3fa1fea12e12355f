package io.switchover4j.internal;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings to an end what a process that died had begun: each interrupted switchover is taken up, on threads of its own, and is
 * finished or rolled back by what is observed. Thread-safe.
 */
final class Recovery {

    private static final Logger log = LoggerFactory.getLogger(Recovery.class);

    /** So many instances at once; what waits for a machine that is down keeps a thread for as long. */
    private static final int AT_ONCE = 16;

    /** Where the coordinator keeps who is switching which instance. */
    interface Claims {

        /** Makes {@code next} the switchover of its instance, in the place of {@code ended}. */
        void pass(@Nullable Operation ended, @Nullable Operation next);
    }

    private final CoordinatorSettings settings;
    private final SwitchoverJournal journal;
    private final TimeSource time;
    private final Threads threads;
    private final Listeners listeners;
    private final Limits limits;
    private final Claims claims;
    private final Queue<Deque<Task>> waiting = new ConcurrentLinkedQueue<>();

    private volatile boolean stopped;

    Recovery(CoordinatorSettings settings, Threads threads, Listeners listeners, Limits limits, Claims claims) {
        this.settings = settings;
        this.journal = settings.journal();
        this.time = settings.timeSource();
        this.threads = threads;
        this.listeners = listeners;
        this.limits = limits;
        this.claims = claims;
    }

    /**
     * Claims every instance whose switchover was interrupted, and takes those switchovers up in the background.
     */
    void begin(List<List<JournalRecord>> unfinished) {
        Map<String, Deque<Task>> byInstance = new LinkedHashMap<>();
        for (List<JournalRecord> records : unfinished) {
            interrupted(records)
                    .ifPresent(task -> byInstance
                            .computeIfAbsent(task.known.instanceId(), id -> new ArrayDeque<>())
                            .add(task));
        }
        byInstance.values().forEach(tasks -> claims.pass(null, tasks.element().operation));
        waiting.addAll(byInstance.values());
        for (int i = 0; i < Math.min(AT_ONCE, byInstance.size()); i++) {
            threads.create("recovery-" + i, this::run).start();
        }
    }

    private void run() {
        for (Deque<Task> tasks = waiting.poll(); tasks != null; tasks = waiting.poll()) {
            run(tasks);
        }
    }

    /** One that still waits for a time to come was not interrupted; there may be very many, so that not all of it is read. */
    private static boolean isWaiting(List<JournalRecord> records) {
        return records.get(records.size() - 1).phase() == Phase.SCHEDULED
                && Timings.isLater(records.get(0).facts());
    }

    private Optional<Task> interrupted(List<JournalRecord> records) {
        if (Windows.isWindow(records) || isWaiting(records)) {
            return Optional.empty();
        }
        Recollection past = new Recollection(records);
        try {
            SwitchoverRequest request = past.request();
            return Optional.of(new Task(past, request));
        } catch (IllegalArgumentException e) {
            log.error(
                    "{}: switchover {} was interrupted in {}, and its request cannot be read from the journal; look at every node",
                    past.instanceId(),
                    past.operationId(),
                    past.phase(),
                    e);
            return Optional.empty();
        }
    }

    /** What has not been taken up yet is left to the next coordinator; what has been is brought to its end. */
    void stop() {
        stopped = true;
    }

    /** Those of one instance, one after the other. */
    private static void run(Deque<Task> tasks) {
        for (Task task = tasks.poll(); task != null; task = tasks.poll()) {
            Task next = tasks.peek();
            task.run(next == null ? null : next.operation);
        }
    }

    /** One interrupted switchover. */
    private final class Task {

        private final Recollection known;
        private final Operation operation;

        Task(Recollection past, SwitchoverRequest request) {
            this.known = past;
            Phase phase = past.phase() == Phase.SCHEDULED ? Phase.SCHEDULED : Phase.RESOLVING;
            this.operation = new Operation(past.operationId(), request, past.requestedAt(), phase);
            operation.underWaySince(past.begunAt());
        }

        void run(@Nullable Operation next) {
            try {
                takeUp(next);
            } catch (RuntimeException | Error defect) {
                log.error(
                        "{}: switchover {} could not be taken up because of a defect",
                        known.instanceId(),
                        known.operationId(),
                        defect);
                claims.pass(operation, next);
                operation.fail(defect);
            }
        }

        private void takeUp(@Nullable Operation next) {
            log.warn(
                    "{}: switchover {} was interrupted in {}; it is taken up to be finished or rolled back",
                    known.instanceId(),
                    known.operationId(),
                    known.phase());
            SwitchoverTakenUp recorded = FlightRecording.takingUp(known);
            TakeOver.Result result = known.phase() == Phase.SCHEDULED
                    ? new TakeOver.Result.Taken(known, Optional.empty(), Optional.empty())
                    : new TakeOver(settings.backend(), journal, time, limits, () -> stopped, known).await();
            FlightRecording.takenUp(recorded, result);
            if (result instanceof TakeOver.Result.Taken taken) {
                resume(taken.past(), result, journal, next);
            } else if (result instanceof TakeOver.Result.Refused refused) {
                // Who is alive writes the journal; what is then written here must not meet it.
                SwitchoverJournal own = refused.alive() ? SwitchoverJournal.inMemory(1) : journal;
                resume(refused.past(), result, own, next);
            } else if (result instanceof TakeOver.Result.Ended ended) {
                endElsewhere(ended.past(), next);
            } else {
                leave(result, next);
            }
        }

        private void resume(
                Recollection past, TakeOver.Result result, SwitchoverJournal into, @Nullable Operation next) {
            String instanceId = past.instanceId();
            OperationLog operationLog =
                    new OperationLog(into, time, instanceId, past.operationId(), past.nextSequence());
            Findings findings = new Findings();
            Interpreter interpreter = new Interpreter(
                    settings.backend(),
                    settings.participantsOf(instanceId),
                    operation,
                    operationLog,
                    findings,
                    threads,
                    time,
                    limits);
            interpreter.takeUp(result);
            new Runner(
                            operation,
                            operationLog,
                            interpreter,
                            findings,
                            listeners,
                            time,
                            ended -> claims.pass(ended, next))
                    .resuming(past)
                    .run();
        }

        private void endElsewhere(Recollection past, @Nullable Operation next) {
            SwitchoverReport report = Reports.remembered(past.records());
            log.info(
                    "{}: switchover {} was brought to its end by another process: {}",
                    past.instanceId(),
                    past.operationId(),
                    report.message());
            listeners.end(() -> {
                claims.pass(operation, next);
                listeners.tell(past.instanceId(), listener -> listener.onEnd(report));
            });
            operation.complete(report);
        }

        private void leave(TakeOver.Result result, @Nullable Operation next) {
            boolean notOurs = result instanceof TakeOver.Result.NotOurs;
            String why = notOurs
                    ? "%s has no such instance".formatted(settings.backend().name())
                    : "the coordinator was closed; the next one takes it up";
            log.info(
                    "{}: the interrupted switchover {} is left alone: {}",
                    known.instanceId(),
                    known.operationId(),
                    why);
            claims.pass(operation, next);
            operation.fail(new IllegalStateException("it was not taken up: " + why));
        }
    }
}
