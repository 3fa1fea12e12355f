package io.switchover4j.internal;

import io.switchover4j.Phase;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal of one switchover. Records on the way forward must be kept, or the switchover turns back; records of what
 * cannot be turned back any more are written as soon as that is possible, in order. Confined to the runner's thread, and
 * after {@link #leave()} to whoever writes the rest.
 */
final class OperationLog {

    private static final Logger log = LoggerFactory.getLogger(OperationLog.class);

    /** So often a record is tried before one that follows it is tried in its place. */
    private static final int ATTEMPTS = 2;

    private final SwitchoverJournal journal;
    private final TimeSource time;
    private final String instanceId;
    private final String operationId;
    private final List<Pending> heldBack = new ArrayList<>();
    private final Deque<Pending> unwritten = new ArrayDeque<>();

    private long sequence;
    private @Nullable Doubt doubtful;
    private boolean holdingBack;
    private @Nullable Throwable firstFailure;
    private @Nullable Throwable failure;
    private boolean incomplete;
    private @Nullable JournalRecord foreign;

    OperationLog(SwitchoverJournal journal, TimeSource time, String instanceId, String operationId) {
        this(journal, time, instanceId, operationId, 0);
    }

    /** Goes on where the journal of the same switchover stopped. */
    OperationLog(SwitchoverJournal journal, TimeSource time, String instanceId, String operationId, long next) {
        this.sequence = next;
        this.journal = journal;
        this.time = time;
        this.instanceId = instanceId;
        this.operationId = operationId;
    }

    /**
     * Appends a record without which nothing may go forward.
     *
     * @throws JournalException if it may not be kept; caused by a {@link SomebodyElseException} if somebody else works on it
     */
    void require(JournalRecord.Kind kind, Phase phase, String subject, Map<String, String> facts) {
        if (writeOut() && append(new Pending(kind, phase, subject, facts, time.instant(), () -> {}))) {
            return;
        }
        settleDoubt();
        incomplete = true;
        Throwable cause = foreign == null ? failure : new SomebodyElseException(foreign);
        throw new JournalException(
                "The journal could not keep the record %s of %s%s: %s"
                        .formatted(
                                kind,
                                phase,
                                subject.isEmpty() ? "" : " '" + subject + "'",
                                cause == null ? "it is not known why" : Text.message(cause)),
                cause);
    }

    /** Appends a record as soon as the journal can keep it, and runs {@code afterwards} now, in any case. */
    void note(JournalRecord.Kind kind, Phase phase, String subject, Map<String, String> facts, Runnable afterwards) {
        Pending pending = new Pending(kind, phase, subject, facts, time.instant(), afterwards);
        if (holdingBack) {
            heldBack.add(pending);
        } else {
            write(pending);
        }
    }

    void note(JournalRecord.Kind kind, Phase phase, String subject, Map<String, String> facts) {
        note(kind, phase, subject, facts, () -> {});
    }

    /** Keeps records in memory until {@link #flush}: while everybody waits for the new primary, nothing is written. */
    void holdBack() {
        holdingBack = true;
    }

    void flush() {
        holdingBack = false;
        heldBack.forEach(this::write);
        heldBack.clear();
    }

    /**
     * Its switchover has ended: what is unwritten is left to the coordinator's journal, if that is one that goes on trying.
     */
    void leave() {
        if (!unwritten.isEmpty() && foreign == null && journal instanceof PatientJournal patient) {
            patient.owe(instanceId, this);
        }
    }

    /** What the journal lacks, or lacked for a while, a sentence without its full stop; empty if it never did. */
    Optional<String> trouble() {
        return unwritten.isEmpty() || foreign != null
                ? troubleOnceWritten()
                : Optional.of(
                        "The journal is not complete: %s. What it lacks is written once it works again; until then a coordinator that starts on it takes this switchover up"
                                .formatted(failure()));
    }

    /** The same as the last record tells it: where that is kept, so are those before it. */
    Optional<String> troubleOnceWritten() {
        if (foreign != null) {
            return Optional.of("The journal is not complete: this end is left to whoever else works on it");
        }
        return Optional.ofNullable(firstFailure)
                .map(e -> (incomplete
                                ? "The journal is not complete: %s"
                                : "The journal failed for a while (%s) and is complete again")
                        .formatted(failure()));
    }

    /** The first, so that all who are told are told the same. */
    private String failure() {
        return firstFailure == null ? "" : Text.withoutStop(Text.message(firstFailure));
    }

    private void write(Pending pending) {
        unwritten.add(pending);
        writeOut();
        pending.afterwards.run();
    }

    /**
     * Writes what is unwritten, in order, as far as the journal keeps it.
     *
     * @return whether nothing is left to be written
     */
    boolean writeOut() {
        while (!unwritten.isEmpty() && foreign == null) {
            settleDoubt();
            if (doubtful != null) {
                break;
            }
            if (isOvertaken()) {
                incomplete = true;
            } else if (!append(unwritten.element()) && !skip()) {
                break;
            }
            unwritten.remove();
        }
        return unwritten.isEmpty() || foreign != null;
    }

    /** Whether the journal turned out to hold what follows the first one, which would stand behind it then. */
    private boolean isOvertaken() {
        return !unwritten.element().kept && unwritten.stream().anyMatch(pending -> pending.kept);
    }

    /** A journal may refuse a record for what it is: then those that follow are kept without it, the end above all. */
    private boolean skip() {
        Iterator<Pending> records = unwritten.iterator();
        Pending first = records.next();
        if (first.failures < ATTEMPTS || !records.hasNext() || foreign != null) {
            return false;
        }
        Pending second = records.next();
        if (!append(second)) {
            return false;
        }
        incomplete |= !first.kept;
        second.kept = true;
        return true;
    }

    private boolean append(Pending pending) {
        settleDoubt();
        if (pending.kept || foreign != null || doubtful != null) {
            return pending.kept;
        }
        try {
            JournalRecord record = new JournalRecord(
                    instanceId,
                    operationId,
                    sequence,
                    pending.at,
                    pending.kind,
                    pending.phase,
                    pending.subject,
                    pending.facts);
            doubtful = new Doubt(record, pending);
            journal.append(record);
            doubtful = null;
            sequence++;
            return true;
        } catch (RuntimeException | Error e) {
            failed(pending, e);
            return false;
        }
    }

    private void failed(Pending pending, Throwable e) {
        if (failure == null) {
            log.warn("{}: the journal could not keep the record {} of {}", instanceId, pending.kind, pending.phase, e);
        } else {
            log.debug("{}: the journal could not keep the record {} either", instanceId, pending.kind, e);
        }
        firstFailure = firstFailure == null ? e : firstFailure;
        failure = e;
        pending.failures++;
    }

    /**
     * An append that failed may have kept its record all the same, and the journal refuses a second one with its number: none
     * would be kept from then on, not even the end. Where it holds a record with that number that is not ours, somebody else
     * works on the switchover, and the journal is theirs.
     */
    private void settleDoubt() {
        Doubt doubt = doubtful;
        if (doubt == null) {
            return;
        }
        boolean interrupted = Thread.interrupted();
        try {
            for (JournalRecord other : journal.read(instanceId)) {
                if (doubt.isSame(other)) {
                    doubt.pending.kept = true;
                } else if (doubt.isTaken(other) && foreign == null) {
                    foreign = other;
                }
            }
            doubtful = null;
            sequence += doubt.pending.kept ? 1 : 0;
        } catch (RuntimeException | Error e) {
            log.debug("{}: whether the record {} was kept cannot be read", instanceId, doubt.record.kind(), e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A record whose append failed, and what it was to keep. */
    private record Doubt(JournalRecord record, Pending pending) {

        /** Not by its time, which a journal may keep less exactly. */
        boolean isSame(JournalRecord kept) {
            return kept.operationId().equals(record.operationId())
                    && kept.sequence() == record.sequence()
                    && kept.kind() == record.kind()
                    && kept.phase() == record.phase()
                    && kept.subject().equals(record.subject());
        }

        boolean isTaken(JournalRecord kept) {
            return kept.operationId().equals(record.operationId()) && kept.sequence() >= record.sequence();
        }
    }

    /** What is to be written. It has its number once the journal keeps it, so that none is left out. */
    private static final class Pending {

        private final JournalRecord.Kind kind;
        private final Phase phase;
        private final String subject;
        private final Map<String, String> facts;
        private final Instant at;
        private final Runnable afterwards;
        private int failures;
        private boolean kept;

        Pending(
                JournalRecord.Kind kind,
                Phase phase,
                String subject,
                Map<String, String> facts,
                Instant at,
                Runnable afterwards) {
            this.kind = kind;
            this.phase = phase;
            this.subject = subject;
            this.facts = facts;
            this.at = at;
            this.afterwards = afterwards;
        }
    }
}
