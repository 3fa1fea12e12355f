package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.InterruptedSwitchover;
import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Rebuilds what the steps of a switchover knew whose process has ended: from its journal, the nodes and their files. */
final class Resumption {

    private static final Logger log = LoggerFactory.getLogger(Resumption.class);

    /** A server frees the lock of a session that ended before it drops that session's slots. */
    private static final Duration SESSION_END = Duration.ofSeconds(1);

    private final InterruptedSwitchover interrupted;
    private final Operation operation;

    private Resumption(InterruptedSwitchover interrupted, Operation operation) {
        this.interrupted = interrupted;
        this.operation = operation;
    }

    /**
     * @throws BackendException if the journal does not say what the first step was about to change
     */
    static Operation of(
            InterruptedSwitchover interrupted,
            InstanceConfig instance,
            NodeConfig old,
            NodeConfig target,
            Connector connector,
            Lease lease,
            Deadline deadline) {
        Map<String, String> prepared = interrupted
                .intent(Steps.PREPARE)
                .orElseThrow(() -> new BackendException("The journal of switchover %s does not say that '%s' was begun"
                        .formatted(interrupted.operationId(), Steps.PREPARE)));
        int oldTimeline = PrepareTarget.oldTimeline(prepared);
        boolean failover = interrupted.options().failover();
        boolean hadPrimary = !failover || Boolean.parseBoolean(prepared.get(PrepareByForce.HAD_PRIMARY));
        Operation operation = new Operation(
                interrupted.operationId(), instance, old, target, connector, lease, oldTimeline, failover, hadPrimary);
        PrepareTarget.recall(operation, prepared);
        new Resumption(interrupted, operation).rebuild(deadline);
        return operation;
    }

    private void rebuild(Deadline deadline) {
        PgSession target = operation.lease().target();
        operation.rejoinInfo(PrepareTarget.rejoinInfo(operation, target, deadline));
        keepLog(target, deadline);
        String fence = operation.isFailover() ? FailoverSteps.FENCE : Steps.STOP;
        if (operation.isFailover() || interrupted.isIntended(fence)) {
            operation.mark().mayBeSet();
        }
        // Once the stop was being undone, a server that is not up is more likely to be starting than stopping.
        if (interrupted.isIntended(fence) && !interrupted.isUndoIntended(fence)) {
            operation.stopRequested(true);
            if (!operation.isFailover()) {
                recallFence();
            }
        }
    }

    /** The slot of the session that ended has gone with it: what is there of the log from now on is kept by ours. */
    private void keepLog(PgSession target, Deadline deadline) {
        if (!operation.mirroredSlot().isEmpty()) {
            return;
        }
        String keep = SlotNames.keep(operation.id());
        try {
            boolean gone = Waiting.poll(
                    deadline.orAfter(SESSION_END), Waiting.COARSE, () -> !Slots.exists(keep, target, deadline));
            if (gone) {
                Slots.create(keep, true, true, target, deadline);
            }
        } catch (PgFailure e) {
            if (e.isConnectionLost()) {
                throw e;
            }
            log.warn(
                    "{}: the log that the old primary will need is not kept on {} by a slot: {}",
                    operation.instance().id(),
                    operation.target(),
                    e.getMessage());
        }
    }

    private void recallFence() {
        try {
            PgControl now = PgControl.read(operation.oldPrimary().control());
            operation.fence(now.isShutDown() ? now : null);
        } catch (BackendException e) {
            log.debug(
                    "{}: the control file of the old primary cannot be read",
                    operation.instance().id(),
                    e);
        }
    }
}
