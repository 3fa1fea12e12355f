package io.switchover4j.internal;

import io.switchover4j.Instance;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.InterruptedSwitchover;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.LeaseHeldException;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverJournal;
import io.switchover4j.spi.SwitchoverSession;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for the lease of a switchover whose process seems to have ended. Until it is ours nothing is journaled: whoever
 * holds it may be carrying that very switchover on. Confined to one thread.
 */
final class TakeOver {

    private static final Logger log = LoggerFactory.getLogger(TakeOver.class);

    /** Within this time a living process has looked at its nodes and taken its lease. */
    private static final Duration YOUTH = Duration.ofSeconds(5);

    private final SwitchoverBackend backend;
    private final SwitchoverJournal journal;
    private final Examiner examiner;
    private final TimeSource time;
    private final Limits limits;
    private final BooleanSupplier stopped;

    private Recollection past;
    private Optional<Instance> instance = Optional.empty();
    private String refusal = "nobody was asked";
    private boolean alive;

    TakeOver(
            SwitchoverBackend backend,
            SwitchoverJournal journal,
            TimeSource time,
            Limits limits,
            BooleanSupplier stopped,
            Recollection past) {
        this.backend = backend;
        this.journal = journal;
        this.examiner = new Examiner(backend, time, limits);
        this.time = time;
        this.limits = limits;
        this.stopped = stopped;
        this.past = past;
    }

    /** What came of it. */
    sealed interface Result {

        /** In a few words. */
        default String text() {
            if (this instanceof Refused refused) {
                return "refused: " + refused.why();
            }
            return this instanceof Taken
                    ? "taken up"
                    : this instanceof Ended ? "ended by another process" : "left to another coordinator";
        }

        /**
         * It is ours to bring to an end.
         *
         * @param session the lease; empty where no step had been begun, so that there is nothing to undo
         */
        record Taken(Recollection past, Optional<Instance> instance, Optional<SwitchoverSession> session)
                implements Result {}

        /**
         * The lease could not be had in time.
         *
         * @param why a sentence without its full stop
         * @param alive whether the switchover itself holds it, so that its journal is not ours to write
         */
        record Refused(Recollection past, Optional<Instance> instance, String why, boolean alive) implements Result {}

        /** Somebody else has brought it to an end meanwhile. */
        record Ended(Recollection past) implements Result {}

        /** The backend does not know the instance: the journal serves others, too. */
        record NotOurs() implements Result {}

        /** The coordinator was closed before. */
        record Stopped() implements Result {}
    }

    Result await() {
        Deadline deadline = Deadline.after(limits.takeOver(), time);
        Deadline ofAge = Deadline.after(youth(), time);
        for (int attempt = 1; ; attempt++) {
            boolean young = false;
            try {
                Result result = attempt(deadline, !ofAge.isExpired());
                if (result != null) {
                    return result;
                }
                young = true;
            } catch (UnknownInstanceException e) {
                return new Result.NotOurs();
            } catch (RuntimeException | LinkageError e) {
                refused(e, attempt);
            }
            if (Thread.currentThread().isInterrupted() || stopped.getAsBoolean()) {
                return new Result.Stopped();
            }
            boolean goesOn = Backoff.await(attempt, deadline);
            if (young) {
                // What its youth took is not taken from the time for its lease.
                deadline = Deadline.after(limits.takeOver(), time);
            } else if (!goesOn) {
                return new Result.Refused(past, instance, refusal, alive);
            }
        }
    }

    /** @return null if it is left alone for now */
    private @Nullable Result attempt(Deadline deadline, boolean mayBeYoung) {
        if (stopped.getAsBoolean()) {
            return new Result.Stopped();
        }
        readAgain();
        if (past.isEnded()) {
            return new Result.Ended(past);
        }
        Instance seen = examiner.observe(past.instanceId(), deadline);
        instance = Optional.of(seen);
        if (mayBeYoung && isYoung()) {
            return null;
        }
        Optional<SwitchoverSession> session =
                past.intents().isEmpty() ? probe(seen, deadline) : Optional.of(resume(seen, deadline));
        // What others did before they gave the lease back is in the journal only now for certain.
        try {
            readAgain();
            if (!past.isEnded()) {
                Result taken = new Result.Taken(past, instance, session);
                session = Optional.empty();
                return taken;
            }
            return new Result.Ended(past);
        } finally {
            session.ifPresent(SwitchoverSession::close);
        }
    }

    /** Whether, by the stamp of its record, a process that is alive may be about to take the lease, which nothing tells yet. */
    private boolean isYoung() {
        return past.phase() == Phase.CHECKING
                && past.intents().isEmpty()
                && Duration.between(past.phaseAt(), time.instant()).compareTo(youth()) < 0;
    }

    /** Also how long it is watched from here if its stamp is from a clock that goes otherwise. */
    private Duration youth() {
        Duration half = limits.takeOver().dividedBy(2);
        return half.compareTo(YOUTH) < 0 ? half : YOUTH;
    }

    private void readAgain() {
        List<JournalRecord> records = journal.read(past.instanceId()).stream()
                .filter(record -> record.operationId().equals(past.operationId()))
                .toList();
        if (!records.isEmpty()) {
            past = new Recollection(records);
        }
    }

    private SwitchoverSession resume(Instance seen, Deadline deadline) {
        SwitchoverRequest request = past.request();
        String target = past.target().orElseThrow(() -> new IllegalStateException("its journal names no target"));
        String oldPrimary =
                past.oldPrimary().orElseThrow(() -> new IllegalStateException("its journal names no old primary"));
        return backend.resume(
                new InterruptedSwitchover(
                        seen,
                        oldPrimary,
                        target,
                        Examiner.options(request),
                        past.operationId(),
                        Examiner.audit(request),
                        past.records()),
                deadline.orAfter(limits.lease()));
    }

    /**
     * Nothing had been begun, so there is nothing to undo, and no lease is needed but to know that nobody is still at it.
     *
     * @throws LeaseHeldException if the switchover itself holds the lease
     */
    private Optional<SwitchoverSession> probe(Instance seen, Deadline deadline) {
        SwitchoverRequest request = past.request();
        Optional<String> wanted = past.target().or(request::target);
        SharedChecks.Result checks = SharedChecks.of(seen, wanted, request);
        if (checks.target().isEmpty() || seen.primary().isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(backend.open(
                    seen,
                    checks.target().get(),
                    Examiner.options(request),
                    past.operationId(),
                    Examiner.audit(request),
                    deadline.orAfter(limits.lease())));
        } catch (LeaseHeldException e) {
            if (isOurs(e)) {
                throw e;
            }
            return Optional.empty();
        } catch (RuntimeException e) {
            log.debug("{}: the lease cannot be had, which does not matter here", past.instanceId(), e);
            return Optional.empty();
        }
    }

    private void refused(Throwable e, int attempt) {
        refusal = Text.withoutStop(Text.message(e));
        alive = e instanceof LeaseHeldException held && isOurs(held);
        if (attempt == 1) {
            log.warn(
                    "{}: the interrupted switchover {} cannot be taken up yet; it is tried again for {} s: {}",
                    past.instanceId(),
                    past.operationId(),
                    limits.takeOver().toSeconds(),
                    refusal);
        } else {
            log.debug("{}: switchover {} cannot be taken up yet", past.instanceId(), past.operationId(), e);
        }
    }

    private boolean isOurs(LeaseHeldException e) {
        return Text.message(e).contains(past.operationId());
    }
}
