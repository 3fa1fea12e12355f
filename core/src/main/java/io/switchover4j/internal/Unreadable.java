package io.switchover4j.internal;

import io.switchover4j.Phase;
import io.switchover4j.spi.JournalRecord;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Switchovers that have not ended and whose request cannot be read from the journal: nobody takes them up, so that a person
 * must look. Thread-safe.
 */
final class Unreadable {

    private final Map<String, String> newestByInstance = new ConcurrentHashMap<>();

    /** Takes in what the journal kept, oldest first. */
    void restore(List<JournalRecord> operation) {
        JournalRecord first = operation.get(0);
        if (!Windows.isWindow(operation) && !isReadable(operation)) {
            newestByInstance.put(first.instanceId(), first.operationId());
        }
    }

    private static boolean isReadable(List<JournalRecord> operation) {
        JournalRecord first = operation.get(0);
        try {
            Facts.request(first);
            boolean waits = operation.get(operation.size() - 1).phase() == Phase.SCHEDULED;
            if (waits && Timings.isLater(first.facts())) {
                Facts.startsAt(operation);
            }
            return true;
        } catch (IllegalArgumentException e) {
            // Whoever would have taken it up logs why.
            return false;
        }
    }

    /** The newest one of an instance. */
    Optional<String> of(String instanceId) {
        return Optional.ofNullable(newestByInstance.get(instanceId));
    }
}
