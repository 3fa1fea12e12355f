package io.switchover4j.postgresql.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.Timing;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;

/** "Switch now, or within the maintenance period." */
class SwitchNowOrWithinTheMaintenancePeriodIT {

    @Test
    void now() throws Exception {
        try (Orders orders = new Orders()) {
            String before = orders.pair.primary().id();

            orders.switchNow();

            assertThat(orders.pair.primary().id()).isNotEqualTo(before);
        }
    }

    @Test
    void atAMomentAndNotBefore() throws Exception {
        try (Orders orders = new Orders()) {
            String before = orders.pair.primary().id();
            Instant moment = Instant.now().plusMillis(1500);

            Switchover switchover = orders.coordinator.start(
                    Orders.request().timing(Timing.at(moment)).build());

            assertThat(switchover.phase()).isEqualTo(Phase.SCHEDULED);
            assertThat(orders.pair.primary().id()).isEqualTo(before);
            SwitchoverReport report = switchover.await(Orders.PATIENCE);
            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(report.phases())
                    .filteredOn(timing -> timing.phase() == Phase.CHECKING)
                    .singleElement()
                    .satisfies(timing -> assertThat(timing.at()).isAfterOrEqualTo(moment));
            assertThat(orders.pair.primary().id()).isNotEqualTo(before);
        }
    }

    @Test
    void withinTheMaintenancePeriod() throws Exception {
        try (Orders orders = new Orders()) {
            String before = orders.pair.primary().id();
            LocalTime lately = LocalTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MINUTES);
            orders.coordinator.modifyMaintenanceWindow(
                    Orders.ID, MaintenanceWindow.daily(lately, Duration.ofHours(1), ZoneOffset.UTC));

            SwitchoverReport report = orders.coordinator
                    .start(Orders.request().timing(Timing.inMaintenanceWindow()).build())
                    .await(Orders.PATIENCE);

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(orders.pair.primary().id()).isNotEqualTo(before);
        }
    }
}
