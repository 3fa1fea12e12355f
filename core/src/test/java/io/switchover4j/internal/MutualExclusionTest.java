package io.switchover4j.internal;

import static io.switchover4j.internal.Timetable.NIGHT;
import static io.switchover4j.internal.Timetable.NIGHTLY;
import static io.switchover4j.internal.Timetable.assertWaits;
import static io.switchover4j.internal.Timetable.at;
import static io.switchover4j.internal.Timetable.end;
import static io.switchover4j.internal.Timetable.inWindow;
import static io.switchover4j.internal.Timetable.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.switchover4j.FailoverMode;
import io.switchover4j.HistoryEntry;
import io.switchover4j.InstanceStatus;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Phase;
import io.switchover4j.Replication;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverInProgressException;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverWaitingException;
import io.switchover4j.Timing;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.UnknownRegionException;
import io.switchover4j.spi.SwitchoverBackend.Capability;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What is refused while an instance is switched, what goes on, and what an instance is said to be doing. */
class MutualExclusionTest {

    private static final MaintenanceWindow MORNING = MaintenanceWindow.parse("04:00Z-06:00Z");

    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);
    private final ScriptedJournal journal = new ScriptedJournal();

    private FakePair heldAt(String point) {
        return new FakePair().before(point, deadline -> {
            reached.countDown();
            open.await();
        });
    }

    private Switchover startAndReach(Timetable table) throws Exception {
        Switchover switchover = table.coordinator.start(request().build());
        assertThat(reached.await(10, TimeUnit.SECONDS)).isTrue();
        return switchover;
    }

    @Test
    void everyChangeIsRefusedInTheSameWordsWhileOneIsUnderWayAndReadsGoOn() throws Exception {
        FakePair pair = heldAt("apply catch up");
        pair.capabilities = Set.of(Capability.FAILOVER_MODE);
        try (Timetable table = new Timetable(pair, journal)) {
            Switchover switchover = startAndReach(table);
            List<ThrowingCallable> changes = List.of(
                    () -> table.coordinator.start(request().build()),
                    () -> table.coordinator.start(at(NIGHT)),
                    () -> table.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY),
                    () -> table.coordinator.modifyFailoverMode(FakePair.ID, FailoverMode.automatic()));

            assertThat(changes)
                    .allSatisfy(change -> assertThatExceptionOfType(SwitchoverInProgressException.class)
                            .isThrownBy(change)
                            .withMessage(
                                    "Instance 'orders' is being switched by 'alice' since 2026-03-01T21:00:00Z (switchover %s,"
                                            + " now CATCHING_UP). Nothing was changed; wait for it to end.",
                                    switchover.operationId()));

            assertThat(table.coordinator.instance(FakePair.ID).status()).isEqualTo(InstanceStatus.SWITCHING);
            assertThat(table.coordinator.instances("local")).hasSize(1);
            assertThat(table.coordinator.preflight(request().build()).blockers())
                    .singleElement()
                    .satisfies(check -> assertThat(check.figure())
                            .isEqualTo(
                                    "'alice' is switching the instance since 2026-03-01T21:00:00Z (switchover %s, now CATCHING_UP)",
                                    switchover.operationId()));
            assertThat(table.coordinator.history(FakePair.ID)).hasSize(1);
            assertThat(table.coordinator.running(FakePair.ID)).containsSame(switchover);
            open.countDown();
            assertThat(end(switchover).outcome()).isEqualTo(Phase.COMPLETED);
            table.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY);
            assertThat(table.coordinator.instance(FakePair.ID).maintenanceWindow())
                    .contains(NIGHTLY);
        }
    }

    @Test
    void whatAnotherProcessSwitchesIsRefusedWithWhoAndSinceWhen() {
        FakePair pair = new FakePair();
        pair.leasedElsewhere = Optional.of("'bob' from 10.0.0.7 since 2026-03-01T20:59:00Z");
        try (Timetable table = new Timetable(pair, journal)) {
            assertThatExceptionOfType(SwitchoverInProgressException.class)
                    .isThrownBy(() -> table.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY))
                    .withMessage(
                            "Instance 'orders' is being switched by 'bob' from 10.0.0.7 since 2026-03-01T20:59:00Z."
                                    + " Nothing was changed; wait for it to end.");
            assertThatExceptionOfType(SwitchoverInProgressException.class)
                    .isThrownBy(() -> table.coordinator.start(at(NIGHT)));
            assertThat(table.coordinator.instance(FakePair.ID).status()).isEqualTo(InstanceStatus.SWITCHING);
            assertThat(table.coordinator.instance(FakePair.ID).maintenanceWindow())
                    .isEmpty();
        }
    }

    @Test
    void ofTwoCoordinatorsExactlyOneSwitches() throws Exception {
        FakePair pair = heldAt("apply catch up");
        try (Timetable one = new Timetable(pair, journal);
                Timetable other = new Timetable(pair, SwitchoverJournal.inMemory())) {
            Switchover switchover = startAndReach(one);

            SwitchoverReport refused = end(other.coordinator.start(request().build()));

            assertThat(refused.outcome()).isEqualTo(Phase.REJECTED);
            assertThat(refused.message())
                    .contains("Instance 'orders' is being switched by", switchover.operationId(), "now CATCHING_UP");
            open.countDown();
            assertThat(end(switchover).outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void whileAnotherProcessSwitchesItIsNotTheNodesThatAreToBeRepaired() throws Exception {
        FakePair pair = new FakePair();
        pair.answersA = false;
        pair.leasedElsewhere =
                Optional.of("'bob' from 10.0.0.7 since 2026-03-01T20:59:00Z (switchover x, now FENCING)");
        try (Timetable table = new Timetable(pair, journal)) {
            SwitchoverReport refused = end(table.coordinator.start(request().build()));

            assertThat(refused.outcome()).isEqualTo(Phase.REJECTED);
            assertThat(refused.message())
                    .contains("'bob' from 10.0.0.7 since 2026-03-01T20:59:00Z", "now FENCING", "Wait until")
                    .doesNotContain("ask for a failover");
            assertThat(table.coordinator
                            .preflight(request().build())
                            .blockers()
                            .get(0)
                            .figure())
                    .contains("'bob' from 10.0.0.7", "now FENCING");
        }
    }

    @Test
    void whatWaitsInAnotherProcessWithTheSameJournalIsToldAndCanBeReplaced() throws Exception {
        FakePair pair = new FakePair();
        try (Timetable one = new Timetable(pair, journal);
                Timetable other = new Timetable(pair, journal, one.time)) {
            Switchover first = one.coordinator.start(at(NIGHT));
            Instant later = NIGHT.plusSeconds(60);

            assertThatExceptionOfType(SwitchoverWaitingException.class)
                    .isThrownBy(() -> other.coordinator.start(at(later)))
                    .withMessageContaining("'alice'")
                    .withMessageContaining("asked for it at 2026-03-01T21:00:00Z, it starts at 2026-03-01T22:00:00Z")
                    .withMessageContaining(first.operationId());
            Switchover second = other.coordinator.start(
                    request().timing(Timing.at(later)).replace().build());
            assertThat(other.awaitEnd().outcome()).isEqualTo(Phase.CANCELLED);
            one.time.advanceTo(NIGHT);
            assertThatIllegalStateException().isThrownBy(() -> end(first)).withMessageContaining("another coordinator");
            one.assertUntouched();
            one.time.advanceTo(later);

            assertThat(end(second).outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(one.coordinator.history(FakePair.ID))
                    .extracting(HistoryEntry::phase)
                    .containsExactly(Phase.CANCELLED, Phase.COMPLETED);
        }
    }

    @Test
    void aWaitingSwitchFollowsTheNewWindow() throws Exception {
        try (Timetable table = new Timetable()) {
            table.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY);
            Switchover switchover = table.coordinator.start(inWindow());
            assertWaits(switchover, NIGHT);

            table.coordinator.modifyMaintenanceWindow(FakePair.ID, MORNING);

            Instant morning = Instant.parse("2026-03-02T04:00:00Z");
            assertWaits(switchover, morning);
            assertThat(table.awaitEvent("the maintenance window is now").message())
                    .isEqualTo("starts at 2026-03-02T04:00:00Z: the maintenance window is now '04:00Z-06:00Z'");
            table.time.advanceTo(NIGHT);
            table.assertUntouched();
            table.time.advanceTo(morning);
            assertThat(end(switchover).outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void oneThatWaitsForAMomentStaysThere() {
        try (Timetable table = new Timetable()) {
            Switchover switchover = table.coordinator.start(at(NIGHT));

            table.coordinator.modifyMaintenanceWindow(FakePair.ID, MORNING);

            assertWaits(switchover, NIGHT);
        }
    }

    @Test
    void aWindowIntoWhichTheWaitingSwitchCannotFitIsRefused() {
        try (Timetable table = new Timetable()) {
            table.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY);
            Switchover switchover = table.coordinator.start(inWindow());

            assertThatIllegalArgumentException()
                    .isThrownBy(() -> table.coordinator.modifyMaintenanceWindow(
                            FakePair.ID, MaintenanceWindow.parse("04:00Z-04:01Z")))
                    .withMessageContaining("is open for PT1M, but the switchover may need PT1M2S");

            assertWaits(switchover, NIGHT);
            assertThat(table.coordinator.instance(FakePair.ID).maintenanceWindow())
                    .contains(NIGHTLY);
        }
    }

    @Test
    void aWindowOutlivesTheProcessAndOnlyTheNewestHolds() {
        Timetable before = new Timetable(new FakePair(), journal);
        before.coordinator.modifyMaintenanceWindow(FakePair.ID, MORNING);
        before.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY);
        before.close();

        try (Timetable table = before.restarted()) {
            assertThat(table.coordinator.instance(FakePair.ID).maintenanceWindow())
                    .contains(NIGHTLY);
            assertThat(table.coordinator.history(FakePair.ID))
                    .as("it is no switchover")
                    .isEmpty();
            assertThat(table.coordinator.waiting()).isEmpty();
            assertThat(journal.unfinished()).hasSize(1);
        }
    }

    @Test
    void aWindowIsKeptByTheProductWhereThatKeepsWindows() {
        FakePair pair = new FakePair();
        pair.capabilities = Set.of(Capability.MAINTENANCE_WINDOW);
        try (Timetable table = new Timetable(pair, journal)) {
            table.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY);

            assertThat(pair.window).contains(NIGHTLY);
            assertThat(table.coordinator.instance(FakePair.ID).maintenanceWindow())
                    .contains(NIGHTLY);
            assertThat(journal.records).isEmpty();
            assertWaits(table.coordinator.start(inWindow()), NIGHT);
        }
    }

    @Test
    void whatTheProductsWindowHasBecomeMeanwhileIsWhatCounts() throws Exception {
        FakePair pair = new FakePair();
        pair.capabilities = Set.of(Capability.MAINTENANCE_WINDOW);
        pair.window = Optional.of(NIGHTLY);
        try (Timetable table = new Timetable(pair, journal)) {
            Switchover switchover = table.coordinator.start(inWindow());

            pair.window = Optional.of(MORNING);
            table.time.advanceTo(NIGHT);
            table.awaitEvent("starts at 2026-03-02T04:00:00Z");
            table.assertUntouched();

            pair.window = Optional.empty();
            table.time.advanceTo(Instant.parse("2026-03-02T04:00:00Z"));
            assertThat(end(switchover).outcome()).isEqualTo(Phase.EXPIRED);
            assertThat(end(switchover).message()).contains("the instance has no maintenance window any more");
        }
    }

    @Test
    void regionsAreThoseOfTheInstances() {
        try (Timetable table = new Timetable()) {
            assertThat(table.coordinator.regions()).containsExactly("local");
            assertThatExceptionOfType(UnknownRegionException.class)
                    .isThrownBy(() -> table.coordinator.instances("mars"))
                    .withMessage("There is no region 'mars'; known are [local]. Nothing was changed.");
        }
    }

    @Test
    void anUnknownInstanceIsRefusedEverywhereInTheSameWords() {
        try (Timetable table = new Timetable()) {
            List<ThrowingCallable> calls = List.of(
                    () -> table.coordinator.instance("nope"),
                    () -> table.coordinator.running("nope"),
                    () -> table.coordinator.waiting("nope"),
                    () -> table.coordinator.history("nope"),
                    () -> table.coordinator.cancel("nope"),
                    () -> table.coordinator.modifyMaintenanceWindow("nope", NIGHTLY),
                    () -> table.coordinator.modifyFailoverMode("nope", FailoverMode.automatic()));

            assertThat(calls)
                    .allSatisfy(call -> assertThatExceptionOfType(UnknownInstanceException.class)
                            .isThrownBy(call)
                            .withMessageStartingWith("There is no instance 'nope'; known are [orders]."));
        }
    }

    @Test
    void aStatusSaysHowTheNodesAre() {
        try (Timetable table = new Timetable()) {
            assertThat(table.coordinator.instance(FakePair.ID).status()).isEqualTo(InstanceStatus.RUNNING);

            table.pair.replication = Replication.State.DISCONNECTED;
            assertThat(table.coordinator.instance(FakePair.ID).status()).isEqualTo(InstanceStatus.DEGRADED);

            table.pair.answersA = false;
            assertThat(table.coordinator.instance(FakePair.ID).status()).isEqualTo(InstanceStatus.NEEDS_OPERATOR);
        }
    }

    @Test
    void anInstanceNeedsItsOperatorUntilItIsWholeAgain() throws Exception {
        FakePair pair = new FakePair()
                .before("apply confirm position", FakePair.failing("the target lags"))
                .before("undo stop a", FakePair.failing("the server does not start"));
        try (Timetable table = new Timetable(pair, journal)) {
            assertThat(end(table.coordinator.start(request().build())).outcome())
                    .isEqualTo(Phase.NEEDS_OPERATOR);
            assertThat(table.coordinator.instance(FakePair.ID).status()).isEqualTo(InstanceStatus.NEEDS_OPERATOR);
        }
    }
}
