package io.switchover4j.postgresql.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.switchover4j.InstanceStatus;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverInProgressException;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.Timing;
import io.switchover4j.Topology;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.DrainResult;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** "While switching, many operations cannot be performed." */
class WhileSwitchingManyOperationsCannotBePerformedIT {

    private static final MaintenanceWindow WINDOW = MaintenanceWindow.parse("sun:05:00-sun:06:00");

    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    /** Keeps the switchover in DRAINING until it is let go. */
    private final TrafficParticipant traffic = new TrafficParticipant() {
        @Override
        public String name() {
            return "shop";
        }

        @Override
        public DrainResult hold(HoldRequest request) throws InterruptedException {
            held.countDown();
            assertThat(goOn.await(20, TimeUnit.SECONDS)).isTrue();
            return DrainResult.drained();
        }

        @Override
        public int cut(String operationId) {
            return 0;
        }

        @Override
        public void release(String operationId, Topology topology) {}
    };

    @Test
    void theyAreRefusedWithWhoSinceWhenAndPhaseAndReadsGoOn() throws Exception {
        try (Orders orders = new Orders(traffic);
                Orders elsewhere = new Orders()) {
            Switchover switchover = orders.coordinator.start(Orders.request()
                    .drainTimeout(Duration.ofSeconds(25))
                    .pauseBudget(Duration.ofSeconds(30))
                    .build());
            assertThat(held.await(20, TimeUnit.SECONDS)).isTrue();

            List<ThrowingCallable> changes = List.of(
                    () -> orders.coordinator.start(Orders.request().build()),
                    () -> orders.coordinator.start(Orders.request()
                            .timing(Timing.at(Instant.now().plusSeconds(3600)))
                            .build()),
                    () -> orders.coordinator.modifyMaintenanceWindow(Orders.ID, WINDOW));
            assertThat(changes)
                    .allSatisfy(change -> assertThatExceptionOfType(SwitchoverInProgressException.class)
                            .isThrownBy(change)
                            .withMessageStartingWith("Instance 'orders' is being switched by 'alice' since ")
                            .withMessageContaining(
                                    "(switchover %s, now DRAINING)".formatted(switchover.operationId())));
            assertThat(orders.coordinator.instance(Orders.ID).status()).isEqualTo(InstanceStatus.SWITCHING);
            assertThat(orders.coordinator.history(Orders.ID)).hasSize(1);

            String told = "(switchover %s, now DRAINING)".formatted(switchover.operationId());
            awaitHolder(elsewhere, told);
            assertThatExceptionOfType(SwitchoverInProgressException.class)
                    .as("another coordinator, which knows it from the lease alone")
                    .isThrownBy(() -> elsewhere.coordinator.modifyMaintenanceWindow(Orders.ID, WINDOW))
                    .withMessageStartingWith("Instance 'orders' is being switched by 'alice: ")
                    .withMessageContaining(" from 127.0.0.1 since 20")
                    .withMessageContaining(told);
            assertThat(elsewhere.coordinator.instance(Orders.ID).status()).isEqualTo(InstanceStatus.SWITCHING);
            SwitchoverReport second =
                    elsewhere.coordinator.start(Orders.request().build()).await(Orders.PATIENCE);
            assertThat(second.outcome()).isEqualTo(Phase.REJECTED);
            assertThat(second.message()).contains("'alice: ", " since 20", told);

            goOn.countDown();
            SwitchoverReport report = switchover.await(Orders.PATIENCE);
            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            elsewhere.coordinator.modifyMaintenanceWindow(Orders.ID, WINDOW);
            assertThat(elsewhere.coordinator.instance(Orders.ID).maintenanceWindow())
                    .contains(WINDOW);
        }
    }

    /** The phase is told with the next question that its sessions ask, here the one that runs beside the drain. */
    private static void awaitHolder(Orders orders, String told) throws InterruptedException {
        Deadline deadline = Deadline.after(Duration.ofSeconds(10));
        Optional<String> holder = orders.backend.leaseHolder(Orders.ID, deadline);
        while (holder.filter(text -> text.contains(told)).isEmpty()) {
            assertThat(deadline.isExpired()).as("the lease says %s", holder).isFalse();
            Thread.sleep(20);
            holder = orders.backend.leaseHolder(Orders.ID, deadline);
        }
    }
}
