package io.switchover4j.postgresql.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Check.Verdict;
import io.switchover4j.Node;
import io.switchover4j.Preflight;
import io.switchover4j.Replication;
import org.junit.jupiter.api.Test;

/** "Data synchronizes in real time." */
class DataSynchronizesInRealTimeIT {

    @Test
    void whatIsWrittenOnThePrimaryIsSeenOnTheStandbyAndTheLagIsShown() throws Exception {
        try (Orders orders = new Orders()) {
            Sql.run(orders.pair.primary(), "DROP TABLE IF EXISTS synchronized");
            Sql.run(orders.pair.primary(), "CREATE TABLE synchronized AS SELECT 42 AS answer");

            Sql.await(orders.pair.standby(), "SELECT answer FROM synchronized", "42");
            Node standby = orders.coordinator.instance(Orders.ID).standbys().get(0);
            Replication replication = standby.replication().orElseThrow();
            assertThat(replication.state()).isEqualTo(Replication.State.STREAMING);
            assertThat(replication.lagBytes()).isPresent();
            assertThat(replication.lagBytes().getAsLong()).isLessThan(16L << 20);
            Preflight preflight = orders.coordinator.preflight(Orders.request().build());
            assertThat(Orders.check(preflight, "replication").verdict()).isEqualTo(Verdict.PASS);
            assertThat(Orders.check(preflight, "replication lag").verdict()).isEqualTo(Verdict.PASS);
        }
    }
}
