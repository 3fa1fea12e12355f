package io.switchover4j.postgresql.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Check;
import io.switchover4j.Check.Verdict;
import io.switchover4j.Instance;
import org.junit.jupiter.api.Test;

/** "A standby in the same region, in another zone." */
class AStandbyInTheSameRegionInAnotherZoneIT {

    @Test
    void thePairIsShownWithItsRegionAndItsZones() {
        try (Orders orders = new Orders()) {
            Instance instance = orders.coordinator.instance(Orders.ID);

            assertThat(instance.region()).isEqualTo("eu-central-1");
            assertThat(instance.nodes())
                    .extracting(node -> node.zone().toString())
                    .containsExactly("eu-central-1/zone-a", "eu-central-1/zone-b");
            assertThat(instance.isZoneTolerant()).isTrue();
            assertThat(zone(orders)).isEqualTo(Check.pass("zone", "eu-central-1/zone-a, eu-central-1/zone-b"));
        }
    }

    @Test
    void aPairInsideOneZoneIsReportedAsWithoutRackTolerance() {
        try (Orders orders = new Orders(node -> "rack-7")) {
            assertThat(orders.coordinator.instance(Orders.ID).isZoneTolerant()).isFalse();
            assertThat(zone(orders).verdict()).isEqualTo(Verdict.WARN);
            assertThat(zone(orders).figure()).isEqualTo("all nodes are in eu-central-1/rack-7: no rack tolerance");
        }
    }

    private static Check zone(Orders orders) {
        return Orders.check(orders.coordinator.preflight(Orders.request().build()), "zone");
    }
}
