package io.switchover4j.internal;

import static io.switchover4j.internal.Timetable.NIGHT;
import static io.switchover4j.internal.Timetable.NIGHTLY;
import static io.switchover4j.internal.Timetable.assertWaits;
import static io.switchover4j.internal.Timetable.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.switchover4j.Timing;
import org.junit.jupiter.api.Test;

/** A request for later that names a node which the instance does not have would fail at night, when nobody looks. */
class ImpossibleNodesTest {

    @Test
    void aTargetThatDoesNotExistIsRefusedWhenItIsAskedFor() {
        try (Timetable table = new Timetable()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> table.coordinator.start(
                            request().timing(Timing.at(NIGHT)).target("zzz").build()))
                    .withMessage(
                            "The switchover of 'orders' cannot be done at its time: its target 'zzz' is none of the nodes"
                                    + " 'a', 'b'. Nothing was started; name one of them, or none.");
            assertThat(table.coordinator.waiting()).isEmpty();
            assertThat(table.coordinator.history(FakePair.ID)).isEmpty();
        }
    }

    @Test
    void anExpectedPrimaryThatDoesNotExistIsRefusedToo() {
        try (Timetable table = new Timetable()) {
            table.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> table.coordinator.start(request()
                            .timing(Timing.inMaintenanceWindow())
                            .expectedPrimary("zzz")
                            .build()))
                    .withMessageContaining("its expectedPrimary 'zzz' is none of the nodes 'a', 'b'");
            assertThat(table.coordinator.waiting()).isEmpty();
        }
    }

    @Test
    void aNodeThatDoesNotAnswerYetMayBeNamed() {
        FakePair pair = new FakePair();
        pair.answersA = false;
        pair.answersB = false;
        try (Timetable table = new Timetable(pair, new ScriptedJournal())) {
            assertWaits(
                    table.coordinator.start(request()
                            .timing(Timing.at(NIGHT))
                            .expectedPrimary("a")
                            .target("b")
                            .build()),
                    NIGHT);
        }
    }
}
