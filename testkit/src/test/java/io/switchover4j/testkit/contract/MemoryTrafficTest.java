package io.switchover4j.testkit.contract;

import io.switchover4j.Endpoint;
import io.switchover4j.Topology;
import io.switchover4j.spi.TrafficParticipant;

/** Shows that the contract can be kept. */
class MemoryTrafficTest extends TrafficParticipantContract {

    private MemoryTraffic traffic = new MemoryTraffic();

    @Override
    protected TrafficParticipant createParticipant() {
        traffic = new MemoryTraffic();
        return traffic;
    }

    @Override
    protected Topology topology() {
        return new Topology("orders", "a", new Endpoint("127.0.0.1", 5001));
    }

    @Override
    protected OpenWork begin() throws InterruptedException {
        MemoryTraffic.Unit unit = traffic.begin();
        return () -> traffic.finish(unit);
    }
}
