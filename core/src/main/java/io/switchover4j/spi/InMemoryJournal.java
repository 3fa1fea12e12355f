package io.switchover4j.spi;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** Remembers the newest switchovers of each instance for as long as the process lives. Thread-safe. */
final class InMemoryJournal implements SwitchoverJournal {

    private final int operationsPerInstance;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<String, Map<String, List<JournalRecord>>> byInstance = new HashMap<>();

    /** What was asked for and has not ended, oldest first. */
    @GuardedBy("lock")
    private final Map<Key, List<JournalRecord>> unfinished = new LinkedHashMap<>();

    @GuardedBy("lock")
    private boolean closed;

    InMemoryJournal(int operationsPerInstance) {
        if (operationsPerInstance < 1) {
            throw new IllegalArgumentException(
                    "operationsPerInstance is %d; it must be 1 or more".formatted(operationsPerInstance));
        }
        this.operationsPerInstance = operationsPerInstance;
    }

    @Override
    public void append(JournalRecord record) {
        lock.lock();
        try {
            if (closed) {
                throw new JournalException(
                        "The journal is closed; the record %s of switchover %s is not kept"
                                .formatted(record.kind(), record.operationId()),
                        null);
            }
            Map<String, List<JournalRecord>> operations =
                    byInstance.computeIfAbsent(record.instanceId(), id -> new LinkedHashMap<>());
            List<JournalRecord> records = operations.computeIfAbsent(record.operationId(), id -> new ArrayList<>());
            requireNext(records, record);
            records.add(record);
            Key key = new Key(record.instanceId(), record.operationId());
            if (record.kind() == JournalRecord.Kind.REQUESTED) {
                unfinished.put(key, records);
            } else if (record.kind() == JournalRecord.Kind.ENDED) {
                unfinished.remove(key);
                forgetTheOldest(operations, record.subject());
            }
        } finally {
            lock.unlock();
        }
    }

    private static void requireNext(List<JournalRecord> records, JournalRecord record) {
        if (records.isEmpty()) {
            return;
        }
        JournalRecord last = records.get(records.size() - 1);
        if (record.sequence() <= last.sequence()) {
            throw new JournalException(
                    "Switchover %s of '%s' has the record %d (%s) already; the record %d (%s) is not kept. Somebody else works on it"
                            .formatted(
                                    record.operationId(),
                                    record.instanceId(),
                                    last.sequence(),
                                    last.kind(),
                                    record.sequence(),
                                    record.kind()),
                    null);
        }
    }

    /** Of each subject by itself: maintenance windows that were changed cost no switchover its history. */
    private void forgetTheOldest(Map<String, List<JournalRecord>> operations, String subject) {
        List<String> ended = operations.entrySet().stream()
                .filter(operation -> isEnded(operation.getValue(), subject))
                .map(Map.Entry::getKey)
                .toList();
        Optional<String> oldest = ended.size() > operationsPerInstance ? Optional.of(ended.get(0)) : Optional.empty();
        oldest.ifPresent(operations::remove);
    }

    private static boolean isEnded(List<JournalRecord> records, String subject) {
        JournalRecord last = records.get(records.size() - 1);
        return last.kind() == JournalRecord.Kind.ENDED && last.subject().equals(subject);
    }

    @Override
    public List<JournalRecord> read(String instanceId) {
        lock.lock();
        try {
            return byInstance.getOrDefault(instanceId, Map.of()).values().stream()
                    .flatMap(List::stream)
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<List<JournalRecord>> unfinished() {
        lock.lock();
        try {
            return unfinished.values().stream().map(List::copyOf).toList();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isDurable() {
        return false;
    }

    /** Keeps what is there readable. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    private record Key(String instanceId, String operationId) {}
}
