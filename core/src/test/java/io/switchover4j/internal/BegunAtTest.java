package io.switchover4j.internal;

import static io.switchover4j.internal.Timetable.EVENING;
import static io.switchover4j.internal.Timetable.NIGHT;
import static io.switchover4j.internal.Timetable.at;
import static io.switchover4j.internal.Timetable.end;
import static io.switchover4j.internal.Timetable.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.switchover4j.Check;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverInProgressException;
import io.switchover4j.SwitchoverReport;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Since when an instance is being switched is when its switchover began, however long that had waited. */
class BegunAtTest {

    @Test
    void oneThatWaitedIsUnderWaySinceItsTime() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch open = new CountDownLatch(1);
        FakePair pair = new FakePair().before("apply catch up", deadline -> {
            reached.countDown();
            open.await();
        });
        try (Timetable table = new Timetable(pair, new ScriptedJournal())) {
            Switchover switchover = table.coordinator.start(at(NIGHT));
            table.time.advanceTo(NIGHT);
            reached.await();

            assertThatExceptionOfType(SwitchoverInProgressException.class)
                    .isThrownBy(() -> table.coordinator.start(request().build()))
                    .withMessageContaining("is being switched by 'alice' since " + NIGHT + " (switchover ");
            assertThat(table.coordinator.preflight(request().build()).checks())
                    .filteredOn(check -> check.name().equals("other switchover"))
                    .extracting(Check::figure)
                    .singleElement()
                    .asString()
                    .startsWith("'alice' is switching the instance since " + NIGHT);

            open.countDown();
            SwitchoverReport report = end(switchover);
            assertThat(report.startedAt()).isEqualTo(NIGHT);
            assertThat(report.describe()).containsPattern("SCHEDULED +2026-03-01T21:00:00Z +1 h 0 min 0 s\n");
            assertThat(table.coordinator.history(FakePair.ID).get(0).requestedAt())
                    .isEqualTo(EVENING);
        }
    }

    @Test
    void oneThatNeverBeganTellsWhenItWasAskedFor() throws Exception {
        try (Timetable table = new Timetable()) {
            Switchover switchover = table.coordinator.start(at(NIGHT));
            table.time.advanceTo(NIGHT.minusSeconds(60));
            switchover.cancel();

            assertThat(end(switchover).startedAt()).isEqualTo(EVENING);
        }
    }
}
