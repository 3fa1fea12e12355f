package io.switchover4j.postgresql.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Edition;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.Timing;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** "Basic Edition has no slave: not applicable." */
class BasicEditionHasNoSlaveNotApplicableIT {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void isRefusedBeforeAnythingIsTouchedNamingEditionAndEngine(boolean later) throws Exception {
        try (Orders orders = new Orders()) {
            assertThat(orders.coordinator.instance("archive").edition()).isEqualTo(Edition.BASIC);
            Timing timing = later ? Timing.at(Instant.now().plusSeconds(3600)) : Timing.now();

            SwitchoverReport report = orders.coordinator
                    .start(SwitchoverRequest.of("archive").timing(timing).build())
                    .await(Orders.PATIENCE);

            assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
            assertThat(report.message())
                    .contains("BASIC edition of PostgreSQL ")
                    .contains(" has no standby. Nothing was changed;");
            assertThat(report.phases()).extracting(phase -> phase.phase()).doesNotContain(Phase.CATCHING_UP);
        }
    }

    @Test
    void theDryRunSaysTheSame() {
        try (Orders orders = new Orders()) {
            assertThat(orders.coordinator
                            .preflight(SwitchoverRequest.of("archive").build())
                            .describe())
                    .contains("blocked by edition")
                    .contains("BASIC edition of PostgreSQL ");
        }
    }
}
