package io.switchover4j.internal;

import io.switchover4j.TimeSource;
import io.switchover4j.Topology;
import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.OpenUnit;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An application on a simulated clock: it writes where it believes the primary to be, and not while it is held. */
final class ClockedTraffic implements TrafficParticipant {

    private final SimulatedBackend nodes;
    private final TimeSource time;
    private String believed = "a";
    private @Nullable Deadline heldUntil;
    private long unitEndsAt;

    ClockedTraffic(SimulatedBackend nodes, TimeSource time) {
        this.nodes = nodes;
        this.time = time;
    }

    /** A unit of work that goes on for a while. */
    void beginUnit(Duration length) {
        unitEndsAt = time.nanoTime() + length.toNanos();
    }

    boolean isHeld() {
        Deadline until = heldUntil;
        return until != null && !until.isExpired();
    }

    /** One write, as a DataSource would route it. */
    void write() {
        if (isHeld()) {
            return;
        }
        try {
            nodes.node(SimulatedRun.ID, believed).write();
        } catch (BackendException refused) {
            List<String> writable = nodes.writableNodes(SimulatedRun.ID);
            if (!writable.isEmpty()) {
                believed = writable.get(0);
            }
        }
    }

    @Override
    public String name() {
        return "shop";
    }

    @Override
    public DrainResult hold(HoldRequest request) throws InterruptedException {
        heldUntil = request.holdUntil();
        long left = unitEndsAt - time.nanoTime();
        if (left > 0 && !request.drainUntil().sleep(Duration.ofNanos(left))) {
            return new DrainResult(List.of(new OpenUnit("worker-1", Duration.ofSeconds(3), "update x", true)));
        }
        return DrainResult.drained();
    }

    @Override
    public int cut(String operationId) {
        unitEndsAt = time.nanoTime();
        return 1;
    }

    @Override
    public void release(String operationId, Topology topology) {
        heldUntil = null;
        believed = topology.primaryNodeId();
    }
}
