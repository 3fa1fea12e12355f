package io.switchover4j.internal;

import static io.switchover4j.internal.Timetable.EVENING;
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

import io.switchover4j.Edition;
import io.switchover4j.HistoryEntry;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.NoMaintenanceWindowException;
import io.switchover4j.NoSuchSwitchoverException;
import io.switchover4j.NotCancellableException;
import io.switchover4j.Phase;
import io.switchover4j.Replication;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverWaitingException;
import io.switchover4j.Timing;
import io.switchover4j.Timing.IfMissed;
import io.switchover4j.UnknownInstanceException;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord.Kind;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class SchedulingTest {

    private static final Duration NANO = Duration.ofNanos(1);

    private final ScriptedJournal journal = new ScriptedJournal();

    @Test
    void startsAtItsTimeAndNeverBefore() throws Exception {
        try (Timetable table = new Timetable()) {
            Switchover switchover = table.coordinator.start(at(NIGHT));
            assertWaits(switchover, NIGHT);
            assertThat(table.coordinator.waiting(FakePair.ID)).containsSame(switchover);
            assertThat(table.coordinator.waiting()).containsExactly(switchover);
            assertThat(table.coordinator.running(FakePair.ID)).isEmpty();

            table.time.advanceTo(NIGHT.minus(NANO));
            table.assertUntouched();
            assertWaits(switchover, NIGHT);

            table.time.advance(NANO);
            assertThat(end(switchover).outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(switchover.startsAt()).isEmpty();
            assertThat(table.coordinator.waiting(FakePair.ID)).isEmpty();
            assertThat(table.pair.writable()).contains("b");
        }
    }

    @Test
    void saysWhoAskedAndWhenItStartsBeforeAnythingHappens() throws Exception {
        try (Timetable table = new Timetable()) {
            Switchover switchover = table.coordinator.start(at(NIGHT));

            assertThat(table.awaitEvent("starts at"))
                    .satisfies(event ->
                            assertThat(event.message()).isEqualTo("requested by alice, starts at 2026-03-01T22:00:00Z"))
                    .satisfies(event -> assertThat(event.to()).isEqualTo(Phase.SCHEDULED));
            HistoryEntry entry = table.coordinator.history(FakePair.ID).get(0);
            assertThat(entry.operationId()).isEqualTo(switchover.operationId());
            assertThat(entry.requestedBy()).isEqualTo("alice");
            assertThat(entry.phase()).isEqualTo(Phase.SCHEDULED);
            assertThat(entry.endedAt()).isEmpty();
        }
    }

    @Test
    void aClockThatIsSetBackMakesItWaitNotStart() throws Exception {
        try (Timetable table = new Timetable()) {
            Switchover switchover = table.coordinator.start(at(NIGHT));
            table.time.setWallClock(EVENING.minus(Duration.ofHours(5)));

            table.time.advance(Duration.ofHours(5));
            assertWaits(switchover, NIGHT);
            table.assertUntouched();

            table.time.setWallClock(NIGHT);
            assertThat(end(switchover).outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void aClockThatIsSetFarForwardMakesItExpire() throws Exception {
        try (Timetable table = new Timetable()) {
            Switchover switchover = table.coordinator.start(at(NIGHT));
            table.time.setWallClock(NIGHT.plus(Duration.ofHours(1)));

            assertThat(end(switchover).outcome()).isEqualTo(Phase.EXPIRED);
            table.assertUntouched();
        }
    }

    @Test
    void waitsForTheMaintenanceWindowToOpen() throws Exception {
        try (Timetable table = new Timetable()) {
            table.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY);
            Switchover switchover = table.coordinator.start(inWindow());
            assertWaits(switchover, NIGHT);

            table.time.advanceTo(NIGHT);

            assertThat(end(switchover).outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void startsAtOnceWhereTheWindowIsOpenForLongEnough() throws Exception {
        try (Timetable table = new Timetable()) {
            table.coordinator.modifyMaintenanceWindow(FakePair.ID, MaintenanceWindow.parse("20:00Z-21:05Z"));

            assertThat(end(table.coordinator.start(inWindow())).outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void whereTheRestOfTheWindowIsTooShortItWaitsForTheNext() throws Exception {
        try (Timetable table = new Timetable()) {
            table.coordinator.modifyMaintenanceWindow(FakePair.ID, MaintenanceWindow.parse("20:00Z-21:01Z"));

            Switchover switchover = table.coordinator.start(inWindow());

            assertWaits(switchover, Instant.parse("2026-03-02T20:00:00Z"));
        }
    }

    @Test
    void whereThePredictedPauseDoesNotFitItWaitsForTheNextAndSaysSo() throws Exception {
        FakePair pair = new FakePair();
        pair.predictedPause = Duration.ofMinutes(5);
        try (Timetable table = new Timetable(pair, journal)) {
            table.coordinator.modifyMaintenanceWindow(FakePair.ID, MaintenanceWindow.parse("20:00Z-21:03Z"));
            Switchover switchover = table.coordinator.start(inWindow());

            assertThat(table.awaitEvent("PT6M2S").message())
                    .isEqualTo(
                            "starts at 2026-03-02T20:00:00Z: of the opening PT3M are left at 2026-03-01T21:00:00Z, and it"
                                    + " may need PT6M2S");
            assertWaits(switchover, Instant.parse("2026-03-02T20:00:00Z"));
            table.assertUntouched();

            table.time.advanceTo(Instant.parse("2026-03-02T20:00:00Z"));
            assertThat(end(switchover).outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void aWindowThatNoOpeningOfWhichIsLongEnoughIsRefused() {
        try (Timetable table = new Timetable()) {
            table.coordinator.modifyMaintenanceWindow(FakePair.ID, MaintenanceWindow.parse("22:00Z-22:01Z"));

            assertThatIllegalArgumentException()
                    .isThrownBy(() -> table.coordinator.start(inWindow()))
                    .withMessage(
                            "The maintenance window '22:00Z-22:01Z' of 'orders' is open for PT1M, but the switchover may"
                                    + " need PT1M2S: catchUpTimeout PT1M and drainTimeout PT2S. Nothing was changed; lower them,"
                                    + " or choose a longer window.");
            assertThat(table.coordinator.waiting()).isEmpty();
        }
    }

    @Test
    void whatCanNeverStartIsRefusedAtOnce() {
        try (Timetable table = new Timetable()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> table.coordinator.start(at(EVENING.minusSeconds(5))))
                    .withMessage(
                            "The time 2026-03-01T20:59:55Z of the switchover of 'orders' is in the past: it is"
                                    + " 2026-03-01T21:00:00Z now. Nothing was started; name a later one, or ask for Timing.now().");
            assertThatExceptionOfType(NoMaintenanceWindowException.class)
                    .isThrownBy(() -> table.coordinator.start(inWindow()))
                    .withMessageStartingWith("Instance 'orders' has no maintenance window. Nothing was changed;");
            assertThat(table.coordinator.waiting()).isEmpty();
            assertThat(table.coordinator.history(FakePair.ID)).isEmpty();
        }
    }

    @Test
    void anInstanceWithoutAStandbyIsRefusedAtOnceNotInTheNight() throws Exception {
        FakePair pair = new FakePair();
        pair.edition = Edition.BASIC;
        try (Timetable table = new Timetable(pair, journal)) {
            SwitchoverReport report = end(table.coordinator.start(at(NIGHT)));

            assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
            assertThat(report.message()).contains("BASIC edition of FakeSQL 1.0 has no standby", "Nothing was changed");
            table.assertUntouched();
        }
    }

    @Test
    void aNodeThatStandsAloneIsRefusedWhateverItsEditionIsCalled() throws Exception {
        FakePair pair = new FakePair();
        pair.alone = true;
        try (Timetable table = new Timetable(pair, journal)) {
            SwitchoverReport report = end(table.coordinator.start(at(NIGHT)));

            assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
            assertThat(report.message())
                    .contains("HIGH_AVAILABILITY edition of FakeSQL 1.0, but there is one node alone and no standby");
            table.assertUntouched();
        }
    }

    @Test
    void aSecondOneIsRefusedWithWhoAskedForTheFirstAndWhen() {
        try (Timetable table = new Timetable()) {
            Switchover first = table.coordinator.start(at(NIGHT));

            assertThatExceptionOfType(SwitchoverWaitingException.class)
                    .isThrownBy(() -> table.coordinator.start(at(NIGHT.plusSeconds(60))))
                    .withMessage(
                            "A switchover of 'orders' waits already: 'alice' asked for it at 2026-03-01T21:00:00Z, it starts"
                                    + " at 2026-03-01T22:00:00Z (switchover %s). Nothing was changed; cancel it, or ask with"
                                    + " replace().",
                            first.operationId());
            assertThat(table.coordinator.waiting()).containsExactly(first);
        }
    }

    @Test
    void replaceTakesThePlaceOfTheOneThatWaits() throws Exception {
        try (Timetable table = new Timetable()) {
            Switchover first = table.coordinator.start(at(NIGHT));
            Instant later = NIGHT.plusSeconds(3600);

            Switchover second = table.coordinator.start(request()
                    .requestedBy("bob", "")
                    .timing(Timing.at(later))
                    .replace()
                    .build());

            SwitchoverReport report = end(first);
            assertThat(report.outcome()).isEqualTo(Phase.CANCELLED);
            assertThat(report.message())
                    .contains("switchover " + second.operationId() + ", which 'bob' asked for, takes its place");
            table.time.advanceTo(NIGHT);
            assertWaits(second, later);
            table.assertUntouched();
            table.time.advanceTo(later);
            assertThat(end(second).outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void oneThatStartsNowReplacesTheOneThatWaitsOnlyIfItSaysSo() throws Exception {
        try (Timetable table = new Timetable()) {
            Switchover waiting = table.coordinator.start(at(NIGHT));

            assertThat(end(table.coordinator.start(request().build())).outcome())
                    .isEqualTo(Phase.COMPLETED);
            assertWaits(waiting, NIGHT);
            assertThat(end(table.coordinator.start(request().replace().build())).outcome())
                    .isEqualTo(Phase.COMPLETED);
            assertThat(end(waiting).outcome()).isEqualTo(Phase.CANCELLED);
            assertThat(table.coordinator.waiting()).isEmpty();
        }
    }

    @Test
    void whereTheJournalCannotKeepItNothingWaitsAndTheOneBeforeStillDoes() throws Exception {
        ScriptedJournal full = new ScriptedJournal(
                record -> record.kind() == Kind.REQUESTED && record.facts().containsValue("bob"));
        try (Timetable table = new Timetable(new FakePair(), full)) {
            Switchover first = table.coordinator.start(at(NIGHT));

            assertThatExceptionOfType(JournalException.class)
                    .isThrownBy(() -> table.coordinator.start(request()
                            .requestedBy("bob", "")
                            .timing(Timing.at(NIGHT.plusSeconds(60)))
                            .replace()
                            .build()));

            table.time.advanceTo(NIGHT);
            assertThat(end(first).outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(table.coordinator.waiting()).isEmpty();
        }
    }

    @Test
    void cancelEndsTheWaitAtOnce() throws Exception {
        try (Timetable table = new Timetable()) {
            Switchover switchover = table.coordinator.start(at(NIGHT));

            assertThat(table.coordinator.cancel(FakePair.ID)).isSameAs(switchover);

            SwitchoverReport report = end(switchover);
            assertThat(report.outcome()).isEqualTo(Phase.CANCELLED);
            assertThat(report.message())
                    .isEqualTo(
                            "Switchover of 'orders' was cancelled in SCHEDULED: the caller cancelled. Nothing was changed;"
                                    + " who takes writes now was not asked.");
            assertThat(switchover.cancel()).isFalse();
            assertThatExceptionOfType(NoSuchSwitchoverException.class)
                    .isThrownBy(() -> table.coordinator.cancel(FakePair.ID));
            table.time.advance(Duration.ofDays(1));
            table.assertUntouched();
        }
    }

    @Test
    void cancelIsRefusedPastTheFenceWithThePhase() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch open = new CountDownLatch(1);
        FakePair pair = new FakePair().before("apply confirm position", deadline -> {
            reached.countDown();
            open.await();
        });
        try (Timetable table = new Timetable(pair, journal)) {
            Switchover switchover = table.coordinator.start(request().build());
            reached.await();

            assertThatExceptionOfType(NotCancellableException.class)
                    .isThrownBy(() -> table.coordinator.cancel(FakePair.ID))
                    .withMessage(
                            "The switchover of 'orders' cannot be cancelled in the phase CONFIRMING_POSITION, only up to"
                                    + " DRAINING (switchover %s). It goes on; wait for it to end.",
                            switchover.operationId());
            open.countDown();
            assertThat(end(switchover).outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void atItsTimeEveryPreconditionIsCheckedAgain() throws Exception {
        try (Timetable table = new Timetable()) {
            Switchover unhealthy = table.coordinator.start(at(NIGHT));
            table.pair.replication = Replication.State.DISCONNECTED;
            table.time.advanceTo(NIGHT);
            assertThat(end(unhealthy).outcome()).isEqualTo(Phase.REJECTED);
            assertThat(end(unhealthy).message()).contains("'b' is not streaming: DISCONNECTED");
            table.assertUntouched();
        }
    }

    @Test
    void aPrimaryThatIsNotTheExpectedOneIsRefused() throws Exception {
        try (Timetable table = new Timetable()) {
            Switchover switchover = table.coordinator.start(
                    request().timing(Timing.at(NIGHT)).expectedPrimary("a").build());
            assertThat(end(table.coordinator.start(request().build())).outcome())
                    .isEqualTo(Phase.COMPLETED);

            table.time.advanceTo(NIGHT);

            SwitchoverReport report = end(switchover);
            assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
            assertThat(report.message()).contains("expected primary: 'b' is primary, not 'a'");
            assertThat(table.pair.writable()).contains("b");
        }
    }

    @Test
    void whereAnotherOneIsUnderWayAtItsTimeItIsRefusedWithWhoSinceWhenAndPhase() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch open = new CountDownLatch(1);
        FakePair pair = new FakePair().before("apply catch up", deadline -> {
            reached.countDown();
            open.await();
        });
        try (Timetable table = new Timetable(pair, journal)) {
            Switchover waiting = table.coordinator.start(at(NIGHT));
            Switchover other =
                    table.coordinator.start(request().requestedBy("bob", "").build());
            reached.await();

            table.time.advanceTo(NIGHT);

            SwitchoverReport report = end(waiting);
            assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
            assertThat(report.message())
                    .isEqualTo(
                            "Switchover of 'orders' was refused: 'bob' is switching the instance since 2026-03-01T21:00:00Z"
                                    + " (switchover " + other.operationId()
                                    + ", now CATCHING_UP). Nothing was changed; who takes"
                                    + " writes now was not asked. Ask for it again when that has ended.");
            open.countDown();
            assertThat(end(other).outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void aCloseEndsWhatNobodyWouldFindAgainAndSaysSo() throws Exception {
        Timetable table = new Timetable();
        Switchover switchover = table.coordinator.start(at(NIGHT));

        table.close();

        SwitchoverReport report = end(switchover);
        assertThat(report.outcome()).isEqualTo(Phase.CANCELLED);
        assertThat(report.message())
                .isEqualTo(
                        "Switchover of 'orders' was cancelled in SCHEDULED: the coordinator was closed. Nothing was changed;"
                                + " who takes writes now was not asked. Start it again with another coordinator, and close"
                                + " that one only when it has ended.");
    }

    @Test
    void waitsOnAfterARestartAsTheSameSwitchover() throws Exception {
        Timetable before = new Timetable(new FakePair(), journal);
        Switchover asked = before.coordinator.start(request()
                .timing(Timing.at(NIGHT).startWithin(Duration.ofMinutes(7)))
                .expectedPrimary("a")
                .target("b")
                .maximumLagBytes(17)
                .build());
        before.close();
        assertThatIllegalStateException()
                .isThrownBy(() -> end(asked))
                .isExactlyInstanceOf(IllegalStateException.class)
                .withMessageContaining("the coordinator was closed; it waits on in the journal, and starts at"
                        + " 2026-03-01T22:00:00Z where a coordinator reads that");

        try (Timetable table = before.restarted()) {
            Switchover found = table.coordinator.waiting(FakePair.ID).orElseThrow();
            assertThat(found.operationId()).isEqualTo(asked.operationId());
            assertWaits(found, NIGHT);
            assertThat(Facts.of(found.request())).isEqualTo(Facts.of(asked.request()));

            table.time.advanceTo(NIGHT);

            SwitchoverReport report = end(found);
            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(report.requestedBy()).isEqualTo("alice");
            assertThat(table.coordinator.history(FakePair.ID)).hasSize(1);
            assertThat(journal.records)
                    .extracting(record -> record.sequence())
                    .isSorted()
                    .doesNotHaveDuplicates();
        }
        try (Timetable again = before.restarted()) {
            assertThat(again.coordinator.waiting())
                    .as("a second restart changes nothing")
                    .isEmpty();
        }
    }

    @Test
    void aMemoryThatEndsWithTheProcessLetsNothingWait() throws Exception {
        Timetable table = new Timetable();
        Switchover switchover = table.coordinator.start(at(NIGHT));

        table.close();

        assertThat(end(switchover).outcome()).isEqualTo(Phase.CANCELLED);
        assertThat(table.awaitEnd().outcome()).isEqualTo(Phase.CANCELLED);
    }

    @Test
    void whatWasMissedWhileTheProcessWasDownExpiresAloud() throws Exception {
        Timetable before = new Timetable(new FakePair(), journal);
        before.coordinator.start(at(NIGHT));
        before.close();
        before.time.advanceTo(NIGHT.plusSeconds(61));

        try (Timetable table = before.restarted()) {
            SwitchoverReport report = table.awaitEnd();

            assertThat(report.outcome()).isEqualTo(Phase.EXPIRED);
            assertThat(report.message())
                    .isEqualTo("Switchover of 'orders' did not start before its time had passed: it was to start at"
                            + " 2026-03-01T22:00:00Z, or up to PT1M later, but it was 2026-03-01T22:01:01Z before it could."
                            + " Nothing was changed. Ask for it again.");
            assertThat(table.awaitEvent("it was to start at").to()).isEqualTo(Phase.EXPIRED);
            assertThat(table.coordinator.history(FakePair.ID).get(0).phase()).isEqualTo(Phase.EXPIRED);
            table.assertUntouched();
        }
    }

    @Test
    void withinItsGraceItStartsLateAfterARestart() throws Exception {
        Timetable before = new Timetable(new FakePair(), journal);
        before.coordinator.start(at(NIGHT));
        before.close();
        before.time.advanceTo(NIGHT.plusSeconds(60));

        try (Timetable table = before.restarted()) {
            assertThat(table.awaitEnd().outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void aMissedOpeningExpires() throws Exception {
        Timetable before = new Timetable(new FakePair(), journal);
        before.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY);
        before.coordinator.start(inWindow());
        before.close();
        before.time.advanceTo(Instant.parse("2026-03-02T12:00:00Z"));

        try (Timetable table = before.restarted()) {
            SwitchoverReport report = table.awaitEnd();

            assertThat(report.outcome()).isEqualTo(Phase.EXPIRED);
            assertThat(report.message())
                    .contains(
                            "the opening of the maintenance window '22:00Z-02:00Z' at 2026-03-01T22:00:00Z was missed: the"
                                    + " window is closed at 2026-03-02T12:00:00Z");
            table.assertUntouched();
        }
    }

    @Test
    void orTheNextOpeningServesIfTheRequestSaysSo() throws Exception {
        Timetable before = new Timetable(new FakePair(), journal);
        before.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY);
        before.coordinator.start(request()
                .timing(Timing.inMaintenanceWindow().ifMissed(IfMissed.NEXT_OPENING))
                .build());
        before.close();
        before.time.advanceTo(Instant.parse("2026-03-02T12:00:00Z"));

        Timetable second = before.restarted();
        assertThat(second.awaitEvent("was missed").message())
                .startsWith("starts at 2026-03-02T22:00:00Z: the opening of the maintenance window");
        second.close();

        try (Timetable table = before.restarted()) {
            assertWaits(table.coordinator.waiting().get(0), Instant.parse("2026-03-02T22:00:00Z"));
            table.time.advanceTo(Instant.parse("2026-03-02T22:00:00Z"));
            assertThat(table.awaitEnd().outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void aMissedMomentCanBeMadeUpForInTheNextOpening() throws Exception {
        Timetable before = new Timetable(new FakePair(), journal);
        before.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY);
        before.coordinator.start(request()
                .timing(Timing.at(EVENING.plusSeconds(60)).ifMissed(IfMissed.NEXT_OPENING))
                .build());
        before.close();
        before.time.advanceTo(EVENING.plusSeconds(600));

        try (Timetable table = before.restarted()) {
            table.awaitEvent("starts at 2026-03-01T22:00:00Z: it was to start at");
            table.assertUntouched();
            table.time.advanceTo(NIGHT);
            assertThat(table.awaitEnd().outcome()).isEqualTo(Phase.COMPLETED);
        }
    }

    @Test
    void ofTwoThatTheJournalKnowsTheNewerWaitsOn() throws Exception {
        ScriptedJournal cut = new ScriptedJournal(record -> record.kind() == Kind.ENDED);
        Timetable before = new Timetable(new FakePair(), cut);
        Switchover first = before.coordinator.start(at(NIGHT));
        Switchover second = before.coordinator.start(
                request().timing(Timing.at(NIGHT.plusSeconds(600))).replace().build());
        end(first);
        before.close();

        try (Timetable table = before.restarted()) {
            assertThat(table.coordinator.waiting()).hasSize(1);
            assertThat(table.coordinator.waiting().get(0).operationId()).isEqualTo(second.operationId());
            assertThat(table.awaitEnd().operationId()).isEqualTo(first.operationId());
        }
    }

    @Test
    void anInstanceThatIsNotOursIsLeftToTheOneWhoseItIs() throws Exception {
        Timetable before = new Timetable(new FakePair(), journal);
        before.coordinator.start(at(NIGHT));
        before.close();
        FakePair other = new FakePair().before("describe", deadline -> {
            throw new UnknownInstanceException(FakePair.ID, java.util.List.of("billing"));
        });

        try (Timetable table = new Timetable(other, journal, before.time)) {
            Switchover found = table.coordinator.waiting().get(0);
            table.time.advanceTo(NIGHT);
            assertThatIllegalStateException()
                    .isThrownBy(() -> end(found))
                    .withMessageContaining("fake has no such instance");
        }
        assertThat(journal.unfinished()).as("nothing was written").hasSize(1);
    }

    @Test
    void ofTwoCoordinatorsWithOneJournalOneTakesItUp() throws Exception {
        Timetable before = new Timetable(new FakePair(), journal);
        before.coordinator.start(at(NIGHT));
        before.close();

        try (Timetable one = before.restarted();
                Timetable other = before.restarted()) {
            Switchover found = one.coordinator.waiting().get(0);
            Switchover foundToo = other.coordinator.waiting().get(0);
            one.coordinator.modifyMaintenanceWindow(FakePair.ID, NIGHTLY);
            found.cancel();
            assertThat(end(found).outcome()).isEqualTo(Phase.CANCELLED);

            other.time.advanceTo(NIGHT);

            assertThatIllegalStateException()
                    .isThrownBy(() -> end(foundToo))
                    .withMessageContaining("another coordinator has taken it up");
            other.assertUntouched();
        }
    }

    @Test
    void nothingWaitsInAJournalThatIsOnlyInMemoryAfterItsCoordinatorWasClosed() {
        SwitchoverJournal memory = SwitchoverJournal.inMemory();
        Timetable before = new Timetable(new FakePair(), memory);
        before.coordinator.start(at(NIGHT));
        before.close();

        assertThat(memory.unfinished()).isEmpty();
    }
}
