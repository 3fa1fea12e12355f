package io.switchover4j.postgresql.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Instance;
import io.switchover4j.Phase;
import io.switchover4j.Replication;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.testkit.PostgresNode;
import org.junit.jupiter.api.Test;

/** "The old master becomes the backup." */
class TheOldMasterBecomesTheBackupIT {

    @Test
    void itStreamsFromTheNewPrimaryBeforeTheSwitchIsCalledComplete() throws Exception {
        try (Orders orders = new Orders()) {
            PostgresNode old = orders.pair.primary();

            SwitchoverReport report = orders.switchNow();

            assertThat(report.phases()).extracting(timing -> timing.phase()).endsWith(Phase.REJOINING);
            assertThat(report.oldPrimary()).contains(old.id());
            assertThat(Sql.one(old, "SELECT pg_is_in_recovery()")).isEqualTo("t");
            Instance instance = orders.coordinator.instance(Orders.ID);
            assertThat(instance.standbys()).singleElement().satisfies(standby -> {
                assertThat(standby.id()).isEqualTo(old.id());
                assertThat(standby.replication().orElseThrow().state()).isEqualTo(Replication.State.STREAMING);
            });
            Sql.run(orders.pair.primary(), "DROP TABLE IF EXISTS rejoined");
            Sql.run(orders.pair.primary(), "CREATE TABLE rejoined AS SELECT 1 AS one");
            Sql.await(old, "SELECT one FROM rejoined", "1");
        }
    }
}
