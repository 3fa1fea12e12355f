package io.switchover4j.internal;

import static java.util.Objects.requireNonNull;

import io.switchover4j.Check;
import io.switchover4j.FailoverMode;
import io.switchover4j.HistoryEntry;
import io.switchover4j.Instance;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.NoSuchSwitchoverException;
import io.switchover4j.NotCancellableException;
import io.switchover4j.Preflight;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.Timing;
import io.switchover4j.UnknownRegionException;
import io.switchover4j.UnsupportedFailoverModeException;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverBackend.Capability;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The coordinator over one backend. Thread-safe; no lock is held while a backend, a journal or a participant is called. */
public final class DefaultCoordinator implements SwitchoverCoordinator {

    private static final Logger log = LoggerFactory.getLogger(DefaultCoordinator.class);

    private final CoordinatorSettings settings;
    private final SwitchoverBackend backend;
    private final SwitchoverJournal journal;
    private final TimeSource time;
    private final Threads threads;
    private final Listeners listeners;
    private final Limits limits;
    private final Examiner examiner;
    private final Recovery recovery;

    private final Slots slots;
    private final Windows windows;
    private final Unreadable unreadable = new Unreadable();
    private final Overview overview;
    private final Scheduling scheduling;

    private DefaultCoordinator(CoordinatorSettings settings, Limits limits) {
        this.settings = settings;
        this.backend = settings.backend();
        this.journal = settings.journal();
        this.time = settings.timeSource();
        ThreadFactory factory = settings.threadFactory();
        this.threads = new Threads(factory == null ? Threads.daemons() : factory);
        this.listeners = new Listeners(settings.listeners(), threads);
        this.limits = limits;
        this.examiner = new Examiner(backend, time, limits);
        this.slots = new Slots(backend.name());
        this.windows = new Windows(backend, journal, time);
        this.overview = new Overview(
                backend, journal, time, limits, slots, windows, new LeaseHolders(backend, threads), unreadable);
        this.scheduling = new Scheduling(settings, slots, windows, examiner, threads, listeners, this::runner);
        this.recovery = new Recovery(settings, threads, listeners, limits, this::pass);
        if (!journal.isDurable()) {
            log.info(
                    "{}: the journal is kept in memory: history, and what was intended, are lost when this process ends",
                    backend.name());
        }
    }

    /**
     * A coordinator that goes on with what the journal knows not to have ended.
     *
     * @throws io.switchover4j.spi.JournalException if the journal cannot be read
     */
    public static DefaultCoordinator start(CoordinatorSettings settings) {
        return start(settings, Limits.STANDARD);
    }

    static DefaultCoordinator start(CoordinatorSettings settings, Limits limits) {
        DefaultCoordinator coordinator = new DefaultCoordinator(settings, limits);
        coordinator.recover();
        return coordinator;
    }

    private void recover() {
        List<List<JournalRecord>> unfinished = journal.unfinished();
        unfinished.stream().filter(Windows::isWindow).forEach(windows::restore);
        unfinished.forEach(unreadable::restore);
        recovery.begin(unfinished);
        scheduling.recover(unfinished);
    }

    @Override
    public List<String> regions() {
        return instances().stream().map(Instance::region).distinct().sorted().toList();
    }

    @Override
    public List<Instance> instances() {
        slots.requireOpen();
        return overview.all(overview.deadline());
    }

    @Override
    public List<Instance> instances(String region) {
        requireNonNull(region, "region");
        List<Instance> all = instances();
        List<Instance> there = all.stream()
                .filter(instance -> instance.region().equals(region))
                .toList();
        if (there.isEmpty()) {
            throw new UnknownRegionException(
                    region,
                    all.stream().map(Instance::region).distinct().sorted().toList());
        }
        return there;
    }

    @Override
    public Instance instance(String instanceId) {
        requireNonNull(instanceId, "instanceId");
        slots.requireOpen();
        return overview.of(instanceId, overview.deadline());
    }

    @Override
    public Preflight preflight(SwitchoverRequest request) {
        requireNonNull(request, "request");
        slots.requireOpen();
        Overview.Look look = overview.look(request.instanceId(), overview.deadline());
        Instance instance = look.instance();
        Optional<String> busy = slots.running(instance.id())
                .map(Operation::whoIsSwitching)
                .or(() -> Examiner.switchedElsewhere(instance, look.leaseHolder()));
        List<Check> others = Others.checks(request, busy, scheduling.waiting(instance.id()));
        return examiner.examine(request, instance, request.target(), settings.participantsOf(instance.id()), others);
    }

    @Override
    public Switchover start(SwitchoverRequest request) {
        requireNonNull(request, "request");
        String instanceId = request.instanceId();
        slots.requireFree(instanceId);
        Deadline deadline = overview.deadline();
        Instance instance = examiner.observe(instanceId, deadline);
        if (request.timing() != Timing.now() && SharedChecks.hasStandby(instance)) {
            overview.requireNotLeased(instanceId, deadline);
            return scheduling.schedule(request, instance);
        }
        Operation operation = new Operation(OperationIds.next(time.instant()), request, time.instant());
        Findings findings = new Findings();
        findings.observed(instance, List.of(), Optional.empty());
        if (!request.replacesWaiting()) {
            scheduling.waiting(instanceId).map(Others::waits).ifPresent(findings::waitsBeside);
        }
        Thread thread = threads.create(instanceId + "-switchover", runner(operation, 0, findings));
        slots.claim(operation);
        try {
            thread.start();
        } catch (RuntimeException | Error e) {
            ended(operation);
            throw e;
        }
        if (request.replacesWaiting()) {
            scheduling.replaceBy(operation);
        }
        return operation;
    }

    private Runner runner(Operation operation, long nextSequence, Findings findings) {
        String instanceId = operation.request().instanceId();
        OperationLog operationLog = new OperationLog(journal, time, instanceId, operation.operationId(), nextSequence);
        Interpreter interpreter = new Interpreter(
                backend, settings.participantsOf(instanceId), operation, operationLog, findings, threads, time, limits);
        return new Runner(operation, operationLog, interpreter, findings, listeners, time, this::ended);
    }

    private void ended(Operation operation) {
        pass(operation, null);
    }

    private void pass(@Nullable Operation ended, @Nullable Operation next) {
        slots.pass(ended, next);
        if (ended != null) {
            scheduling.release(ended);
        }
    }

    @Override
    public Switchover cancel(String instanceId) {
        requireNonNull(instanceId, "instanceId");
        Operation operation = slots.running(instanceId)
                .or(() -> scheduling.of(instanceId).map(Waiting::operation))
                .orElseThrow(() -> {
                    overview.requireKnown(instanceId, overview.deadline());
                    return new NoSuchSwitchoverException(instanceId);
                });
        if (!operation.cancel()) {
            throw operation.phase().isEnd()
                    ? new NoSuchSwitchoverException(instanceId)
                    : new NotCancellableException(instanceId, operation.operationId(), operation.phase());
        }
        return operation;
    }

    @Override
    public void modifyMaintenanceWindow(String instanceId, MaintenanceWindow window) {
        requireNonNull(instanceId, "instanceId");
        requireNonNull(window, "window");
        change(instanceId, deadline -> {
            scheduling.requireFits(instanceId, window);
            if (windows.areKeptByBackend()) {
                backend.modifyMaintenanceWindow(instanceId, window, deadline);
            } else {
                windows.set(instanceId, window);
            }
            log.info("{}: the maintenance window is now {}", instanceId, window);
        });
        // Only now, when the change is over: what waits may begin at once, be it on this thread.
        scheduling.follow(
                instanceId,
                windows.areKeptByBackend()
                        ? window
                        : windows.inJournal(instanceId).orElse(window));
    }

    @Override
    public void modifyFailoverMode(String instanceId, FailoverMode mode) {
        requireNonNull(instanceId, "instanceId");
        requireNonNull(mode, "mode");
        change(instanceId, deadline -> {
            if (!backend.capabilities().contains(Capability.FAILOVER_MODE)) {
                throw new UnsupportedFailoverModeException(instanceId, backend.name());
            }
            backend.modifyFailoverMode(instanceId, mode, deadline);
            FlightRecording.failoverMode(instanceId, "", mode);
            log.info("{}: the failover mode is now {}", instanceId, mode);
        });
    }

    /** While it is done, no switchover of the instance begins. */
    private void change(String instanceId, Consumer<Deadline> effect) {
        slots.requireFree(instanceId);
        Deadline deadline = overview.deadline();
        overview.requireKnown(instanceId, deadline);
        slots.claimChange(instanceId);
        try {
            overview.requireNotLeased(instanceId, deadline);
            if (deadline.isExpired()) {
                throw new BackendException(
                        "'%s' was not changed: within %d s its nodes only just said who is switching it. Nothing was changed; try again once they answer faster"
                                .formatted(instanceId, limits.observe().toSeconds()));
            }
            effect.accept(deadline);
        } finally {
            slots.freeChange(instanceId);
        }
    }

    @Override
    public Optional<Switchover> running(String instanceId) {
        requireNonNull(instanceId, "instanceId");
        Optional<Switchover> running = slots.running(instanceId).map(operation -> operation);
        requireKnown(instanceId, running.isPresent());
        return running;
    }

    @Override
    public Optional<Switchover> waiting(String instanceId) {
        requireNonNull(instanceId, "instanceId");
        Optional<Switchover> waiting = scheduling.of(instanceId).map(Waiting::operation);
        requireKnown(instanceId, waiting.isPresent());
        return waiting;
    }

    @Override
    public List<Switchover> waiting() {
        return scheduling.all().stream()
                .sorted(Comparator.comparing(Waiting::startsAt))
                .<Switchover>map(Waiting::operation)
                .toList();
    }

    @Override
    public List<HistoryEntry> history(String instanceId) {
        requireNonNull(instanceId, "instanceId");
        List<HistoryEntry> history = Histories.of(journal.read(instanceId));
        requireKnown(instanceId, !history.isEmpty());
        return history;
    }

    /** Nobody is asked once the coordinator is closed: the backend may be as well. */
    private void requireKnown(String instanceId, boolean certainly) {
        if (!certainly && !slots.isClosed()) {
            overview.requireKnown(instanceId, overview.deadline());
        }
    }

    @Override
    public void close() {
        List<Operation> running = slots.close();
        List<Operation> waiting = scheduling.close();
        recovery.stop();
        running.forEach(operation -> operation.cancel(Canceller.CLOSE));
        running.forEach(this::awaitEnd);
        waiting.forEach(this::awaitEnd);
        listeners.close(limits.listeners());
        if (journal instanceof PatientJournal patient) {
            // Else the next coordinator would take up what has ended.
            patient.finish();
        }
    }

    private void awaitEnd(Operation operation) {
        Duration limit = limits.untilEnd(operation.request());
        try {
            operation.await(limit);
        } catch (TimeoutException e) {
            log.warn(
                    "{}: the coordinator is closed, but {}", operation.request().instanceId(), e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            log.warn(
                    "{}: close was interrupted; the switchover goes on in {} (switchover {})",
                    operation.request().instanceId(),
                    operation.phase(),
                    operation.operationId());
        } catch (RuntimeException e) {
            // The runner has logged the defect that this repeats.
            log.debug(
                    "{}: the switchover ended without a report",
                    operation.request().instanceId(),
                    e);
        }
    }
}
