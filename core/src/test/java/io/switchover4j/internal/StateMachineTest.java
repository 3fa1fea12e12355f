package io.switchover4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.switchover4j.Phase;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class StateMachineTest {

    /** Written by hand, from the design: phase, event, next phase, effects. What is not here is illegal. */
    private static final String TABLE = """
            SCHEDULED PASSED CHECKING OBSERVE TAKE_LEASE RUN_CHECKS
            SCHEDULED CANCEL_REQUESTED CANCELLED REPORT
            SCHEDULED REFUSED REJECTED REPORT
            SCHEDULED MISSED EXPIRED REPORT
            SCHEDULED FAILED ABORTED REPORT
            SCHEDULED INTERRUPTED ABORTED REPORT
            CHECKING PASSED CATCHING_UP CATCH_UP
            CHECKING FORCED DRAINING HOLD_TRAFFIC VERIFY_LEASE CHECK_BUDGET
            CHECKING REFUSED REJECTED GIVE_LEASE_BACK REPORT
            CHECKING FAILED ABORTED LOOK_AGAIN GIVE_LEASE_BACK REPORT
            CHECKING TIMED_OUT ABORTED LOOK_AGAIN GIVE_LEASE_BACK REPORT
            CHECKING INTERRUPTED ABORTED LOOK_AGAIN GIVE_LEASE_BACK REPORT
            CHECKING CANCEL_REQUESTED CANCELLED LOOK_AGAIN GIVE_LEASE_BACK REPORT
            CATCHING_UP PASSED DRAINING HOLD_TRAFFIC VERIFY_LEASE CHECK_BUDGET
            CATCHING_UP FAILED ROLLING_BACK RELEASE_TRAFFIC UNDO_STEPS LOOK_AGAIN CONCLUDE
            CATCHING_UP TIMED_OUT ROLLING_BACK RELEASE_TRAFFIC UNDO_STEPS LOOK_AGAIN CONCLUDE
            CATCHING_UP INTERRUPTED ROLLING_BACK RELEASE_TRAFFIC UNDO_STEPS LOOK_AGAIN CONCLUDE
            CATCHING_UP CANCEL_REQUESTED ROLLING_BACK RELEASE_TRAFFIC UNDO_STEPS LOOK_AGAIN CONCLUDE
            DRAINING PASSED FENCING FENCE
            DRAINING FORCED FENCING FENCE VERIFY_LEASE CHECK_BUDGET
            DRAINING CUT_DUE DRAINING CUT_TRAFFIC VERIFY_LEASE CHECK_BUDGET
            DRAINING STILL_OPEN ROLLING_BACK RELEASE_TRAFFIC UNDO_STEPS LOOK_AGAIN CONCLUDE
            DRAINING FAILED ROLLING_BACK RELEASE_TRAFFIC UNDO_STEPS LOOK_AGAIN CONCLUDE
            DRAINING TIMED_OUT ROLLING_BACK RELEASE_TRAFFIC UNDO_STEPS LOOK_AGAIN CONCLUDE
            DRAINING INTERRUPTED ROLLING_BACK RELEASE_TRAFFIC UNDO_STEPS LOOK_AGAIN CONCLUDE
            DRAINING BUDGET_EXHAUSTED ROLLING_BACK RELEASE_TRAFFIC UNDO_STEPS LOOK_AGAIN CONCLUDE
            DRAINING CANCEL_REQUESTED ROLLING_BACK RELEASE_TRAFFIC UNDO_STEPS LOOK_AGAIN CONCLUDE
            FENCING PASSED CONFIRMING_POSITION CONFIRM_POSITION VERIFY_LEASE CHECK_BUDGET
            FENCING FORCED PROMOTING PROMOTE
            FENCING FAILED ROLLING_BACK UNDO_STEPS CONFIRM_OLD_PRIMARY RELEASE_TRAFFIC CONCLUDE
            FENCING TIMED_OUT ROLLING_BACK UNDO_STEPS CONFIRM_OLD_PRIMARY RELEASE_TRAFFIC CONCLUDE
            FENCING INTERRUPTED ROLLING_BACK UNDO_STEPS CONFIRM_OLD_PRIMARY RELEASE_TRAFFIC CONCLUDE
            FENCING BUDGET_EXHAUSTED ROLLING_BACK UNDO_STEPS CONFIRM_OLD_PRIMARY RELEASE_TRAFFIC CONCLUDE
            CONFIRMING_POSITION PASSED PROMOTING PROMOTE
            CONFIRMING_POSITION FAILED ROLLING_BACK UNDO_STEPS CONFIRM_OLD_PRIMARY RELEASE_TRAFFIC CONCLUDE
            CONFIRMING_POSITION TIMED_OUT ROLLING_BACK UNDO_STEPS CONFIRM_OLD_PRIMARY RELEASE_TRAFFIC CONCLUDE
            CONFIRMING_POSITION INTERRUPTED ROLLING_BACK UNDO_STEPS CONFIRM_OLD_PRIMARY RELEASE_TRAFFIC CONCLUDE
            CONFIRMING_POSITION BUDGET_EXHAUSTED ROLLING_BACK UNDO_STEPS CONFIRM_OLD_PRIMARY RELEASE_TRAFFIC CONCLUDE
            PROMOTING PASSED RELEASING RELEASE_TRAFFIC FIRST_WRITE
            PROMOTING FAILED RESOLVING RESOLVE
            PROMOTING TIMED_OUT RESOLVING RESOLVE
            PROMOTING INTERRUPTED RESOLVING RESOLVE
            RELEASING PASSED REJOINING REJOIN CONCLUDE
            RELEASING FAILED REJOINING REJOIN CONCLUDE
            RELEASING TIMED_OUT REJOINING REJOIN CONCLUDE
            RELEASING INTERRUPTED REJOINING REJOIN CONCLUDE
            REJOINING PASSED COMPLETED GIVE_LEASE_BACK REPORT
            REJOINING FAILED COMPLETED_DEGRADED LOOK_AGAIN GIVE_LEASE_BACK REPORT
            REJOINING TIMED_OUT COMPLETED_DEGRADED LOOK_AGAIN GIVE_LEASE_BACK REPORT
            REJOINING INTERRUPTED COMPLETED_DEGRADED LOOK_AGAIN GIVE_LEASE_BACK REPORT
            ROLLING_BACK UNDONE ROLLED_BACK GIVE_LEASE_BACK REPORT
            ROLLING_BACK UNDONE_UNFENCED ABORTED GIVE_LEASE_BACK REPORT
            ROLLING_BACK UNDONE_CANCELLED CANCELLED GIVE_LEASE_BACK REPORT
            ROLLING_BACK UNDO_FAILED NEEDS_OPERATOR LOOK_AGAIN RELEASE_TRAFFIC GIVE_LEASE_BACK REPORT
            ROLLING_BACK FAILED NEEDS_OPERATOR LOOK_AGAIN RELEASE_TRAFFIC GIVE_LEASE_BACK REPORT
            RESOLVING OBSERVED_PROMOTED RELEASING RELEASE_TRAFFIC FIRST_WRITE
            RESOLVING OBSERVED_NOT_PROMOTED ROLLING_BACK UNDO_STEPS CONFIRM_OLD_PRIMARY RELEASE_TRAFFIC CONCLUDE
            RESOLVING OBSERVED_UNKNOWN NEEDS_OPERATOR LOOK_AGAIN RELEASE_TRAFFIC GIVE_LEASE_BACK REPORT
            RESOLVING FAILED NEEDS_OPERATOR LOOK_AGAIN RELEASE_TRAFFIC GIVE_LEASE_BACK REPORT
            CHECKING RESTARTED RESOLVING RESUME RESOLVE
            CATCHING_UP RESTARTED RESOLVING RESUME RESOLVE
            DRAINING RESTARTED RESOLVING RESUME RESOLVE
            FENCING RESTARTED RESOLVING RESUME RESOLVE
            CONFIRMING_POSITION RESTARTED RESOLVING RESUME RESOLVE
            PROMOTING RESTARTED RESOLVING RESUME RESOLVE
            RELEASING RESTARTED RESOLVING RESUME RESOLVE
            REJOINING RESTARTED RESOLVING RESUME RESOLVE
            ROLLING_BACK RESTARTED RESOLVING RESUME RESOLVE
            RESOLVING RESTARTED RESOLVING RESUME RESOLVE
            """;

    private static final Map<String, Transition> EXPECTED = parse();

    private static Map<String, Transition> parse() {
        Map<String, Transition> cells = new HashMap<>();
        TABLE.lines().forEach(line -> {
            String[] words = line.split(" ");
            List<Effect> effects =
                    Arrays.stream(words).skip(3).map(Effect::valueOf).toList();
            cells.put(words[0] + ' ' + words[1], new Transition(Phase.valueOf(words[2]), effects));
        });
        return cells;
    }

    static Stream<Arguments> everyCell() {
        return Arrays.stream(Phase.values())
                .flatMap(phase -> Arrays.stream(Event.values()).map(event -> Arguments.of(phase, event)));
    }

    @Test
    void aTableThatIsMadeAnewIsTheMachine() {
        StateMachine.Table table = new StateMachine.Table();
        for (Phase phase : Phase.values()) {
            Map<String, Transition> row = new HashMap<>();
            table.row(phase).forEach((event, transition) -> row.put(phase.name() + ' ' + event.name(), transition));
            Map<String, Transition> expected = new HashMap<>(EXPECTED);
            expected.keySet().removeIf(cell -> !cell.startsWith(phase.name() + ' '));
            assertThat(row).isEqualTo(expected);
        }
    }

    @Test
    void noCellHasTwoAnswers() {
        StateMachine.Table table = new StateMachine.Table();
        assertThatThrownBy(() -> table.in(Phase.SCHEDULED).on(Event.PASSED).to(Phase.CHECKING))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("SCHEDULED has two answers to PASSED");
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("everyCell")
    void everyCellIsAsDesigned(Phase phase, Event event) {
        Transition expected = EXPECTED.get(phase.name() + ' ' + event.name());
        if (expected != null) {
            assertThat(StateMachine.next("orders", phase, event)).isEqualTo(expected);
        } else {
            assertThatThrownBy(() -> StateMachine.next("orders", phase, event))
                    .isInstanceOf(IllegalTransitionException.class)
                    .hasMessageContaining("'orders'")
                    .hasMessageContaining(phase.name())
                    .hasMessageContaining(event.name());
        }
    }

    @Test
    void theHandWrittenTableHasNoLineTwice() {
        assertThat(EXPECTED).hasSize((int) TABLE.lines().count());
    }

    @Test
    void anIllegalEventIsToldWhichOnesAreLegal() {
        assertThatThrownBy(() -> StateMachine.next("orders", Phase.PROMOTING, Event.CANCEL_REQUESTED))
                .hasMessage(
                        "Switchover of 'orders': the event CANCEL_REQUESTED is illegal in the phase PROMOTING, which allows"
                                + " [PASSED, FAILED, TIMED_OUT, INTERRUPTED, RESTARTED]. Please report this.");
    }

    @Test
    void everyPhaseIsReachable() {
        Set<Phase> reached = EnumSet.of(Phase.SCHEDULED);
        Deque<Phase> open = new ArrayDeque<>(reached);
        while (!open.isEmpty()) {
            Phase phase = open.pop();
            StateMachine.allowed(phase).stream()
                    .map(event -> StateMachine.next("orders", phase, event).next())
                    .filter(reached::add)
                    .forEach(open::push);
        }

        assertThat(reached).containsExactlyInAnyOrder(Phase.values());
    }

    @Test
    void endsHaveNoWayOut() {
        assertThat(Arrays.stream(Phase.values()).filter(Phase::isEnd))
                .isNotEmpty()
                .allSatisfy(end -> assertThat(StateMachine.allowed(end)).isEmpty());
    }

    @Test
    void everyOtherPhaseAnswersAFailureAndCanReachAnEnd() {
        assertThat(Arrays.stream(Phase.values()).filter(phase -> !phase.isEnd()))
                .allSatisfy(phase -> {
                    assertThat(StateMachine.allowed(phase)).contains(Event.FAILED);
                    assertThat(endsWithin(phase, Phase.values().length)).isTrue();
                });
    }

    private static boolean endsWithin(Phase phase, int transitions) {
        if (phase.isEnd()) {
            return true;
        }
        return transitions > 0
                && endsWithin(StateMachine.next("orders", phase, Event.FAILED).next(), transitions - 1);
    }

    @Test
    void fromThePromotionThereIsNoWayBackButThroughResolving() {
        for (Phase phase : List.of(Phase.PROMOTING, Phase.RELEASING, Phase.REJOINING)) {
            assertThat(StateMachine.allowed(phase).stream()
                            .map(event ->
                                    StateMachine.next("orders", phase, event).next()))
                    .doesNotContain(Phase.ROLLING_BACK, Phase.ROLLED_BACK, Phase.ABORTED, Phase.CANCELLED);
        }
        assertThat(StateMachine.next("orders", Phase.RESOLVING, Event.OBSERVED_NOT_PROMOTED)
                        .next())
                .isEqualTo(Phase.ROLLING_BACK);
    }

    @Test
    void cancelIsAnsweredExactlyWhereItIsPromised() {
        assertThat(Phase.values())
                .allSatisfy(phase -> assertThat(StateMachine.allowed(phase).contains(Event.CANCEL_REQUESTED))
                        .isEqualTo(phase.isCancellable()));
    }

    @Test
    void whatMayHaveTakenTheLeaseGivesItBackBeforeItReports() {
        assertThat(StateMachine.arrows())
                .filteredOn(arrow -> arrow.transition().next().isEnd() && arrow.from() != Phase.SCHEDULED)
                .allSatisfy(arrow -> assertThat(arrow.transition().effects())
                        .containsSubsequence(Effect.GIVE_LEASE_BACK, Effect.REPORT));
    }

    @Test
    void whatIsGivenUpUnderTheLeaseTellsWhoIsPrimaryFromALookOfThen() {
        assertThat(StateMachine.arrows())
                .filteredOn(arrow -> arrow.transition().next() == Phase.ROLLING_BACK
                        || (arrow.from() == Phase.CHECKING
                                && List.of(Phase.ABORTED, Phase.CANCELLED)
                                        .contains(arrow.transition().next())))
                .isNotEmpty()
                .allSatisfy(arrow -> assertThat(arrow.transition().effects())
                        .containsAnyOf(Effect.LOOK_AGAIN, Effect.CONFIRM_OLD_PRIMARY));
    }

    @Test
    void theLeaseIsVerifiedRightBeforeTheFenceAndRightBeforeThePromotion() {
        for (Phase phase : List.of(Phase.FENCING, Phase.PROMOTING)) {
            assertThat(StateMachine.arrows())
                    .filteredOn(arrow -> arrow.transition().next() == phase)
                    .allSatisfy(into -> assertThat(StateMachine.arrows())
                            .filteredOn(arrow -> arrow.transition().next() == into.from())
                            // What comes from a plain fence goes to its confirmation, never to the promotion.
                            .filteredOn(arrow -> into.from() != Phase.FENCING
                                    || arrow.events().contains(Event.FORCED))
                            .allSatisfy(arrow -> assertThat(arrow.transition().effects())
                                    .endsWith(Effect.VERIFY_LEASE, Effect.CHECK_BUDGET)));
        }
    }

    @Test
    void whereTrafficMayBeHeldEveryWayToAnEndReleasesIt() {
        assertThat(StateMachine.arrows())
                .filteredOn(arrow -> List.of(Phase.RELEASING, Phase.ROLLING_BACK, Phase.NEEDS_OPERATOR)
                        .contains(arrow.transition().next()))
                .isNotEmpty()
                .allSatisfy(arrow -> assertThat(arrow.transition().effects()).contains(Effect.RELEASE_TRAFFIC));
    }
}
