package io.switchover4j.postgresql.internal;

import io.switchover4j.TimeSource;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.NodeControl;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the steps of one switchover share. Confined to one thread at a time. */
final class Operation {

    private final String id;
    private final InstanceConfig instance;
    private final NodeConfig oldPrimary;
    private final NodeConfig target;
    private final Connector connector;
    private final Lease lease;
    private final int oldTimeline;
    private final boolean failover;
    private final boolean hadPrimary;
    private final TemporarySettings targetSettings;
    private NodeControl.@Nullable PreparedStop preparedStop;
    private @Nullable PgControl fence;
    private boolean stopRequested;
    private final IntentMark mark;
    private final StandbySignal standbySignal;
    private String mirroredSlot = "";
    private ConnInfo rejoinInfo = ConnInfo.empty();
    private String lineage = "";

    Operation(
            String id,
            InstanceConfig instance,
            NodeConfig oldPrimary,
            NodeConfig target,
            Connector connector,
            Lease lease,
            int oldTimeline,
            boolean failover,
            boolean hadPrimary) {
        this.id = id;
        this.instance = instance;
        this.oldPrimary = oldPrimary;
        this.target = target;
        this.connector = connector;
        this.lease = lease;
        this.oldTimeline = oldTimeline;
        this.failover = failover;
        this.hadPrimary = hadPrimary;
        this.targetSettings = new TemporarySettings(target);
        this.mark = new IntentMark(id);
        this.standbySignal = new StandbySignal(oldPrimary, id);
    }

    String id() {
        return id;
    }

    InstanceConfig instance() {
        return instance;
    }

    NodeConfig oldPrimary() {
        return oldPrimary;
    }

    NodeConfig target() {
        return target;
    }

    Connector connector() {
        return connector;
    }

    Lease lease() {
        return lease;
    }

    TimeSource time() {
        return connector.settings().time();
    }

    /** The timeline that the old primary writes. */
    int oldTimeline() {
        return oldTimeline;
    }

    /** Whether the target is promoted by force, without help of the old primary. */
    boolean isFailover() {
        return failover;
    }

    /** Whether the old primary answered as such when this began. */
    boolean hadPrimary() {
        return hadPrimary;
    }

    TemporarySettings targetSettings() {
        return targetSettings;
    }

    /** The slot that the standby streams through, on whichever node is primary; empty if it uses none. */
    String mirroredSlot() {
        return mirroredSlot;
    }

    void mirroredSlot(String name) {
        mirroredSlot = name;
    }

    /** How the old primary will reach the target. */
    ConnInfo rejoinInfo() {
        return rejoinInfo;
    }

    void rejoinInfo(ConnInfo info) {
        rejoinInfo = info;
    }

    /** The system identifier of the pair; empty if the target was not asked. */
    String lineage() {
        return lineage;
    }

    void lineage(String systemIdentifier) {
        lineage = systemIdentifier;
    }

    NodeControl.PreparedStop preparedStop() {
        if (preparedStop == null) {
            preparedStop = oldPrimary.control().prepareStop(NodeControl.StopMode.FAST);
        }
        return preparedStop;
    }

    void closePreparedStop() {
        if (preparedStop != null) {
            preparedStop.close();
            preparedStop = null;
        }
    }

    /** Whether this session may have asked the old primary to stop. */
    boolean isStopRequested() {
        return stopRequested;
    }

    void stopRequested(boolean requested) {
        stopRequested = requested;
    }

    /** The control file of the old primary as its clean stop left it; empty as long as it is not fenced. */
    Optional<PgControl> fence() {
        return Optional.ofNullable(fence);
    }

    void fence(@Nullable PgControl control) {
        fence = control;
    }

    /** Of the old primary. */
    StandbySignal standbySignal() {
        return standbySignal;
    }

    IntentMark mark() {
        return mark;
    }

    /**
     * The old primary's control file, after making sure that the fence holds.
     *
     * @throws BackendException if the old primary was started as a primary meanwhile, or was never fenced
     */
    PgControl requireFence() {
        PgControl now = PgControl.read(oldPrimary.control());
        boolean asLeft = now.isShutDown() && (fence == null || fence.equals(now));
        if (!asLeft && !isStartedAsStandby(now)) {
            throw new BackendException(
                    "The fence of %s does not hold: its control file says %s, checkpoint %s, instead of %s"
                            .formatted(
                                    oldPrimary,
                                    now.state(),
                                    now.checkpoint(),
                                    fence == null
                                            ? "SHUT_DOWN"
                                            : fence.state() + ", checkpoint " + fence.checkpoint()));
        }
        return now;
    }

    /** A supervisor started it again on its own: it takes no writes, and its log ends where the fence left it. */
    private boolean isStartedAsStandby(PgControl now) {
        return fence != null
                && now.isStandby()
                && now.checkpoint().equals(fence.checkpoint())
                && now.timeline() == fence.timeline()
                && standbySignal.isOurs();
    }

    /** A session for this operation that is not the lease's. */
    PgSession open(NodeConfig node, Deadline deadline) {
        return connector.open(node, "s4j " + id, deadline);
    }

    /** Milliseconds since a moment of {@link #time()}, with one digit after the point. */
    String millisSince(long nanos) {
        return "%.1f ms"
                .formatted((time().nanoTime() - nanos)
                        / (double) Duration.ofMillis(1).toNanos());
    }
}
