package io.switchover4j.spi;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** Remembers the newest switchovers of each instance for as long as the process lives. Thread-safe. */
final class InMemoryJournal implements SwitchoverJournal {

    private final int operationsPerInstance;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<String, LinkedHashMap<String, List<JournalRecord>>> byInstance = new HashMap<>();

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
            LinkedHashMap<String, List<JournalRecord>> operations =
                    byInstance.computeIfAbsent(record.instanceId(), id -> new LinkedHashMap<>());
            operations
                    .computeIfAbsent(record.operationId(), id -> new ArrayList<>())
                    .add(record);
            if (operations.size() > operationsPerInstance) {
                operations.remove(operations.keySet().iterator().next());
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<JournalRecord> read(String instanceId) {
        lock.lock();
        try {
            return byInstance.getOrDefault(instanceId, new LinkedHashMap<>()).values().stream()
                    .flatMap(List::stream)
                    .toList();
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
}
