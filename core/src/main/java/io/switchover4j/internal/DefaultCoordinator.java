package io.switchover4j.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.HistoryEntry;
import io.switchover4j.Instance;
import io.switchover4j.Preflight;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverInProgressException;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.Timing;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
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

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<String, Operation> running = new HashMap<>();

    @GuardedBy("lock")
    private boolean closed;

    public DefaultCoordinator(CoordinatorSettings settings) {
        this(settings, Limits.STANDARD);
    }

    DefaultCoordinator(CoordinatorSettings settings, Limits limits) {
        this.settings = settings;
        this.backend = settings.backend();
        this.journal = settings.journal();
        this.time = settings.timeSource();
        ThreadFactory factory = settings.threadFactory();
        this.threads = new Threads(factory == null ? Threads.daemons() : factory);
        this.listeners = new Listeners(settings.listeners(), threads);
        this.limits = limits;
        this.examiner = new Examiner(backend, time, limits);
        if (!journal.isDurable()) {
            log.info(
                    "{}: the journal is kept in memory: history, and what was intended, are lost when this process ends",
                    backend.name());
        }
    }

    @Override
    public List<Instance> instances() {
        requireOpen();
        return backend.instances(Deadline.after(limits.observe(), time));
    }

    @Override
    public Instance instance(String instanceId) {
        requireOpen();
        return examiner.observe(instanceId);
    }

    @Override
    public Preflight preflight(SwitchoverRequest request) {
        requireOpen();
        Instance instance = examiner.observe(request.instanceId());
        return examiner.examine(request, instance, request.target(), settings.participantsOf(request.instanceId()));
    }

    @Override
    public Switchover start(SwitchoverRequest request) {
        String instanceId = request.instanceId();
        requireFree(instanceId);
        if (request.timing() != Timing.now()) {
            throw new IllegalArgumentException(
                    "The timing '%s' of the request for '%s' is not carried out yet; nothing was"
                                    .formatted(request.timing(), instanceId)
                            + " started. Ask for Timing.now().");
        }
        Instance instance = examiner.observe(instanceId);

        Operation operation = new Operation(OperationIds.next(time.instant()), request, time.instant());
        Thread thread = threads.create(instanceId + "-switchover", runner(operation, instance));
        claim(operation);
        try {
            thread.start();
        } catch (RuntimeException | Error e) {
            free(operation);
            throw e;
        }
        return operation;
    }

    private Runner runner(Operation operation, Instance instance) {
        String instanceId = operation.request().instanceId();
        OperationLog operationLog = new OperationLog(journal, time, instanceId, operation.operationId());
        Findings findings = new Findings();
        findings.observed(instance, List.of(), Optional.empty());
        Interpreter interpreter = new Interpreter(
                backend, settings.participantsOf(instanceId), operation, operationLog, findings, threads, time, limits);
        return new Runner(operation, operationLog, interpreter, findings, listeners, time, this::free);
    }

    @Override
    public Optional<Switchover> running(String instanceId) {
        lock.lock();
        try {
            return Optional.ofNullable(running.get(instanceId));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<HistoryEntry> history(String instanceId) {
        return Histories.of(journal.read(instanceId));
    }

    @Override
    public void close() {
        List<Operation> unfinished;
        lock.lock();
        try {
            closed = true;
            unfinished = List.copyOf(running.values());
        } finally {
            lock.unlock();
        }
        unfinished.forEach(Operation::cancel);
        unfinished.forEach(this::awaitEnd);
        listeners.close(limits.listeners());
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

    private void requireOpen() {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("The coordinator of %s is closed. Nothing was changed; make a new one."
                        .formatted(backend.name()));
            }
        } finally {
            lock.unlock();
        }
    }

    private void requireFree(String instanceId) {
        lock.lock();
        try {
            requireOpen();
            Operation other = running.get(instanceId);
            if (other != null) {
                throw new SwitchoverInProgressException(
                        instanceId, other.operationId(), other.request().requestedBy(), other.since(), other.phase());
            }
        } finally {
            lock.unlock();
        }
    }

    private void claim(Operation operation) {
        lock.lock();
        try {
            requireFree(operation.request().instanceId());
            running.put(operation.request().instanceId(), operation);
        } finally {
            lock.unlock();
        }
    }

    private void free(Operation operation) {
        lock.lock();
        try {
            running.remove(operation.request().instanceId(), operation);
        } finally {
            lock.unlock();
        }
    }
}
