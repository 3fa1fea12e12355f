package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Instance;
import io.switchover4j.Phase;
import io.switchover4j.Replication;
import io.switchover4j.Role;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.testkit.PostgresPair;
import org.junit.jupiter.api.Test;

class SwitchIT {

    @Test
    void aPairIsSwitchedThereAndBack() throws Exception {
        try (PostgresPair pair = PostgresPair.start();
                PostgresBackend backend = Backends.of(pair)) {
            for (int i = 1; i <= 6; i++) {
                String id = "op-" + i;
                String target = i % 2 == 1 ? "b" : "a";
                try (SwitchoverSession session = Backends.open(backend, id)) {
                    StepDriver driver = new StepDriver(session, id);
                    driver.apply(Phase.CATCHING_UP, Phase.CATCHING_UP);
                    session.verifyLease(Backends.in(5));
                    long began = System.nanoTime();
                    driver.apply(Phase.FENCING, Phase.CONFIRMING_POSITION);
                    session.verifyLease(Backends.in(5));
                    driver.apply(Phase.PROMOTING, Phase.RELEASING);
                    long pause = System.nanoTime() - began;
                    driver.apply(Phase.REJOINING, Phase.REJOINING);
                    System.out.println("pause " + pause / 1000 + " us " + driver.notes);
                }
                Instance after = Backends.describe(backend);
                assertThat(after.primary())
                        .hasValueSatisfying(node -> assertThat(node.id()).isEqualTo(target));
                assertThat(after.standbys()).singleElement().satisfies(node -> {
                    assertThat(node.role()).isEqualTo(Role.STANDBY);
                    assertThat(node.replication().orElseThrow().state()).isEqualTo(Replication.State.STREAMING);
                });
                assertThat(pair.primary().id()).isEqualTo(target);
            }
        }
    }
}
