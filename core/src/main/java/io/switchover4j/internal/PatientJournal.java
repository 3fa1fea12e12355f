package io.switchover4j.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal of a coordinator: the one that it was given, and what that could not keep of switchovers that have ended. That is
 * written when the next one of the instance is asked for, after a while, and when the coordinator is closed. Thread-safe; no
 * lock is held while a record is written.
 */
final class PatientJournal implements SwitchoverJournal {

    private static final Logger log = LoggerFactory.getLogger(PatientJournal.class);

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /** With the pauses between them, for half an hour. */
    private static final int ATTEMPTS = 36;

    private final SwitchoverJournal journal;
    private final TimeSource time;
    private final Threads threads;

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<String, List<OperationLog>> owed = new LinkedHashMap<>();

    private volatile boolean finished;

    private PatientJournal(SwitchoverJournal journal, TimeSource time, Threads threads) {
        this.journal = journal;
        this.time = time;
        this.threads = threads;
    }

    static SwitchoverJournal over(SwitchoverJournal journal, TimeSource time, @Nullable ThreadFactory factory) {
        return journal instanceof PatientJournal
                ? journal
                : new PatientJournal(journal, time, new Threads(factory == null ? Threads.daemons() : factory));
    }

    /** Goes on trying to write what a switchover that has ended could not. */
    void owe(String instanceId, OperationLog unwritten) {
        lock.lock();
        try {
            owed.computeIfAbsent(instanceId, id -> new ArrayList<>()).add(unwritten);
        } finally {
            lock.unlock();
        }
        tryLater(instanceId, 1);
    }

    /** Writes what is owed, as far as the journal keeps it, for the last time. */
    void finish() {
        finished = true;
        List<String> instanceIds;
        lock.lock();
        try {
            instanceIds = List.copyOf(owed.keySet());
        } finally {
            lock.unlock();
        }
        instanceIds.forEach(this::writeOut);
    }

    /** Whoever takes them out writes them, and puts back what is left. */
    private boolean writeOut(String instanceId) {
        List<OperationLog> taken;
        lock.lock();
        try {
            List<OperationLog> all = owed.remove(instanceId);
            taken = all == null ? List.of() : all;
        } finally {
            lock.unlock();
        }
        List<OperationLog> left =
                taken.stream().filter(unwritten -> !unwritten.writeOut()).toList();
        if (left.isEmpty()) {
            if (!taken.isEmpty()) {
                log.info("{}: the journal works again, and has what it could not keep before", instanceId);
            }
            return true;
        }
        lock.lock();
        try {
            owed.computeIfAbsent(instanceId, id -> new ArrayList<>()).addAll(0, left);
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void tryLater(String instanceId, int attempt) {
        Duration pause = Duration.ofSeconds(1L << Math.min(attempt - 1, 6));
        Runnable task = () -> {
            if (finished || writeOut(instanceId)) {
                return;
            }
            if (attempt < ATTEMPTS) {
                tryLater(instanceId, attempt + 1);
            } else {
                log.warn("{}: the journal still does not keep the end of a switchover", instanceId);
            }
        };
        try {
            time.setAlarm(time.instant().plus(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE), () -> {
                if (!finished) {
                    threads.create(instanceId + "-journal", task).start();
                }
            });
        } catch (RuntimeException | Error e) {
            log.warn("{}: the journal is not tried again before the next switchover or the close", instanceId, e);
        }
    }

    @Override
    public void append(JournalRecord record) {
        if (record.kind() == JournalRecord.Kind.REQUESTED) {
            writeOut(record.instanceId());
        }
        journal.append(record);
    }

    @Override
    public List<JournalRecord> read(String instanceId) {
        return journal.read(instanceId);
    }

    @Override
    public List<List<JournalRecord>> unfinished() {
        return journal.unfinished();
    }

    @Override
    public boolean isDurable() {
        return journal.isDurable();
    }

    @Override
    public void close() {
        journal.close();
    }
}
