package io.switchover4j.internal;

import io.switchover4j.HistoryEntry;
import io.switchover4j.Instance;
import io.switchover4j.InstanceStatus;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverInProgressException;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverJournal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is known of instances: what the backend observes, and what the coordinator adds to that. Thread-safe. */
final class Overview {

    /**
     * @param leaseHolder who is switching the instance in another process; empty if nobody seems to, or that is not known
     */
    record Look(Instance instance, Optional<String> leaseHolder) {}

    private static final Logger log = LoggerFactory.getLogger(Overview.class);

    private final SwitchoverBackend backend;
    private final SwitchoverJournal journal;
    private final TimeSource time;
    private final Limits limits;
    private final Slots slots;
    private final Windows windows;
    private final LeaseHolders leases;
    private final Unreadable unreadable;
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    Overview(
            SwitchoverBackend backend,
            SwitchoverJournal journal,
            TimeSource time,
            Limits limits,
            Slots slots,
            Windows windows,
            LeaseHolders leases,
            Unreadable unreadable) {
        this.backend = backend;
        this.journal = journal;
        this.time = time;
        this.limits = limits;
        this.slots = slots;
        this.windows = windows;
        this.leases = leases;
        this.unreadable = unreadable;
    }

    /** When a call that begins now must have its answers: each gets one deadline for everything that it asks. */
    Deadline deadline() {
        return Deadline.after(limits.observe(), time);
    }

    List<Instance> all(Deadline deadline) {
        List<Instance> observed = backend.instances(deadline);
        List<String> idle = observed.stream()
                .map(Instance::id)
                .filter(id -> slots.running(id).isEmpty())
                .toList();
        Map<String, String> holders = leases.of(idle, deadline);
        return observed.stream()
                .map(instance -> dressed(instance, Optional.ofNullable(holders.get(instance.id()))))
                .toList();
    }

    Instance of(String instanceId, Deadline deadline) {
        return look(instanceId, deadline).instance();
    }

    Look look(String instanceId, Deadline deadline) {
        Instance observed = backend.describe(instanceId, deadline);
        Optional<String> holder =
                slots.running(instanceId).isPresent() ? Optional.empty() : leases.of(instanceId, deadline);
        return new Look(dressed(observed, holder), holder);
    }

    /**
     * @throws io.switchover4j.UnknownInstanceException if the backend has no such instance; it is asked once
     */
    void requireKnown(String instanceId, Deadline deadline) {
        if (!known.contains(instanceId)) {
            known.add(backend.describe(instanceId, deadline).id());
        }
    }

    /**
     * @throws SwitchoverInProgressException if another process is switching the instance, as far as its nodes tell
     */
    void requireNotLeased(String instanceId, Deadline deadline) {
        backend.leaseHolder(instanceId, deadline).ifPresent(holder -> {
            throw new SwitchoverInProgressException(instanceId, holder);
        });
    }

    private Instance dressed(Instance observed, Optional<String> leaseHolder) {
        known.add(observed.id());
        Optional<InstanceStatus> busy = slots.running(observed.id())
                .map(operation ->
                        operation.request().isFailover() ? InstanceStatus.FAILING_OVER : InstanceStatus.SWITCHING)
                .or(() -> leaseHolder.map(holder -> InstanceStatus.SWITCHING));
        InstanceStatus status =
                busy.orElseGet(() -> needsOperator(observed) ? InstanceStatus.NEEDS_OPERATOR : observed.status());
        return observed.withStatus(status).withMaintenanceWindow(windows.of(observed));
    }

    /**
     * Whether its last switchover ended so that a person must look, and it is not whole again, or has not ended and cannot be
     * taken up.
     */
    private boolean needsOperator(Instance observed) {
        Optional<String> unreadable = this.unreadable.of(observed.id());
        if (observed.status() != InstanceStatus.DEGRADED && unreadable.isEmpty()) {
            return false;
        }
        try {
            List<HistoryEntry> history = Histories.of(journal.read(observed.id()));
            if (history.isEmpty()) {
                return false;
            }
            HistoryEntry last = history.get(history.size() - 1);
            boolean unrepaired = observed.status() == InstanceStatus.DEGRADED && last.phase() == Phase.NEEDS_OPERATOR;
            return unrepaired || unreadable.filter(last.operationId()::equals).isPresent();
        } catch (JournalException e) {
            log.debug("{}: the journal cannot be read", observed.id(), e);
            return unreadable.isPresent();
        }
    }
}
