package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.JournalRecord;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.Resolution.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A promotion whose outcome is not known, and an undo that does not succeed. */
class InDoubtTest {

    private final ScriptedJournal journal = new ScriptedJournal();
    private final FakeTraffic traffic = new FakeTraffic("shop");

    @Test
    void aPromotionThatLostItsAnswerIsFoundDone() throws Exception {
        FakePair pair = new FakePair().after("apply promote b", FakePair.failing("connection reset"));
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(report.message())
                    .contains(
                            "The promotion had been in doubt (the step 'promote b' failed: connection reset)",
                            "was then observed: the target is on timeline 2");
            assertThat(traffic.releasedTo)
                    .hasValueSatisfying(t -> assertThat(t.primaryNodeId()).isEqualTo("b"));
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void whatCannotBeResolvedIsLeftToAPersonAndNothingIsTouched() throws Exception {
        FakePair pair = new FakePair().before("apply promote b", FakePair.failing("connection reset"));
        pair.resolution = Optional.of(new Resolution(Verdict.UNKNOWN, "'b' does not answer"));
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.NEEDS_OPERATOR);
            assertThat(report.newPrimary()).isEmpty();
            assertThat(report.writePause())
                    .as("nobody is known to take writes again")
                    .isEmpty();
            assertThat(report.message())
                    .contains(
                            "needs an operator: the step 'promote b' failed: connection reset",
                            "Who takes writes is unknown.",
                            "Observed: 'a' does not answer at 127.0.0.1:5001 (connection refused), 'b' is a standby",
                            "make sure that only one of 'a' and 'b' can take writes");
            assertThat(rig.pair.calls.stream().filter(call -> call.startsWith("undo ")))
                    .isEmpty();
            assertThat(rig.pair.calls.stream().filter("resolve"::equals)).hasSizeGreaterThan(1);
            assertThat(traffic.calls).containsExactly("hold", "release");
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void aPromotionThatWasNeverAskedForNeedsNoAnswerFromTheNodes() throws Exception {
        ScriptedJournal refusing = new ScriptedJournal(
                record -> record.kind() == JournalRecord.Kind.INTENT && record.phase() == Phase.PROMOTING);
        FakePair pair = new FakePair();
        pair.resolution = Optional.of(new Resolution(Verdict.UNKNOWN, "'b' does not answer"));
        try (Rig rig = new Rig(pair, refusing, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.ROLLED_BACK);
            assertThat(report.message())
                    .contains(
                            "The journal could not keep the record INTENT of PROMOTING 'promote b': no space left on the device",
                            "Observed: the promotion was never asked for",
                            "Remove what keeps the journal from writing, then start the switchover again.");
            assertThat(pair.calls).doesNotContain("apply promote b", "resolve");
            rig.assertSafe(report, refusing, traffic);
        }
    }

    @Test
    void aDoubtThatClearsUpIsFollowed() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        FakePair pair = new FakePair()
                .after("apply promote b", FakePair.failing("connection reset"))
                .before("resolve", deadline -> {
                    if (looks.incrementAndGet() < 3) {
                        throw new BackendException("'b' does not answer");
                    }
                });
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(looks).hasValue(3);
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void anInterruptWhileResolvingDoesNotDecideAnything() throws Exception {
        AtomicInteger looks = new AtomicInteger();
        FakePair pair = new FakePair()
                .after("apply promote b", FakePair.failing("connection reset"))
                .before("resolve", deadline -> {
                    if (looks.incrementAndGet() == 1) {
                        throw new InterruptedException();
                    }
                });
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void anUndoThatFailsOnceIsRepeated() throws Exception {
        AtomicInteger times = new AtomicInteger();
        FakePair pair = new FakePair()
                .before("apply confirm position", FakePair.failing("short of records"))
                .before("undo stop a", deadline -> {
                    if (times.incrementAndGet() == 1) {
                        throw new BackendException("the server is starting up");
                    }
                });
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.ROLLED_BACK);
            assertThat(times).hasValue(2);
            assertThat(report.writePause()).isPresent();
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void anInterruptWhileUndoingDoesNotStopIt() throws Exception {
        AtomicInteger times = new AtomicInteger();
        FakePair pair = new FakePair()
                .before("apply confirm position", FakePair.failing("short of records"))
                .before("undo stop a", deadline -> {
                    if (times.incrementAndGet() == 1) {
                        throw new InterruptedException();
                    }
                });
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.ROLLED_BACK);
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void anUndoThatKeepsFailingIsLeftToAPerson() throws Exception {
        FakePair pair = new FakePair()
                .before("apply confirm position", FakePair.failing("short of records"))
                .before("undo stop a", FakePair.failing("the server does not start"));
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.NEEDS_OPERATOR);
            assertThat(report.newPrimary()).isEmpty();
            assertThat(report.message())
                    .contains(
                            "the step 'confirm position' failed: short of records; then the step 'stop a' could not be undone:"
                                    + " the server does not start",
                            "Who takes writes is unknown");
            assertThat(rig.pair.calls.stream().filter("undo stop a"::equals)).hasSizeGreaterThan(1);
            assertThat(rig.pair.calls).doesNotContain("undo catch up");
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void anOldPrimaryThatIsNotSeenToBePrimaryAgainIsLeftToAPerson() throws Exception {
        FakePair pair = new FakePair().before("apply confirm position", FakePair.failing("short of records"));
        pair.before("undo catch up", deadline -> pair.answersA = false);
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.NEEDS_OPERATOR);
            assertThat(report.message())
                    .contains("'a' is not seen to be primary again: 'a' does not answer at 127.0.0.1:5001");
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void aFirstWriteThatFailsTwiceIsRepeated() throws Exception {
        AtomicInteger times = new AtomicInteger();
        FakePair pair = new FakePair().before("apply first write", deadline -> {
            if (times.incrementAndGet() < 3) {
                throw new BackendException("the server is starting up");
            }
        });
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(times).hasValue(3);
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void anEngineWithoutAFenceOfItsOwnIsMeasuredFromThePromotion() throws Exception {
        FakePair pair = new FakePair();
        pair.steps = List.of("PROMOTING", "REJOINING");
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
            assertThat(report.writePause()).isPresent();
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void aBackendWhoseStepsAreOutOfOrderIsNotFollowed() throws Exception {
        for (List<String> steps : List.of(
                List.of("FENCING", "CATCHING_UP", "PROMOTING"),
                List.of("FENCING"),
                List.of("PROMOTING", "PROMOTING"),
                List.of("DRAINING", "PROMOTING"))) {
            FakePair pair = new FakePair();
            pair.steps = steps;
            ScriptedJournal each = new ScriptedJournal();
            try (Rig rig = new Rig(pair, each, traffic)) {
                SwitchoverReport report = rig.run();

                assertThat(report.outcome()).as(steps.toString()).isEqualTo(Phase.ABORTED);
                assertThat(report.message()).contains("a defect of the backend", "Nothing was changed");
                rig.assertSafe(report, each, traffic);
            }
        }
    }
}
