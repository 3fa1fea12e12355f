package io.switchover4j.internal;

import static io.switchover4j.internal.Text.quoted;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One switchover as its caller sees it, and the place where the caller's cancel and the runner's progress meet. Thread-safe.
 */
final class Operation implements Switchover {

    private final String operationId;
    private final SwitchoverRequest request;
    private final Instant since;
    private final CompletableFuture<SwitchoverReport> completion = new CompletableFuture<>();

    private final ReentrantLock lock = new ReentrantLock();

    private volatile Phase phase;

    private volatile @Nullable Instant startsAt;

    private volatile Instant underWaySince;

    private volatile Runnable onCancel = () -> {};

    @GuardedBy("lock")
    private @Nullable Canceller canceller;

    @GuardedBy("lock")
    private @Nullable Thread interruptible;

    private volatile @Nullable Thread carriedOutBy;

    /** Why it is not carried out here any more; null if it is. */
    private volatile @Nullable IllegalStateException left;

    /** Confined to the runner's thread. */
    private boolean interrupted;

    Operation(String operationId, SwitchoverRequest request, Instant since) {
        this(operationId, request, since, Phase.SCHEDULED);
    }

    Operation(String operationId, SwitchoverRequest request, Instant since, Phase phase) {
        this.phase = phase;
        this.operationId = operationId;
        this.request = request;
        this.since = since;
        this.underWaySince = since;
    }

    @Override
    public String operationId() {
        return operationId;
    }

    @Override
    public SwitchoverRequest request() {
        return request;
    }

    /** When it was asked for. */
    Instant since() {
        return since;
    }

    /** Since when it keeps others from the instance. */
    Instant underWaySince() {
        return underWaySince;
    }

    /** It has waited until now. */
    void underWaySince(Instant at) {
        underWaySince = at;
    }

    /** For those who are refused because of it. */
    String whoIsSwitching() {
        return "%s is switching the instance since %s (switchover %s, now %s)"
                .formatted(quoted(request.requestedBy()), underWaySince, operationId, phase);
    }

    @Override
    public Phase phase() {
        return phase;
    }

    @Override
    public Optional<Instant> startsAt() {
        return phase == Phase.SCHEDULED ? Optional.ofNullable(startsAt) : Optional.empty();
    }

    /** It waits for this time. */
    void startsAt(Instant time) {
        startsAt = time;
    }

    /** What is run, without blocking, when it is cancelled while nothing carries it out. */
    void onCancel(Runnable hook) {
        onCancel = hook;
    }

    @Override
    public boolean cancel() {
        return cancel(Canceller.CALLER);
    }

    /** The first who cancels is the one whom the report names. */
    @CanIgnoreReturnValue
    boolean cancel(Canceller who) {
        lock.lock();
        try {
            if (!phase.isCancellable()) {
                return false;
            }
            if (canceller == null) {
                canceller = who;
                if (interruptible != null) {
                    interruptible.interrupt();
                }
            }
        } finally {
            lock.unlock();
        }
        onCancel.run();
        return true;
    }

    /** Why it ends, once it was cancelled. */
    Cause cancelledIn(Phase where) {
        lock.lock();
        try {
            return (canceller == null ? Canceller.CALLER : canceller).in(where);
        } finally {
            lock.unlock();
        }
    }

    /** Whether somebody cancelled while that was possible, and this is still to be heeded. */
    boolean isCancelPending() {
        lock.lock();
        try {
            return canceller != null && phase.isCancellable();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Makes {@code next} the phase that everybody sees.
     *
     * @return false, with nothing changed, if that were a step forward after a cancel
     */
    boolean moveTo(Phase next) {
        lock.lock();
        try {
            boolean forward = !next.isEnd() && next != Phase.ROLLING_BACK;
            if (forward && canceller != null && phase.isCancellable()) {
                return false;
            }
            phase = next;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Makes a call that a cancel may interrupt. The interrupt of a cancel never outlives the call, so that it meets neither
     * the journal nor the undo.
     *
     * @throws CancellationException if it was cancelled already
     */
    <T> T interruptibly(Supplier<T> call) {
        lock.lock();
        try {
            if (isCancelPending()) {
                throw new CancellationException();
            }
            interruptible = Thread.currentThread();
        } finally {
            lock.unlock();
        }
        try {
            return call.get();
        } finally {
            lock.lock();
            try {
                interruptible = null;
                if (isCancelPending()) {
                    Thread.interrupted();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Called by the runner's thread: takes an interrupt out of the way of what must be finished.
     *
     * @return whether there was one
     */
    @CanIgnoreReturnValue
    boolean absorbInterrupt() {
        boolean present = Thread.interrupted();
        interrupted |= present;
        return present;
    }

    /** Called by the runner's thread when it begins. */
    void begin() {
        carriedOutBy = Thread.currentThread();
    }

    /** Called by the runner's thread at its end: hands a taken interrupt on to whoever owns the thread. */
    void restoreInterrupt() {
        carriedOutBy = null;
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    void complete(SwitchoverReport report) {
        completion.complete(report);
    }

    void fail(Throwable defect) {
        completion.completeExceptionally(defect);
    }

    /** It is not carried out here any more, and has not ended. */
    void leave(String why) {
        IllegalStateException reason =
                new IllegalStateException("The switchover of '%s' has not ended: %s (switchover %s)"
                        .formatted(request.instanceId(), why, operationId));
        left = reason;
        completion.completeExceptionally(reason);
    }

    @Override
    public SwitchoverReport await() throws InterruptedException {
        requireOtherThread();
        try {
            return completion.get();
        } catch (ExecutionException e) {
            throw defect(e);
        }
    }

    @Override
    public SwitchoverReport await(Duration timeout) throws InterruptedException, TimeoutException {
        requireOtherThread();
        try {
            return completion.get(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw defect(e);
        } catch (TimeoutException e) {
            TimeoutException named = new TimeoutException(
                    "The switchover of '%s' has not ended within %d ms; it is in the phase %s and goes on (switchover %s)"
                            .formatted(request.instanceId(), timeout.toMillis(), phase, operationId));
            named.initCause(e);
            throw named;
        }
    }

    /** Its end would come only when the wait is over. */
    private void requireOtherThread() {
        if (Thread.currentThread() == carriedOutBy && !completion.isDone()) {
            throw new IllegalStateException(
                    "The switchover of '%s' is carried out by this very thread, which cannot wait for its end (switchover %s)"
                            .formatted(request.instanceId(), operationId));
        }
    }

    @Override
    public CompletionStage<SwitchoverReport> completion() {
        return completion.minimalCompletionStage();
    }

    @Override
    public String toString() {
        return "%s (switchover %s, %s)".formatted(request, operationId, phase);
    }

    private IllegalStateException defect(ExecutionException e) {
        IllegalStateException reason = left;
        if (reason != null && e.getCause() == reason) {
            // One for each who waits, with the place where it does.
            return new IllegalStateException(reason.getMessage(), reason);
        }
        return new IllegalStateException(
                "The switchover of '%s' ended without a report (switchover %s): %s. Look at every node before you do anything else"
                        .formatted(request.instanceId(), operationId, e.getCause()),
                e.getCause());
    }
}
