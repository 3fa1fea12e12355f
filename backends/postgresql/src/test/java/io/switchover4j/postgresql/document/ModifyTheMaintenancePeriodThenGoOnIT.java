package io.switchover4j.postgresql.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.Timing;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;

/** "Modify the maintenance period, then go on." */
class ModifyTheMaintenancePeriodThenGoOnIT {

    @Test
    void aWaitingSwitchFollowsTheNewWindow() throws Exception {
        try (Orders orders = new Orders()) {
            String before = orders.pair.primary().id();
            LocalTime now = LocalTime.now(ZoneOffset.UTC).truncatedTo(ChronoUnit.MINUTES);
            MaintenanceWindow later = MaintenanceWindow.daily(now.plusHours(12), Duration.ofHours(1), ZoneOffset.UTC);
            MaintenanceWindow open = MaintenanceWindow.daily(now, Duration.ofHours(1), ZoneOffset.UTC);
            orders.coordinator.modifyMaintenanceWindow(Orders.ID, later);
            Switchover switchover = orders.coordinator.start(
                    Orders.request().timing(Timing.inMaintenanceWindow()).build());
            assertThat(switchover.phase()).isEqualTo(Phase.SCHEDULED);
            assertThat(orders.pair.primary().id()).isEqualTo(before);

            orders.coordinator.modifyMaintenanceWindow(Orders.ID, open);

            assertThat(orders.coordinator.instance(Orders.ID).maintenanceWindow())
                    .contains(open);
            SwitchoverReport report = switchover.await(Orders.PATIENCE);
            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(orders.pair.primary().id()).isNotEqualTo(before);
        }
    }
}
