package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.HistoryEntry;
import io.switchover4j.Phase;
import io.switchover4j.Switchover;
import io.switchover4j.SwitchoverInProgressException;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.TimeSource;
import io.switchover4j.internal.CoordinatorSettings.Registration;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What is done with an interrupted switchover that cannot be taken up at once. */
class RecoveryTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    private final FakePair pair = new FakePair();
    private final SwitchoverJournal journal = SwitchoverJournal.inMemory();
    private final FakeTraffic traffic = new FakeTraffic("shop");
    private final RecordingListener listener = new RecordingListener();

    /** A process that dies right after the old primary was fenced; the lease is still held in its name. */
    private String dieFenced() throws Exception {
        MortalProcess mortal = new MortalProcess(pair, journal, pointAfter("INTENT FENCING") + 1);
        Optional<String> operationId = switchOver(mortal);
        assertThat(mortal.awaitDeath()).isTrue();
        assertThat(pair.writable()).isEmpty();
        return operationId.orElseThrow();
    }

    private static int pointAfter(String record) throws Exception {
        MortalProcess whole = new MortalProcess(new FakePair(), SwitchoverJournal.inMemory(), -1);
        switchOver(whole);
        return whole.points.indexOf(new MortalProcess.Point(record, ""));
    }

    private static Optional<String> switchOver(MortalProcess process) throws Exception {
        try (DefaultCoordinator coordinator = DefaultCoordinator.start(
                new CoordinatorSettings(
                        process.backend(), process.journal(), List.of(), List.of(), TimeSource.system(), null),
                Rig.SHORT)) {
            Switchover switchover = coordinator.start(Rig.request().build());
            try {
                switchover.await(Duration.ofSeconds(20));
            } catch (IllegalStateException e) {
                assertThat(process.isDead()).isTrue();
            }
            return Optional.of(switchover.operationId());
        }
    }

    private DefaultCoordinator restart(Duration takeOver) {
        return restart(takeOver, TimeSource.system());
    }

    private DefaultCoordinator restart(Duration takeOver, TimeSource time) {
        Limits s = Rig.SHORT;
        return DefaultCoordinator.start(
                new CoordinatorSettings(
                        pair,
                        journal,
                        List.of(new Registration(Optional.empty(), traffic)),
                        List.of(listener),
                        time,
                        null),
                new Limits(
                        s.observe(),
                        s.lease(),
                        s.check(),
                        s.prepare(),
                        s.verifyLease(),
                        s.promote(),
                        s.resolve(),
                        s.firstWrite(),
                        s.rest(),
                        s.rollback(),
                        s.holdGrace(),
                        s.holdSlack(),
                        takeOver,
                        s.listeners()));
    }

    private static Switchover left(DefaultCoordinator coordinator) {
        return coordinator.running(FakePair.ID).orElseThrow();
    }

    private static SwitchoverReport end(Switchover switchover) throws Exception {
        return switchover.await(Duration.ofSeconds(20));
    }

    @Test
    void meanwhileTheInstanceCountsAsBeingSwitched() throws Exception {
        String operationId = dieFenced();
        pair.leaseTo(operationId);
        try (DefaultCoordinator coordinator = restart(LONG)) {
            Switchover left = left(coordinator);

            assertThat(left.operationId()).isEqualTo(operationId);
            assertThat(left.phase()).isEqualTo(Phase.RESOLVING);
            assertThat(left.cancel()).isFalse();
            assertThat(left.request().requestedBy()).isEqualTo("alice");
            assertThat(left.request().reason()).isEqualTo("kernel update");
            assertThatThrownBy(() -> coordinator.start(Rig.request().build()))
                    .isInstanceOf(SwitchoverInProgressException.class)
                    .hasMessageContaining("is being switched by 'alice' since")
                    .hasMessageContaining("(switchover " + operationId + ", now RESOLVING)");

            pair.leaseTo("");
            SwitchoverReport report = end(left);

            assertThat(report.outcome()).isEqualTo(Phase.ROLLED_BACK);
            assertThat(report.message())
                    .startsWith("Switchover of 'orders' from 'a' to 'b' was rolled back from FENCING: the process that"
                            + " carried it out ended in FENCING; it was taken up again at ")
                    .contains("'a' takes writes again");
            assertThat(report.writePause()).isPresent();
            assertThat(report.requestedBy()).isEqualTo("alice");
            assertThat(coordinator.running(FakePair.ID)).isEmpty();
            assertThat(traffic.calls).containsExactly("release");
            assertThat(listener.awaitEnd()).isTrue();
            assertThat(listener.phases()).containsExactly(Phase.RESOLVING, Phase.ROLLING_BACK, Phase.ROLLED_BACK);
            assertThat(listener.events.get(0).from()).isEqualTo(Phase.FENCING);
        }
    }

    @Test
    void whatAnotherProcessBringsToItsEndIsFollowedAndNotTouched() throws Exception {
        String operationId = dieFenced();
        pair.leaseTo(operationId);
        List<JournalRecord> before = journal.read(FakePair.ID);
        try (DefaultCoordinator coordinator = restart(LONG)) {
            Switchover left = left(coordinator);
            JournalRecord ended = new JournalRecord(
                    FakePair.ID,
                    operationId,
                    before.size(),
                    Instant.now(),
                    Kind.ENDED,
                    Phase.COMPLETED,
                    "",
                    Map.of("message", "done elsewhere", "newPrimary", "b"));
            journal.append(ended);

            SwitchoverReport report = end(left);

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(report.message()).isEqualTo("done elsewhere");
            assertThat(report.newPrimary()).contains("b");
            assertThat(report.oldPrimary()).contains("a");
            assertThat(journal.read(FakePair.ID)).hasSize(before.size() + 1).endsWith(ended);
            assertThat(pair.calls).doesNotContain("undo stop a");
        }
    }

    @Test
    void whoeverHoldsTheLeaseBeyondTheLimitIsNamedToAnOperator() throws Exception {
        String operationId = dieFenced();
        pair.leaseTo("someone_else");
        try (DefaultCoordinator coordinator = restart(Duration.ofMillis(200))) {
            SwitchoverReport report = end(left(coordinator));

            assertThat(report.outcome()).isEqualTo(Phase.NEEDS_OPERATOR);
            assertThat(report.message())
                    .contains(
                            "the process that carried it out ended in FENCING",
                            "it could not be taken up within 200 ms: Instance 'orders' is being switched by 'someone_else'",
                            "make sure that only one of 'a' and 'b' can take writes");
            assertThat(pair.writable()).as("nothing is touched").isEmpty();
            assertThat(pair.isLeased()).as("the other one's lease").isTrue();
        }
        assertThat(journal.unfinished()).isEmpty();
        assertThat(journal.read(FakePair.ID)).last().satisfies(record -> {
            assertThat(record.operationId()).isEqualTo(operationId);
            assertThat(record.kind()).isEqualTo(Kind.ENDED);
        });
    }

    @Test
    void theJournalOfASwitchoverThatIsStillAliveIsNotWritten() throws Exception {
        pair.leaseTo(dieFenced());
        List<JournalRecord> before = journal.read(FakePair.ID);
        try (DefaultCoordinator coordinator = restart(Duration.ofMillis(200))) {
            SwitchoverReport report = end(left(coordinator));

            assertThat(report.outcome()).isEqualTo(Phase.NEEDS_OPERATOR);
        }
        assertThat(journal.read(FakePair.ID)).isEqualTo(before);
    }

    @Test
    void aTargetThatDoesNotAnswerYetIsWaitedFor() throws Exception {
        dieFenced();
        AtomicInteger times = new AtomicInteger();
        pair.before("resume", deadline -> {
            if (times.incrementAndGet() < 3) {
                throw new BackendException("'b' is starting up");
            }
        });
        try (DefaultCoordinator coordinator = restart(LONG)) {
            assertThat(end(left(coordinator)).outcome()).isEqualTo(Phase.ROLLED_BACK);
            assertThat(times).hasValue(3);
        }
    }

    @Test
    void whatSomebodyElsePromotedMeanwhileIsFinished() throws Exception {
        dieFenced();
        pair.promoteByHand("b");
        try (DefaultCoordinator coordinator = restart(LONG)) {
            SwitchoverReport report = end(left(coordinator));

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(pair.violations).isEmpty();
            assertThat(pair.writable()).contains("b");
            assertThat(pair.isFollowing()).isTrue();
            assertThat(traffic.releasedTo)
                    .hasValueSatisfying(t -> assertThat(t.primaryNodeId()).isEqualTo("b"));
        }
    }

    @Test
    void closingLeavesWhatWasNotTakenUpToTheNextCoordinator() throws Exception {
        pair.leaseTo(dieFenced());
        Switchover left;
        try (DefaultCoordinator coordinator = restart(LONG)) {
            left = left(coordinator);
        }
        assertThatThrownBy(() -> end(left))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("it was not taken up: the coordinator was closed; the next one takes it up");
        assertThat(journal.unfinished()).hasSize(1);

        pair.leaseTo("");
        try (DefaultCoordinator next = restart(LONG)) {
            assertThat(end(left(next)).outcome()).isEqualTo(Phase.ROLLED_BACK);
        }
    }

    @Test
    void aClassThatIsMissingWhenItIsTakenUpIsOneMoreReasonToTryAgain() throws Exception {
        dieFenced();
        AtomicInteger times = new AtomicInteger();
        pair.before("resume", deadline -> {
            if (times.getAndIncrement() == 0) {
                throw new NoClassDefFoundError("com/example/Missing");
            }
        });
        try (DefaultCoordinator coordinator = restart(LONG)) {
            assertThat(end(left(coordinator)).outcome()).isEqualTo(Phase.ROLLED_BACK);
        }
        assertThat(pair.writable()).contains("a");
    }

    @Test
    void aSwitchoverThatHasNotComeToItsLeaseYetIsNotTakenFromALivingProcess() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        CountDownLatch lookedTwice = new CountDownLatch(4);
        pair.before("describe", deadline -> {
            lookedTwice.countDown();
            if (looks.incrementAndGet() == 2) {
                lookedTwice.await();
            }
        });
        try (DefaultCoordinator living = restart(LONG)) {
            Switchover switchover = living.start(Rig.request().build());
            while (looks.get() < 2) {
                Thread.onSpinWait();
            }
            try (DefaultCoordinator other = restart(LONG)) {
                Switchover seen = left(other);

                assertThat(end(switchover).outcome()).isEqualTo(Phase.COMPLETED);
                assertThat(end(seen).outcome()).isEqualTo(Phase.COMPLETED);
            }
        }
        assertThat(pair.writable()).contains("b");
    }

    @Test
    void whatIsWaitedForItsYouthIsNotTakenFromTheTimeForItsLease() throws Exception {
        MortalProcess mortal = new MortalProcess(pair, journal, pointAfter("PHASE CHECKING"));
        switchOver(mortal);
        assertThat(mortal.awaitDeath()).isTrue();

        try (DefaultCoordinator coordinator = restart(LONG, new ClockOfAMachineThatPausesInASleep())) {
            assertThat(end(left(coordinator)).outcome()).isEqualTo(Phase.ABORTED);
        }
    }

    /** Longer than any limit, once. */
    private static final class ClockOfAMachineThatPausesInASleep implements TimeSource {

        private final AtomicLong paused = new AtomicLong();

        @Override
        public Instant instant() {
            return TimeSource.system().instant().plusNanos(paused.get());
        }

        @Override
        public long nanoTime() {
            return TimeSource.system().nanoTime() + paused.get();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
            TimeSource.super.sleep(duration);
            paused.set(Duration.ofHours(1).toNanos());
        }
    }

    @Test
    void aSwitchoverOfAnInstanceOfAnotherBackendIsLeftAlone() throws Exception {
        JournalRecord requested = new JournalRecord(
                "billing", "op_1", 0, Instant.EPOCH, Kind.REQUESTED, Phase.SCHEDULED, "", Map.of("timing", "now"));
        JournalRecord checking =
                new JournalRecord("billing", "op_1", 1, Instant.EPOCH, Kind.PHASE, Phase.CHECKING, "", Map.of());
        journal.append(requested);
        journal.append(checking);
        try (DefaultCoordinator coordinator = restart(LONG)) {
            coordinator.close();
        }
        assertThat(journal.read("billing")).containsExactly(requested, checking);
    }

    @Test
    void historyShowsOneSwitchoverWithThePhasesOfAllItsProcesses() throws Exception {
        dieFenced();
        try (DefaultCoordinator coordinator = restart(LONG)) {
            end(left(coordinator));

            List<HistoryEntry> history = coordinator.history(FakePair.ID);

            assertThat(history).hasSize(1);
            assertThat(history.get(0).phases())
                    .extracting(SwitchoverReport.PhaseTiming::phase)
                    .containsExactly(
                            Phase.SCHEDULED,
                            Phase.CHECKING,
                            Phase.CATCHING_UP,
                            Phase.DRAINING,
                            Phase.FENCING,
                            Phase.RESOLVING,
                            Phase.ROLLING_BACK);
            assertThat(history.get(0).writePause()).isPresent();
        }
    }
}
