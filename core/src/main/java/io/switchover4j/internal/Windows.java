package io.switchover4j.internal;

import static io.switchover4j.internal.Text.quoted;

import io.switchover4j.Instance;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Phase;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverBackend.Capability;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The maintenance windows of the instances. Those whose product keeps none are kept in the journal, each as an operation that
 * stays unfinished for as long as its window holds: what is unfinished is never dropped, and is known again after a restart
 * without reading everything. Thread-safe.
 */
final class Windows {

    /** The subject of the records; those of switchovers have none here. */
    static final String SUBJECT = "maintenance window";

    private static final String WINDOW = "window";
    private static final Logger log = LoggerFactory.getLogger(Windows.class);

    private record Kept(MaintenanceWindow window, String operationId) {}

    private final SwitchoverBackend backend;
    private final SwitchoverJournal journal;
    private final TimeSource time;
    private final Map<String, Kept> byInstance = new ConcurrentHashMap<>();

    Windows(SwitchoverBackend backend, SwitchoverJournal journal, TimeSource time) {
        this.backend = backend;
        this.journal = journal;
        this.time = time;
    }

    /** Whether the operation keeps a window, and is no switchover. */
    static boolean isWindow(List<JournalRecord> operation) {
        return operation.get(0).subject().equals(SUBJECT);
    }

    boolean areKeptByBackend() {
        return backend.capabilities().contains(Capability.MAINTENANCE_WINDOW);
    }

    /** The window of an instance as it was observed, wherever it is kept. */
    Optional<MaintenanceWindow> of(Instance observed) {
        return areKeptByBackend() ? observed.maintenanceWindow() : inJournal(observed.id());
    }

    Optional<MaintenanceWindow> inJournal(String instanceId) {
        return Optional.ofNullable(byInstance.get(instanceId)).map(Kept::window);
    }

    /** Takes in what the journal kept, oldest first. */
    void restore(List<JournalRecord> operation) {
        JournalRecord first = operation.get(0);
        String text = first.facts().getOrDefault(WINDOW, "");
        try {
            Kept before =
                    byInstance.put(first.instanceId(), new Kept(MaintenanceWindow.parse(text), first.operationId()));
            if (before != null) {
                end(first.instanceId(), before);
            }
        } catch (IllegalArgumentException e) {
            log.error(
                    "{}: the maintenance window in the journal cannot be read, the instance has none until it is set again",
                    first.instanceId(),
                    e);
        }
    }

    /**
     * Not for two threads at once on one instance.
     *
     * @throws JournalException if the window is not kept; the one before still holds
     */
    void set(String instanceId, MaintenanceWindow window) {
        Instant now = time.instant();
        Kept next = new Kept(window, OperationIds.next(now));
        journal.append(new JournalRecord(
                instanceId,
                next.operationId(),
                0,
                now,
                Kind.REQUESTED,
                Phase.SCHEDULED,
                SUBJECT,
                Map.of(WINDOW, window.toString())));
        Kept before = byInstance.put(instanceId, next);
        if (before != null) {
            end(instanceId, before);
        }
    }

    private void end(String instanceId, Kept before) {
        try {
            journal.append(new JournalRecord(
                    instanceId,
                    before.operationId(),
                    1,
                    time.instant(),
                    Kind.ENDED,
                    Phase.COMPLETED,
                    SUBJECT,
                    Map.of()));
        } catch (JournalException e) {
            // Of two that are kept, the newer holds.
            log.debug("{}: that the window {} holds no more was not kept", instanceId, quoted(before.toString()), e);
        }
    }
}
