package io.switchover4j.postgresql;

import io.switchover4j.Topology;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.TrafficParticipant;

/** Runs something at the moment at which traffic is held: after the rehearsal and before the fence. Thread-safe. */
final class HoldHook implements TrafficParticipant {

    interface Action {
        void run() throws Exception;
    }

    private final Action action;

    HoldHook(Action action) {
        this.action = action;
    }

    @Override
    public String name() {
        return "hook";
    }

    @Override
    public DrainResult hold(HoldRequest request) {
        try {
            action.run();
        } catch (Exception e) {
            throw new AssertionError("The hook failed", e);
        }
        return DrainResult.drained();
    }

    @Override
    public int cut(String operationId) {
        return 0;
    }

    @Override
    public void release(String operationId, Topology topology) {
        // Nothing is held.
    }
}
