package io.switchover4j.testkit.contract;

import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.simulated.SimulatedNode;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.SwitchoverBackend;
import java.time.Duration;

/** What users test their automation against behaves as a real backend does. */
class SimulatedBackendContractTest extends SwitchoverBackendContract {

    private final SimulatedBackend nodes = SimulatedBackend.builder()
            .instance(
                    "orders",
                    instance -> instance.node("a", "z1")
                            .node("b", "z2")
                            .lag(Duration.ofMillis(3))
                            .load(1 << 20))
            .build();

    @Override
    protected SwitchoverBackend createBackend() {
        return nodes.another();
    }

    @Override
    protected String instanceId() {
        return "orders";
    }

    @Override
    protected boolean isWritable(String nodeId) {
        SimulatedNode node = nodes.node("orders", nodeId);
        try {
            node.write();
            return true;
        } catch (BackendException e) {
            return false;
        }
    }
}
