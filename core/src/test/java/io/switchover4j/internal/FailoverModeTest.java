package io.switchover4j.internal;

import static io.switchover4j.internal.Timetable.EVENING;
import static io.switchover4j.internal.Timetable.end;
import static io.switchover4j.internal.Timetable.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.switchover4j.FailoverMode;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.UnsupportedFailoverModeException;
import io.switchover4j.spi.JournalRecord.Kind;
import io.switchover4j.spi.SwitchoverBackend.Capability;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FailoverModeTest {

    private final ScriptedJournal journal = new ScriptedJournal();
    private final FakePair pair = new FakePair();

    FailoverModeTest() {
        pair.capabilities = Set.of(Capability.FAILOVER_MODE);
    }

    private List<String> modes() {
        return pair.calls.stream()
                .filter(call -> call.startsWith("failover mode"))
                .toList();
    }

    @Test
    void isSuspendedWhileWeSwitchAndAsBeforeAfterwards() throws Exception {
        try (Timetable table = new Timetable(pair, journal)) {
            SwitchoverReport report = end(table.coordinator.start(request().build()));

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(modes()).hasSize(2);
            assertThat(modes().get(0)).startsWith("failover mode suspended until 2026-03-01T21:");
            assertThat(modes().get(1)).isEqualTo("failover mode automatic");
            assertThat(pair.calls.indexOf(modes().get(0))).isLessThan(pair.calls.indexOf("apply catch up"));
            assertThat(report.notes()).containsEntry("failover mode", "automatic, as before");
            assertThat(table.coordinator.instance(FakePair.ID).failoverMode()).contains(FailoverMode.automatic());
        }
    }

    @Test
    void whatHeldBeforeIsInTheJournalBeforeItIsChanged() throws Exception {
        try (Timetable table = new Timetable(pair, journal)) {
            end(table.coordinator.start(request().build()));

            assertThat(journal.records)
                    .filteredOn(record ->
                            record.kind() == Kind.INTENT && record.subject().equals(FailoverSuspension.SUSPEND))
                    .singleElement()
                    .satisfies(record -> assertThat(FailoverSuspension.before(record.facts()))
                            .isEqualTo(FailoverMode.automatic()));
        }
    }

    @Test
    void aSuspensionOfOthersOutlivesOurs() throws Exception {
        FailoverMode others = FailoverMode.suspendedUntil(EVENING.plus(Duration.ofDays(3)));
        pair.failoverMode = others;
        try (Timetable table = new Timetable(pair, journal)) {
            assertThat(end(table.coordinator.start(request().build())).outcome())
                    .isEqualTo(Phase.COMPLETED);

            assertThat(modes()).isEmpty();
            assertThat(pair.failoverMode).isEqualTo(others);
        }
    }

    @Test
    void aSuspensionOfOthersThatWouldEndDuringOursIsMadeLongerAndThenAsItWas() throws Exception {
        FailoverMode others = FailoverMode.suspendedUntil(EVENING.plusSeconds(30));
        pair.failoverMode = others;
        try (Timetable table = new Timetable(pair, journal)) {
            assertThat(end(table.coordinator.start(request().build())).outcome())
                    .isEqualTo(Phase.COMPLETED);

            assertThat(modes()).hasSize(2);
            assertThat(pair.failoverMode).isEqualTo(others);
        }
    }

    @Test
    void isRestoredWhenTheSwitchoverIsRolledBack() throws Exception {
        pair.before("apply confirm position", FakePair.failing("the target lags"));
        try (Timetable table = new Timetable(pair, journal)) {
            assertThat(end(table.coordinator.start(request().build())).outcome())
                    .isEqualTo(Phase.ROLLED_BACK);

            assertThat(pair.failoverMode).isEqualTo(FailoverMode.automatic());
        }
    }

    @Test
    void isRestoredWhenTheOldPrimaryCannotRejoin() throws Exception {
        pair.before("apply rejoin a", FakePair.failing("no disk"));
        try (Timetable table = new Timetable(pair, journal)) {
            assertThat(end(table.coordinator.start(request().build())).outcome())
                    .isEqualTo(Phase.COMPLETED_DEGRADED);

            assertThat(pair.failoverMode).isEqualTo(FailoverMode.automatic());
        }
    }

    @Test
    void oneThatCannotBeSuspendedStopsTheSwitchoverBeforeAnythingElseIsDone() throws Exception {
        pair.failsToSuspend = true;
        try (Timetable table = new Timetable(pair, journal)) {
            SwitchoverReport report = end(table.coordinator.start(request().build()));

            assertThat(report.outcome()).isEqualTo(Phase.ABORTED);
            assertThat(report.message()).contains("the step 'suspend automatic failover' failed: forbidden");
            assertThat(pair.calls).doesNotContain("apply stop a");
        }
    }

    @Test
    void oneThatCannotBeRestoredIsSaidAndHealsItself() throws Exception {
        pair.before("failover mode automatic", FakePair.failing("forbidden"));
        try (Timetable table = new Timetable(pair, journal)) {
            SwitchoverReport report = end(table.coordinator.start(request().build()));

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(report.message())
                    .contains("Left behind on 'the failover mode of orders'")
                    .contains("it is suspended and goes back to automatic by itself at 2026-03-01T21:");
            assertThat(pair.failoverMode.isSuspended(EVENING)).isTrue();
            assertThat(pair.failoverMode.isSuspended(EVENING.plus(Duration.ofHours(1))))
                    .isFalse();
        }
    }

    @Test
    void isRestoredWhereverTheProcessDies() throws Exception {
        CrashMatrixTest.Life whole = new CrashMatrixTest.Life(pair, SwitchoverJournal.inMemory(), -1);
        whole.switchOver();
        int points = whole.process.points.size();
        assertThat(points).isGreaterThan(30);
        for (int diesAt = 0; diesAt < points; diesAt++) {
            FakePair each = new FakePair();
            each.capabilities = Set.of(Capability.FAILOVER_MODE);
            SwitchoverJournal kept = SwitchoverJournal.inMemory();
            new CrashMatrixTest.Life(each, kept, diesAt).switchOver();

            new CrashMatrixTest.Life(each, kept, -1).restart();

            assertThat(each.failoverMode).as("died at %d", diesAt).isEqualTo(FailoverMode.automatic());
            assertThat(each.violations).as("died at %d", diesAt).isEmpty();
            assertThat(kept.unfinished()).as("died at %d", diesAt).isEmpty();
        }
    }

    @Test
    void canBeSetByHand() {
        FailoverMode mode = FailoverMode.suspendedUntil(Instant.parse("2026-03-02T06:00:00Z"));
        try (Timetable table = new Timetable(pair, journal)) {
            table.coordinator.modifyFailoverMode(FakePair.ID, mode);

            assertThat(table.coordinator.instance(FakePair.ID).failoverMode()).contains(mode);
            assertThat(mode).hasToString("suspended until 2026-03-02T06:00:00Z");
        }
    }

    @Test
    void whereTheProductNeverFailsOverByItselfThatIsSaid() {
        pair.capabilities = Set.of();
        try (Timetable table = new Timetable(pair, journal)) {
            assertThatExceptionOfType(UnsupportedFailoverModeException.class)
                    .isThrownBy(() -> table.coordinator.modifyFailoverMode(FakePair.ID, FailoverMode.automatic()))
                    .withMessage(
                            "Instance 'orders' never fails over by itself: the backend 'fake' has no failover mode."
                                    + " Nothing was changed.");
            assertThat(table.coordinator.instance(FakePair.ID).failoverMode()).isEmpty();
        }
    }
}
