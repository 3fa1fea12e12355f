package io.switchover4j.internal;

import static io.switchover4j.Phase.ABORTED;
import static io.switchover4j.Phase.COMPLETED;
import static io.switchover4j.Phase.COMPLETED_DEGRADED;
import static io.switchover4j.Phase.ROLLED_BACK;
import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.JournalRecord;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every call to a backend goes wrong in every way, once before it took effect and once after. */
class FaultsTest {

    private static final Map<String, Phase> FAILING_BEFORE = outcomes();

    private static Map<String, Phase> outcomes() {
        Map<String, Phase> outcomes = new LinkedHashMap<>();
        outcomes.put("open", ABORTED);
        outcomes.put("check", ABORTED);
        outcomes.put("plan", ABORTED);
        outcomes.put("apply catch up", ABORTED);
        outcomes.put("verify lease", ABORTED);
        outcomes.put("apply stop a", ROLLED_BACK);
        outcomes.put("apply confirm position", ROLLED_BACK);
        outcomes.put("apply promote b", ROLLED_BACK);
        outcomes.put("apply first write", COMPLETED_DEGRADED);
        outcomes.put("apply rejoin a", COMPLETED_DEGRADED);
        return outcomes;
    }

    static Stream<Arguments> everyPoint() {
        List<Arguments> points = new ArrayList<>();
        FAILING_BEFORE.forEach((point, outcome) -> {
            points.add(Arguments.of(point, false, outcome));
            // Once the promotion took effect, its failure is found out to be none. A lease that was taken and not
            // handed
            // out is the backend's to give back.
            if (!point.equals("open")) {
                points.add(Arguments.of(point, true, point.equals("apply promote b") ? COMPLETED : outcome));
            }
        });
        return points.stream();
    }

    private static FakePair pairWith(String point, boolean after, FakePair.Fault fault) {
        return after ? new FakePair().after(point, fault) : new FakePair().before(point, fault);
    }

    @ParameterizedTest(name = "{0}, after its effect: {1}, ends {2}")
    @MethodSource("everyPoint")
    void aFailureEndsSafely(String point, boolean after, Phase outcome) throws Exception {
        ScriptedJournal journal = new ScriptedJournal();
        FakeTraffic traffic = new FakeTraffic("shop");
        try (Rig rig =
                new Rig(pairWith(point, after, FakePair.failing("disk of the node is full")), journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).as(report.describe()).isEqualTo(outcome);
            assertThat(report.message()).contains("disk of the node is full");
            rig.assertSafe(report, journal, traffic);
            assertEnded(journal, outcome);
        }
    }

    @Test
    void whatAnUndoLeavesBehindIsInTheMessageWhichDoesNotSayThatAllIsUndone() throws Exception {
        ScriptedJournal journal = new ScriptedJournal();
        FakePair pair = new FakePair().before("verify lease", FakePair.failing("the lease is lost"));
        pair.leftBehind = "RESET everything;";
        try (Rig rig = new Rig(pair, journal)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(ABORTED);
            assertThat(report.message())
                    .contains("Nothing was promoted, but not everything was undone")
                    .endsWith(" Left behind on 'b'; clear it away there: RESET everything;.");
            assertThat(report.notes()).containsEntry("left on b", "RESET everything;");
            rig.assertSafe(report, journal);
        }
    }

    @Test
    void anUndoThatFailsNamesWhatIsNotUndoneEither() throws Exception {
        FakePair pair = new FakePair()
                .before("apply confirm position", FakePair.failing("short of records"))
                .before("undo stop a", FakePair.failing("the server does not start"));
        try (Rig rig = new Rig(pair, new ScriptedJournal())) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(Phase.NEEDS_OPERATOR);
            assertThat(report.message())
                    .contains("'stop a' could not be undone: the server does not start;"
                            + " therefore not undone either: 'catch up'.");
        }
    }

    @ParameterizedTest(name = "{0}, after its effect: {1}, ends {2}")
    @MethodSource("everyPoint")
    void aTimeOutEndsSafely(String point, boolean after, Phase outcome) throws Exception {
        ScriptedJournal journal = new ScriptedJournal();
        FakeTraffic traffic = new FakeTraffic("shop");
        try (Rig rig = new Rig(pairWith(point, after, FakePair.hanging()), journal, traffic)) {
            SwitchoverReport report = rig.run(Rig.hasty().build());

            assertThat(report.outcome()).as(report.describe()).isEqualTo(outcome);
            assertThat(report.message()).contains("the node did not answer in time");
            rig.assertSafe(report, journal, traffic);
        }
    }

    @ParameterizedTest(name = "{0}, after its effect: {1}, ends {2}")
    @MethodSource("everyPoint")
    void aDefectOfTheBackendEndsSafely(String point, boolean after, Phase outcome) throws Exception {
        ScriptedJournal journal = new ScriptedJournal();
        FakeTraffic traffic = new FakeTraffic("shop");
        FakePair.Fault defect = deadline -> {
            throw new NoClassDefFoundError("com/example/Missing");
        };
        try (Rig rig = new Rig(pairWith(point, after, defect), journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).as(report.describe()).isEqualTo(outcome);
            assertThat(report.message()).contains("com/example/Missing");
            rig.assertSafe(report, journal, traffic);
        }
    }

    @ParameterizedTest(name = "{0}, after its effect: {1}")
    @MethodSource("everyPoint")
    void anInterruptBeforeThePromotionTurnsBackAndLaterGoesForward(String point, boolean after, Phase failed)
            throws Exception {
        ScriptedJournal journal = new ScriptedJournal();
        FakeTraffic traffic = new FakeTraffic("shop");
        AtomicInteger times = new AtomicInteger();
        FakePair.Fault interruptedOnce = deadline -> {
            if (times.getAndIncrement() == 0) {
                throw new InterruptedException();
            }
        };
        Phase outcome = failed == COMPLETED_DEGRADED ? COMPLETED : failed;
        try (Rig rig = new Rig(pairWith(point, after, interruptedOnce), journal, traffic)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).as(report.describe()).isEqualTo(outcome);
            if (!report.isSwitched()) {
                assertThat(report.message()).contains("its thread was interrupted");
            }
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void theMessageOfARollBackSaysWhatFailedWhyWhatWasChangedWhoIsWritableAndWhatToDo() throws Exception {
        try (Rig rig = new Rig(
                new FakePair().before("apply confirm position", FakePair.failing("'b' is 3 records short")),
                new ScriptedJournal())) {
            assertThat(rig.run().message())
                    .matches("Switchover of 'orders' from 'a' to 'b' was rolled back from CONFIRMING_POSITION:"
                            + " the step 'confirm position' failed: 'b' is 3 records short\\."
                            + " 'b' was not promoted; 'a' takes writes again, writes paused for \\d+ ms\\."
                            + " Remove the cause, then start the switchover again\\.");
        }
    }

    @Test
    void theMessageOfAnAbortSaysThatNothingWasChanged() throws Exception {
        try (Rig rig = new Rig(
                new FakePair().before("check", FakePair.failing("'b' refused the login")), new ScriptedJournal())) {
            assertThat(rig.run().message())
                    .isEqualTo("Switchover of 'orders' from 'a' to 'b' was given up in CHECKING: 'b' refused the login."
                            + " Nothing was changed; 'a' is the primary; its writes were not stopped."
                            + " Remove the cause, then start the switchover again.");
        }
    }

    @Test
    void theMessageOfADegradedEndSaysWhoIsPrimaryAndWhereToLook() throws Exception {
        try (Rig rig = new Rig(
                new FakePair().before("apply rejoin a", FakePair.failing("password authentication failed")),
                new ScriptedJournal())) {
            SwitchoverReport report = rig.run();

            assertThat(report.message())
                    .contains(
                            "promoted 'b'",
                            "'rejoin a' failed: password authentication failed",
                            "'b' says that it is primary")
                    .endsWith(
                            "Look at 'a' and at replication: until a standby follows, the instance has none to switch to.");
            assertThat(report.newPrimary()).contains("b");
        }
    }

    @Test
    void thePauseBudgetRollsBackWhenTheFenceIsSlow() throws Exception {
        ScriptedJournal journal = new ScriptedJournal();
        FakeTraffic traffic = new FakeTraffic("shop");
        FakePair slow = new FakePair().after("apply stop a", deadline -> Thread.sleep(deadline.remainingMillis() + 20));
        try (Rig rig = new Rig(slow, journal, traffic)) {
            SwitchoverReport report = rig.run(Rig.hasty().build());

            assertThat(report.outcome()).isEqualTo(ROLLED_BACK);
            assertThat(report.message())
                    .contains(
                            "the pause budget of 400 ms ran out",
                            "no time was left to begin the step 'confirm position'")
                    .endsWith("raise pauseBudget.");
            rig.assertSafe(report, journal, traffic);
        }
    }

    @Test
    void thePauseBudgetRollsBackWhenThePositionIsConfirmedTooLate() throws Exception {
        ScriptedJournal journal = new ScriptedJournal();
        FakePair slow = new FakePair()
                .after("apply confirm position", deadline -> Thread.sleep(deadline.remainingMillis() + 20));
        try (Rig rig = new Rig(slow, journal)) {
            SwitchoverReport report = rig.run(Rig.hasty().build());

            assertThat(report.outcome()).isEqualTo(ROLLED_BACK);
            assertThat(report.message()).contains("the pause budget of 400 ms ran out");
            assertThat(rig.pair.calls).doesNotContain("apply promote b");
            rig.assertSafe(report, journal);
        }
    }

    @Test
    void aLeaseThatIsLostBeforeThePromotionRollsBack() throws Exception {
        AtomicInteger times = new AtomicInteger();
        FakePair pair = new FakePair().before("verify lease", deadline -> {
            if (times.incrementAndGet() == 2) {
                throw new BackendException("the session that holds the lock on 'b' is gone");
            }
        });
        ScriptedJournal journal = new ScriptedJournal();
        try (Rig rig = new Rig(pair, journal)) {
            SwitchoverReport report = rig.run();

            assertThat(report.outcome()).isEqualTo(ROLLED_BACK);
            assertThat(report.message()).contains("the session that holds the lock on 'b' is gone");
            assertThat(rig.pair.calls).doesNotContain("apply promote b");
            rig.assertSafe(report, journal);
        }
    }

    @Test
    void everyIntendedStepIsUndoneLastFirstAndTheOneThatFailedToo() throws Exception {
        ScriptedJournal journal = new ScriptedJournal();
        try (Rig rig = new Rig(new FakePair().before("apply promote b", FakePair.failing("refused")), journal)) {
            rig.run();

            assertThat(rig.pair.calls.stream().filter(call -> call.startsWith("undo ")))
                    .containsExactly("undo promote b", "undo confirm position", "undo stop a", "undo catch up");
            assertThat(journal.lines())
                    .containsSubsequence(
                            "FAILED PROMOTING promote b",
                            "PHASE RESOLVING",
                            "PHASE ROLLING_BACK",
                            "UNDO_INTENT ROLLING_BACK promote b",
                            "UNDONE ROLLING_BACK promote b",
                            "UNDO_INTENT ROLLING_BACK stop a",
                            "UNDONE ROLLING_BACK stop a",
                            "ENDED ROLLED_BACK");
        }
    }

    private static void assertEnded(ScriptedJournal journal, Phase outcome) {
        JournalRecord last = journal.records.get(journal.records.size() - 1);
        assertThat(last.kind()).isEqualTo(JournalRecord.Kind.ENDED);
        assertThat(last.phase()).isEqualTo(outcome);
        for (int i = 0; i < journal.records.size(); i++) {
            assertThat(journal.records.get(i).sequence()).isEqualTo(i);
        }
    }
}
