package io.switchover4j.internal;

import io.switchover4j.Phase;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal of one switchover. Records on the way forward must be kept, or the switchover turns back; records of what
 * cannot be turned back any more are kept if that is possible. Confined to the runner's thread.
 */
final class OperationLog {

    private static final Logger log = LoggerFactory.getLogger(OperationLog.class);

    private final SwitchoverJournal journal;
    private final TimeSource time;
    private final String instanceId;
    private final String operationId;
    private final List<Pending> heldBack = new ArrayList<>();

    private long sequence;
    private @Nullable JournalRecord doubtful;
    private boolean holdingBack;
    private @Nullable String failure;

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
     * @throws JournalException if it may not be kept
     */
    void require(JournalRecord.Kind kind, Phase phase, String subject, Map<String, String> facts) {
        try {
            append(kind, phase, subject, facts, time.instant());
        } catch (RuntimeException | Error e) {
            failure = Text.message(e);
            throw new JournalException(
                    "The journal could not keep the record %s of %s%s: %s"
                            .formatted(kind, phase, subject.isEmpty() ? "" : " '" + subject + "'", Text.message(e)),
                    e);
        }
    }

    /** Appends a record if the journal can keep it, and then runs {@code afterwards}, in any case. */
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

    /** Why a record could not be kept; empty if all were. */
    Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    private void write(Pending pending) {
        try {
            append(pending.kind(), pending.phase(), pending.subject(), pending.facts(), pending.at());
        } catch (RuntimeException | Error e) {
            if (failure == null) {
                log.warn(
                        "{}: the journal could not keep the record {} of {}; the switchover goes on to a safe end without it",
                        instanceId,
                        pending.kind(),
                        pending.phase(),
                        e);
            } else {
                log.debug("{}: the journal could not keep the record {} either", instanceId, pending.kind(), e);
            }
            failure = Text.message(e);
        }
        pending.afterwards().run();
    }

    private void append(JournalRecord.Kind kind, Phase phase, String subject, Map<String, String> facts, Instant at) {
        settleDoubt();
        JournalRecord record = new JournalRecord(instanceId, operationId, sequence, at, kind, phase, subject, facts);
        try {
            journal.append(record);
        } catch (RuntimeException | Error e) {
            doubtful = record;
            throw e;
        }
        sequence++;
    }

    /**
     * An append that failed may have kept its record all the same, and the journal refuses a second one with its number: none
     * would be kept from then on, not even the end.
     */
    private void settleDoubt() {
        JournalRecord record = doubtful;
        if (record == null) {
            return;
        }
        boolean interrupted = Thread.interrupted();
        try {
            boolean kept = journal.read(instanceId).stream().anyMatch(other -> isSame(other, record));
            doubtful = null;
            sequence += kept ? 1 : 0;
        } catch (RuntimeException e) {
            log.debug("{}: whether the record {} was kept cannot be read", instanceId, record.kind(), e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Not by its time, which a journal may keep less exactly. */
    private static boolean isSame(JournalRecord kept, JournalRecord record) {
        return kept.operationId().equals(record.operationId())
                && kept.sequence() == record.sequence()
                && kept.kind() == record.kind()
                && kept.phase() == record.phase()
                && kept.subject().equals(record.subject());
    }

    private record Pending(
            JournalRecord.Kind kind,
            Phase phase,
            String subject,
            Map<String, String> facts,
            Instant at,
            Runnable afterwards) {}
}
