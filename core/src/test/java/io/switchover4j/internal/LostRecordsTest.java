package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.HistoryEntry;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverListener;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.simulated.Call;
import io.switchover4j.simulated.DirectThreads;
import io.switchover4j.simulated.Fault;
import io.switchover4j.simulated.ManualTime;
import io.switchover4j.simulated.SimulatedBackend;
import io.switchover4j.spi.JournalException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.JournalRecord.Kind;
import io.switchover4j.spi.SwitchoverJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What a journal that fails for a while does not keep is kept once it works again, by the same process. */
class LostRecordsTest {

    private final ManualTime time = ManualTime.at(Instant.parse("2026-03-01T21:00:00Z"));
    private final SimulatedBackend backend =
            SimulatedBackend.builder().time(time).pair("orders").build();
    private final SwitchoverJournal kept = SwitchoverJournal.inMemory();

    private SwitchoverCoordinator start() {
        return SwitchoverCoordinator.builder()
                .backend(backend)
                .journal(backend.journal(kept))
                .timeSource(backend.timeSource())
                .threadFactory(new DirectThreads())
                .build();
    }

    private static SwitchoverReport run(SwitchoverCoordinator coordinator) throws Exception {
        return coordinator.start(SwitchoverRequest.of("orders").build()).await();
    }

    private void failFromThePromotionOn() {
        backend.failNext(Call.PROMOTE, Fault.run(() -> backend.failAlways(Call.APPEND, Fault.error("no space left"))));
    }

    private void assertEndIsKept(SwitchoverReport report) {
        assertThat(kept.unfinished()).isEmpty();
        List<JournalRecord> records = kept.read("orders").stream()
                .filter(record -> record.operationId().equals(report.operationId()))
                .toList();
        assertThat(records)
                .extracting(JournalRecord::sequence)
                .containsExactlyElementsOf(
                        LongStream.range(0, records.size()).boxed().toList());
        assertThat(records)
                .extracting(record -> record.kind() + " " + record.phase())
                .endsWith(
                        "INTENT PROMOTING",
                        "DONE PROMOTING",
                        "PHASE RELEASING",
                        "INTENT RELEASING",
                        "DONE RELEASING",
                        "PHASE REJOINING",
                        "INTENT REJOINING",
                        "DONE REJOINING",
                        "INTENT REJOINING",
                        "DONE REJOINING",
                        "ENDED COMPLETED");
        assertThat(records).extracting(JournalRecord::at).isSorted();
    }

    @Test
    void itIsWrittenAfterAWhile() throws Exception {
        failFromThePromotionOn();
        try (SwitchoverCoordinator coordinator = start()) {
            SwitchoverReport report = run(coordinator);

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(report.message())
                    .contains("The journal is not complete: no space left.")
                    .contains("What it lacks is written once it works again;"
                            + " until then a coordinator that starts on it takes this switchover up.");
            assertThat(kept.unfinished()).hasSize(1);
            backend.heal();

            time.advance(Duration.ofMinutes(2));

            assertEndIsKept(report);
        }
    }

    @Test
    void orWhenTheNextSwitchoverOfTheInstanceBegins() throws Exception {
        failFromThePromotionOn();
        try (SwitchoverCoordinator coordinator = start()) {
            SwitchoverReport report = run(coordinator);
            backend.heal();

            SwitchoverReport next = run(coordinator);

            assertEndIsKept(report);
            assertThat(next.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(coordinator.history("orders"))
                    .extracting(HistoryEntry::phase)
                    .containsExactly(Phase.COMPLETED, Phase.COMPLETED);
        }
    }

    @Test
    void atTheLatestWhenTheCoordinatorIsClosed() throws Exception {
        failFromThePromotionOn();
        SwitchoverReport report;
        try (SwitchoverCoordinator coordinator = start()) {
            report = run(coordinator);
            backend.heal();
        }
        assertEndIsKept(report);
    }

    @Test
    void alsoOfASwitchoverThatEndsOnlyDuringTheClose() throws Exception {
        SwitchoverCoordinator coordinator = SwitchoverCoordinator.builder()
                .backend(backend)
                .journal(backend.journal(kept))
                .timeSource(backend.timeSource())
                .listener(new SwitchoverListener() {
                    @Override
                    public void onEnd(SwitchoverReport report) {
                        backend.heal();
                    }
                })
                .build();
        Thread closing = new Thread(coordinator::close);
        backend.failNext(Call.PROMOTE, Fault.run(() -> {
            backend.failAlways(Call.APPEND, Fault.error("no space left"));
            closing.start();
            awaitClosed(coordinator);
        }));

        SwitchoverReport report = run(coordinator);
        closing.join();

        assertEndIsKept(report);
    }

    private static void awaitClosed(SwitchoverCoordinator coordinator) {
        for (; ; ) {
            try {
                coordinator.instances();
                Thread.onSpinWait();
            } catch (IllegalStateException e) {
                return;
            }
        }
    }

    @Test
    void aCoordinatorThatIsClosedWritesNothingMore() throws Exception {
        failFromThePromotionOn();
        try (SwitchoverCoordinator coordinator = start()) {
            run(coordinator);
        }
        backend.heal();

        time.advance(Duration.ofMinutes(2));

        assertThat(kept.unfinished()).hasSize(1);
    }

    @Test
    void itIsWrittenOnTheWayIfTheJournalWorksAgainByThen() throws Exception {
        failFromThePromotionOn();
        backend.failNext(Call.REJOIN, Fault.run(backend::heal));
        try (SwitchoverCoordinator coordinator = start()) {
            SwitchoverReport report = run(coordinator);

            assertThat(report.message())
                    .endsWith(" The journal failed for a while (no space left) and is complete again.");
            assertThat(coordinator.history("orders").get(0).message()).isEqualTo(report.message());
            assertEndIsKept(report);
        }
    }

    @Test
    void whatAnotherProcessHasTakenUpMeanwhileIsLeftToIt() throws Exception {
        failFromThePromotionOn();
        try (SwitchoverCoordinator coordinator = start()) {
            SwitchoverReport report = run(coordinator);
            backend.heal();
            new OperationLog(
                            kept,
                            time,
                            "orders",
                            report.operationId(),
                            kept.read("orders").size())
                    .note(Kind.PHASE, Phase.RESOLVING, "", Map.of());
            List<JournalRecord> theirs = kept.read("orders");

            time.advance(Duration.ofHours(1));

            assertThat(kept.read("orders")).isEqualTo(theirs);
        }
    }

    @Test
    void aRecordThatTheJournalWillNeverKeepDoesNotCostTheEnd() throws Exception {
        ScriptedJournal journal =
                new ScriptedJournal(record -> record.kind() == Kind.DONE && record.phase() == Phase.PROMOTING);
        try (Rig rig = new Rig(new FakePair(), journal)) {
            SwitchoverReport report = rig.run();

            assertThat(journal.unfinished()).isEmpty();
            assertThat(report.message()).contains("The journal is not complete: no space left on the device");
            assertThat(journal.records)
                    .extracting(JournalRecord::sequence)
                    .containsExactlyElementsOf(
                            LongStream.range(0, journal.records.size()).boxed().toList());
        }
    }

    @Test
    void noRecordIsWrittenBehindOneThatFollowsIt() throws Exception {
        // The third is tried in the place of the first, and kept although it says that it failed.
        Fault third = Fault.error("no space left").afterEffect();
        Fault second = failsAndThen(third);
        Fault first = failsAndThen(second);
        backend.failNext(Call.PROMOTE, Fault.run(() -> backend.failNext(Call.APPEND, first)));
        try (SwitchoverCoordinator coordinator = start()) {
            SwitchoverReport report = run(coordinator);

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(report.message()).contains("The journal is not complete");
            assertThat(kept.unfinished()).isEmpty();
            assertThat(kept.read("orders"))
                    .extracting(record -> record.kind() + " " + record.phase())
                    .containsSequence("INTENT PROMOTING", "PHASE RELEASING", "INTENT RELEASING")
                    .doesNotContain("DONE PROMOTING");
        }
    }

    private Fault failsAndThen(Fault next) {
        return Fault.run(() -> {
            backend.failNext(Call.APPEND, next);
            throw new JournalException("no space left", null);
        });
    }

    @Test
    void whoWorksOnItTooIsNamedInsteadOfAFullDisk() throws Exception {
        backend.failNext(Call.CATCH_UP, Fault.run(() -> {
            JournalRecord last = kept.read("orders").get(kept.read("orders").size() - 1);
            new OperationLog(kept, time, "orders", last.operationId(), last.sequence() + 1)
                    .note(Kind.PHASE, Phase.RESOLVING, "", Map.of());
        }));
        try (SwitchoverCoordinator coordinator = start()) {
            SwitchoverReport report = run(coordinator);

            assertThat(report.outcome()).isEqualTo(Phase.ABORTED);
            assertThat(report.message())
                    .contains("somebody else works on it: the journal has the record PHASE of RESOLVING from")
                    .contains("Let no other coordinator on this journal start while one is switching")
                    .doesNotContain("Make the journal writable")
                    .endsWith(" The journal is not complete: this end is left to whoever else works on it.");
        }
    }
}
