package io.switchover4j.internal;

import static io.switchover4j.internal.Timetable.NIGHT;
import static io.switchover4j.internal.Timetable.at;
import static io.switchover4j.internal.Timetable.end;
import static io.switchover4j.internal.Timetable.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.Timing;
import org.junit.jupiter.api.Test;

class ReplacedAtOnceTest {

    @Test
    void whoIsReplacedHasEndedWhenTheOtherOneHasBeenTaken() throws Exception {
        try (Timetable table = new Timetable()) {
            Switchover first = table.coordinator.start(at(NIGHT));
            Switchover second = table.coordinator.start(
                    request().timing(Timing.at(NIGHT.plusSeconds(1))).replace().build());
            assertThat(first.phase()).isEqualTo(Phase.CANCELLED);

            Switchover third = table.coordinator.start(request().replace().build());
            assertThat(second.phase()).isEqualTo(Phase.CANCELLED);
            assertThat(end(third).outcome()).isEqualTo(Phase.COMPLETED);
        }
    }
}
