package io.switchover4j.internal;

import static io.switchover4j.internal.FakePair.failing;
import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Check;
import io.switchover4j.FenceResult.Outcome;
import io.switchover4j.HistoryEntry;
import io.switchover4j.LossEstimate;
import io.switchover4j.LossLimit;
import io.switchover4j.Phase;
import io.switchover4j.Preflight;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.spi.Resolution;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A promotion by force: what is asked before, what is left out, and what is said about its price. */
class FailoverTest {

    private final FakePair pair = new FakePair();
    private final ScriptedJournal journal = new ScriptedJournal();
    private final FakeTraffic traffic = new FakeTraffic("app");

    private static SwitchoverRequest.Builder failover() {
        return Rig.request().failover();
    }

    private static SwitchoverRequest accepted() {
        return failover().acceptLoss(LossLimit.unlimited()).build();
    }

    private SwitchoverReport run(SwitchoverRequest request) throws Exception {
        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run(request);
            rig.assertSafe(report, journal, traffic);
            return report;
        }
    }

    private SwitchoverReport runUnchecked(SwitchoverRequest request) throws Exception {
        try (Rig rig = new Rig(pair, journal, traffic)) {
            return rig.run(request);
        }
    }

    private Preflight preflight(SwitchoverRequest request) {
        try (Rig rig = new Rig(pair, journal)) {
            return rig.coordinator.preflight(request);
        }
    }

    @Test
    void aLostPrimaryIsReplacedAndThePriceIsInReportAndHistory() throws Exception {
        pair.losePrimary();

        try (Rig rig = new Rig(pair, journal, traffic)) {
            SwitchoverReport report = rig.run(failover().acceptLoss(4_096).build());
            rig.assertSafe(report, journal, traffic);

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(report.oldPrimary()).contains("a");
            assertThat(report.newPrimary()).contains("b");
            assertThat(rig.listener.phases())
                    .containsExactly(
                            Phase.SCHEDULED,
                            Phase.CHECKING,
                            Phase.DRAINING,
                            Phase.FENCING,
                            Phase.PROMOTING,
                            Phase.RELEASING,
                            Phase.REJOINING,
                            Phase.COMPLETED);
            assertThat(report.message())
                    .startsWith("Failover of 'orders' from 'a' to 'b' completed")
                    .contains("Estimated loss: 4096 bytes as observed 2000 ms ago"
                            + " (a wrote up to 0/5000, b received up to 0/4000), or more.")
                    .contains("'a': fenced (asked its host).");
            assertThat(report.describe()).contains("estimated loss").contains("accepted loss   4096 bytes");
            HistoryEntry entry = rig.coordinator.history(FakePair.ID).get(0);
            assertThat(entry.failover()).isEqualTo(report.failover()).isPresent();
            assertThat(entry.failover().orElseThrow().acceptedLoss()).contains(LossLimit.of(4_096));
            assertThat(entry.failover().orElseThrow().estimatedLoss()).contains(pair.loss);
        }
    }

    @Test
    void theDryRunShowsTheEstimateAndTheStepsThatAreLeft() {
        pair.losePrimary();

        Preflight preflight = preflight(accepted());

        assertThat(preflight.isPassed()).as(preflight.describe()).isTrue();
        assertThat(preflight.estimatedLoss()).contains(pair.loss);
        assertThat(preflight.describe())
                .contains("Preflight of a failover of 'orders'")
                .contains("Estimated loss: 4096 bytes as observed 2000 ms ago"
                        + " (a wrote up to 0/5000, b received up to 0/4000), or more\n");
        assertThat(preflight.steps())
                .extracting(step -> step.phase())
                .containsExactly(Phase.FENCING, Phase.PROMOTING, Phase.RELEASING, Phase.REJOINING);
    }

    @Test
    void aLossThatNobodyHasAcceptedIsRefusedWithItsFigure() throws Exception {
        pair.losePrimary();

        SwitchoverReport report = run(failover().build());

        assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
        assertThat(report.message())
                .contains("estimated loss: 4096 bytes as observed 2000 ms ago")
                .contains("b received up to 0/4000), or more, accepted: nothing yet")
                .contains("Nothing was changed; no node is known to take writes.")
                .contains("Accept it with acceptLoss(4096) or more, or bring the primary back.");
        assertThat(pair.calls).noneMatch(call -> call.startsWith("apply"));
        assertThat(traffic.calls).isEmpty();
    }

    @Test
    void aLossAboveTheAcceptedOneIsRefusedWithBothFigures() throws Exception {
        pair.losePrimary();

        SwitchoverReport report = run(failover().acceptLoss(4_095).build());

        assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
        assertThat(report.message()).contains("4096 bytes").contains("accepted: 4095 bytes");
    }

    @Test
    void anUnknownLossIsCoveredByNoFigure() throws Exception {
        pair.losePrimary();
        pair.loss = LossEstimate.unknown("'a' was never observed");

        SwitchoverReport refused = run(failover().acceptLoss(Long.MAX_VALUE).build());
        assertThat(refused.outcome()).isEqualTo(Phase.REJECTED);
        assertThat(refused.message())
                .contains("estimated loss: unknown ('a' was never observed)")
                .contains("acceptLoss(LossLimit.unlimited())");

        SwitchoverReport accepted = run(accepted());
        assertThat(accepted.outcome()).isEqualTo(Phase.COMPLETED);
        assertThat(accepted.message()).contains("Estimated loss: unknown ('a' was never observed).");
        assertThat(accepted.checks())
                .filteredOn(check -> check.name().equals("estimated loss"))
                .extracting(Check::verdict)
                .containsExactly(Check.Verdict.WARN);
    }

    @Test
    void aPrimaryThatAnswersIsNotPassedOver() throws Exception {
        SwitchoverReport report = run(accepted());

        assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
        assertThat(report.message())
                .contains("primary: a (primary at 127.0.0.1:5001) answers")
                .contains("'a' was observed as the primary.")
                .contains("insist with evenIfPrimaryAnswers()");
        assertThat(pair.calls).doesNotContain("open");
    }

    @Test
    void whoInsistsPassesOverAPrimaryThatAnswersAndItIsFencedFirst() throws Exception {
        SwitchoverReport report = run(failover()
                .acceptLoss(LossLimit.unlimited())
                .evenIfPrimaryAnswers()
                .build());

        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
        assertThat(pair.calls).containsSubsequence("apply fence a", "verify lease", "apply promote b");
    }

    @Test
    void whoInsistsGetsTheOldPrimaryBackIfNothingWasPromoted() throws Exception {
        pair.before("apply promote b", failing("no"));

        SwitchoverReport report = run(failover()
                .acceptLoss(LossLimit.unlimited())
                .evenIfPrimaryAnswers()
                .build());

        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ROLLED_BACK);
        assertThat(report.newPrimary()).contains("a");
    }

    @Test
    void aBackendThatCannotIsNotAsked() throws Exception {
        pair.losePrimary().canFailOver = false;

        SwitchoverReport report = run(accepted());

        assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
        assertThat(report.message()).contains("failover: the backend 'fake' cannot promote by force");
        assertThat(pair.calls).doesNotContain("open", "estimate loss");
        assertThat(preflight(accepted()).isPassed()).isFalse();
    }

    @Test
    void openUnitsAreEndedAtOnceAndThoseThatWereSentAreCounted() throws Exception {
        pair.losePrimary();
        traffic.withUnits(3, 2);
        long began = System.nanoTime();

        SwitchoverReport report = run(accepted());

        assertThat(report.outcome()).isEqualTo(Phase.COMPLETED);
        assertThat(System.nanoTime() - began)
                .as("nobody waits for the drain time-out of 5 s")
                .isLessThan(4_000_000_000L);
        assertThat(traffic.calls).containsExactly("hold", "cut", "release");
        assertThat(report.notes().get("units sent to the old primary")).startsWith("2 of 5 open ones");
        assertThat(report.notes().get("units cut")).startsWith("5:");
    }

    @Test
    void trafficThatCannotBeHeldOrCutDoesNotKeepTheFailoverFromEndingTheOutage() throws Exception {
        pair.losePrimary();
        FakeTraffic broken = new FakeTraffic("broken").failingToHold("no route");
        FakeTraffic stuck = new FakeTraffic("stuck").withUnits(0, 1).failingToCut("no way");
        try (Rig rig = new Rig(pair, journal, broken, stuck)) {
            SwitchoverReport report = rig.run(accepted());

            assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
            assertThat(report.notes().get("traffic not held")).contains("'broken' failed to hold: no route");
            assertThat(report.notes().get("units not cut")).contains("'stuck'").contains("no way");
        }
    }

    @Test
    void aPrimaryThatCouldNotBeFencedIsSaidAloud() throws Exception {
        pair.losePrimary().fence = Outcome.NOT_REACHABLE;
        pair.before("apply rejoin a", failing("its host does not answer"));

        SwitchoverReport report = run(accepted());

        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED_DEGRADED);
        assertThat(report.message())
                .contains("'a': not fenced, not reachable (asked its host)."
                        + " It may still take writes from whoever reaches it, and they are lost: stop it.");
        assertThat(report.failover().orElseThrow().fence().orElseThrow().outcome())
                .isEqualTo(Outcome.NOT_REACHABLE);
    }

    @Test
    void aPromotionInDoubtIsResolvedByObservation() throws Exception {
        pair.losePrimary();
        pair.after("apply promote b", failing("connection lost"));

        SwitchoverReport report = run(accepted());

        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.COMPLETED);
        assertThat(report.message()).contains("had been in doubt");
    }

    @Test
    void aPromotionThatDidNotHappenLeavesTheInstanceAsItWas() throws Exception {
        pair.losePrimary();
        pair.before("apply promote b", failing("connection lost"));

        SwitchoverReport report = run(accepted());

        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ABORTED);
        assertThat(report.newPrimary()).isEmpty();
        assertThat(report.writePause()).isEmpty();
        assertThat(report.message())
                .contains("nothing was promoted; no node is known to take writes.")
                .doesNotContain("Estimated loss");
        assertThat(pair.calls).contains("undo fence a");
        assertThat(traffic.releasedTo.orElseThrow().primaryNodeId()).isEqualTo("a");
    }

    @Test
    void whatCannotBeResolvedNeedsAnOperatorWhoIsToldThePrice() throws Exception {
        pair.losePrimary();
        pair.after("apply promote b", failing("connection lost"));
        pair.resolution = Optional.of(new Resolution(Resolution.Verdict.UNKNOWN, "b does not answer"));

        SwitchoverReport report = run(accepted());

        assertThat(report.outcome()).isEqualTo(Phase.NEEDS_OPERATOR);
        assertThat(report.message()).contains("Estimated loss: 4096 bytes").contains("'a': fenced");
    }

    @Test
    void aLeaseThatIsLostPromotesNothing() throws Exception {
        pair.losePrimary();
        pair.before("verify lease", failing("the lease is lost"));

        SwitchoverReport report = run(accepted());

        assertThat(report.outcome()).as(report.describe()).isEqualTo(Phase.ABORTED);
        assertThat(pair.calls).doesNotContain("apply promote b");
    }

    @Test
    void aTargetThatIsNoneIsRefused() throws Exception {
        pair.losePrimary();

        assertThat(run(failover().acceptLoss(LossLimit.unlimited()).target("c").build())
                        .message())
                .contains("there is no node 'c'; known are 'a', 'b'");
        assertThat(run(failover().acceptLoss(LossLimit.unlimited()).target("a").build())
                        .message())
                .contains("'a' is no standby: does not answer at 127.0.0.1:5001");
        pair.answersB = false;
        assertThat(run(accepted()).message()).contains("no node answers as a standby");
    }

    @Test
    void aPlannedSwitchOfALostPrimaryPointsToTheFailover() throws Exception {
        pair.losePrimary();

        SwitchoverReport report = runUnchecked(Rig.request().build());

        assertThat(report.outcome()).isEqualTo(Phase.REJECTED);
        assertThat(report.message()).contains("If it is lost, ask for a failover.");
        assertThat(report.failover()).isEmpty();
    }
}
