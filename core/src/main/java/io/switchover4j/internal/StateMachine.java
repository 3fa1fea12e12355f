package io.switchover4j.internal;

import static io.switchover4j.Phase.ABORTED;
import static io.switchover4j.Phase.CANCELLED;
import static io.switchover4j.Phase.CATCHING_UP;
import static io.switchover4j.Phase.CHECKING;
import static io.switchover4j.Phase.COMPLETED;
import static io.switchover4j.Phase.COMPLETED_DEGRADED;
import static io.switchover4j.Phase.CONFIRMING_POSITION;
import static io.switchover4j.Phase.DRAINING;
import static io.switchover4j.Phase.EXPIRED;
import static io.switchover4j.Phase.FENCING;
import static io.switchover4j.Phase.NEEDS_OPERATOR;
import static io.switchover4j.Phase.PROMOTING;
import static io.switchover4j.Phase.REJECTED;
import static io.switchover4j.Phase.REJOINING;
import static io.switchover4j.Phase.RELEASING;
import static io.switchover4j.Phase.RESOLVING;
import static io.switchover4j.Phase.ROLLED_BACK;
import static io.switchover4j.Phase.ROLLING_BACK;
import static io.switchover4j.Phase.SCHEDULED;
import static io.switchover4j.internal.Effect.CATCH_UP;
import static io.switchover4j.internal.Effect.CHECK_BUDGET;
import static io.switchover4j.internal.Effect.CONCLUDE;
import static io.switchover4j.internal.Effect.CONFIRM_OLD_PRIMARY;
import static io.switchover4j.internal.Effect.CONFIRM_POSITION;
import static io.switchover4j.internal.Effect.CUT_TRAFFIC;
import static io.switchover4j.internal.Effect.FENCE;
import static io.switchover4j.internal.Effect.FIRST_WRITE;
import static io.switchover4j.internal.Effect.GIVE_LEASE_BACK;
import static io.switchover4j.internal.Effect.HOLD_TRAFFIC;
import static io.switchover4j.internal.Effect.LOOK_AGAIN;
import static io.switchover4j.internal.Effect.OBSERVE;
import static io.switchover4j.internal.Effect.PROMOTE;
import static io.switchover4j.internal.Effect.REJOIN;
import static io.switchover4j.internal.Effect.RELEASE_TRAFFIC;
import static io.switchover4j.internal.Effect.REPORT;
import static io.switchover4j.internal.Effect.RESOLVE;
import static io.switchover4j.internal.Effect.RESUME;
import static io.switchover4j.internal.Effect.RUN_CHECKS;
import static io.switchover4j.internal.Effect.TAKE_LEASE;
import static io.switchover4j.internal.Effect.UNDO_STEPS;
import static io.switchover4j.internal.Effect.VERIFY_LEASE;
import static io.switchover4j.internal.Event.BUDGET_EXHAUSTED;
import static io.switchover4j.internal.Event.CANCEL_REQUESTED;
import static io.switchover4j.internal.Event.CUT_DUE;
import static io.switchover4j.internal.Event.FAILED;
import static io.switchover4j.internal.Event.FORCED;
import static io.switchover4j.internal.Event.INTERRUPTED;
import static io.switchover4j.internal.Event.MISSED;
import static io.switchover4j.internal.Event.OBSERVED_NOT_PROMOTED;
import static io.switchover4j.internal.Event.OBSERVED_PROMOTED;
import static io.switchover4j.internal.Event.OBSERVED_UNKNOWN;
import static io.switchover4j.internal.Event.PASSED;
import static io.switchover4j.internal.Event.REFUSED;
import static io.switchover4j.internal.Event.RESTARTED;
import static io.switchover4j.internal.Event.STILL_OPEN;
import static io.switchover4j.internal.Event.TIMED_OUT;
import static io.switchover4j.internal.Event.UNDONE;
import static io.switchover4j.internal.Event.UNDONE_CANCELLED;
import static io.switchover4j.internal.Event.UNDONE_UNFENCED;
import static io.switchover4j.internal.Event.UNDO_FAILED;

import io.switchover4j.Phase;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a switchover does next: (phase, event) to (phase, effects). The table below is the machine's only definition; what is
 * not in it is illegal. Pure, immutable.
 */
final class StateMachine {

    // Traffic goes on before the steps are undone where the old primary takes writes anyway, and after it where it was
    // fenced.
    private static final Effect[] GIVE_UP = {RELEASE_TRAFFIC, UNDO_STEPS, LOOK_AGAIN, CONCLUDE};
    private static final Effect[] ROLL_BACK = {UNDO_STEPS, CONFIRM_OLD_PRIMARY, RELEASE_TRAFFIC, CONCLUDE};
    private static final Effect[] GO_ON = {RELEASE_TRAFFIC, FIRST_WRITE};
    private static final Effect[] FOLLOW = {REJOIN, CONCLUDE};
    private static final Effect[] CALL_OPERATOR = {LOOK_AGAIN, RELEASE_TRAFFIC, GIVE_LEASE_BACK, REPORT};
    private static final Effect[] TAKE_UP = {RESUME, RESOLVE};
    private static final Effect[] END = {GIVE_LEASE_BACK, REPORT};
    private static final Effect[] LOOK_AND_END = {LOOK_AGAIN, GIVE_LEASE_BACK, REPORT};

    private static final Table TABLE = new Table();

    private StateMachine() {}

    /**
     * The answer to an event.
     *
     * @throws IllegalTransitionException if the table has none
     */
    static Transition next(String instanceId, Phase phase, Event event) {
        Transition transition = row(phase).get(event);
        if (transition == null) {
            throw new IllegalTransitionException(instanceId, phase, event, allowed(phase));
        }
        return transition;
    }

    /** The events that a phase has an answer to, in the order of their declaration. */
    static Set<Event> allowed(Phase phase) {
        return Collections.unmodifiableSet(row(phase).keySet());
    }

    private static Map<Event, Transition> row(Phase phase) {
        return TABLE.row(phase);
    }

    /** The table. Its constructor is the machine; confined to one thread until it is made. */
    static final class Table {

        private final Map<Phase, Map<Event, Transition>> rows = new EnumMap<>(Phase.class);

        Table() {
            in(SCHEDULED).on(PASSED).to(CHECKING, OBSERVE, TAKE_LEASE, RUN_CHECKS);
            in(SCHEDULED).on(CANCEL_REQUESTED).to(CANCELLED, REPORT);
            in(SCHEDULED).on(REFUSED).to(REJECTED, REPORT);
            in(SCHEDULED).on(MISSED).to(EXPIRED, REPORT);
            in(SCHEDULED).on(FAILED, INTERRUPTED).to(ABORTED, REPORT);

            in(CHECKING).on(PASSED).to(CATCHING_UP, CATCH_UP);
            in(CHECKING).on(FORCED).to(DRAINING, HOLD_TRAFFIC, VERIFY_LEASE, CHECK_BUDGET);
            in(CHECKING).on(REFUSED).to(REJECTED, END);
            in(CHECKING).on(FAILED, TIMED_OUT, INTERRUPTED).to(ABORTED, LOOK_AND_END);
            in(CHECKING).on(CANCEL_REQUESTED).to(CANCELLED, LOOK_AND_END);

            in(CATCHING_UP).on(PASSED).to(DRAINING, HOLD_TRAFFIC, VERIFY_LEASE, CHECK_BUDGET);
            in(CATCHING_UP).on(FAILED, TIMED_OUT, INTERRUPTED, CANCEL_REQUESTED).to(ROLLING_BACK, GIVE_UP);

            in(DRAINING).on(PASSED).to(FENCING, FENCE);
            in(DRAINING).on(FORCED).to(FENCING, FENCE, VERIFY_LEASE, CHECK_BUDGET);
            in(DRAINING).on(CUT_DUE).to(DRAINING, CUT_TRAFFIC, VERIFY_LEASE, CHECK_BUDGET);
            in(DRAINING)
                    .on(STILL_OPEN, FAILED, TIMED_OUT, INTERRUPTED, BUDGET_EXHAUSTED, CANCEL_REQUESTED)
                    .to(ROLLING_BACK, GIVE_UP);

            in(FENCING).on(PASSED).to(CONFIRMING_POSITION, CONFIRM_POSITION, VERIFY_LEASE, CHECK_BUDGET);
            in(FENCING).on(FORCED).to(PROMOTING, PROMOTE);
            in(FENCING).on(FAILED, TIMED_OUT, INTERRUPTED, BUDGET_EXHAUSTED).to(ROLLING_BACK, ROLL_BACK);

            in(CONFIRMING_POSITION).on(PASSED).to(PROMOTING, PROMOTE);
            in(CONFIRMING_POSITION)
                    .on(FAILED, TIMED_OUT, INTERRUPTED, BUDGET_EXHAUSTED)
                    .to(ROLLING_BACK, ROLL_BACK);

            in(PROMOTING).on(PASSED).to(RELEASING, GO_ON);
            in(PROMOTING).on(FAILED, TIMED_OUT, INTERRUPTED).to(RESOLVING, RESOLVE);

            in(RELEASING).on(PASSED, FAILED, TIMED_OUT, INTERRUPTED).to(REJOINING, FOLLOW);

            in(REJOINING).on(PASSED).to(COMPLETED, END);
            in(REJOINING).on(FAILED, TIMED_OUT, INTERRUPTED).to(COMPLETED_DEGRADED, LOOK_AND_END);

            in(ROLLING_BACK).on(UNDONE).to(ROLLED_BACK, END);
            in(ROLLING_BACK).on(UNDONE_UNFENCED).to(ABORTED, END);
            in(ROLLING_BACK).on(UNDONE_CANCELLED).to(CANCELLED, END);
            in(ROLLING_BACK).on(UNDO_FAILED, FAILED).to(NEEDS_OPERATOR, CALL_OPERATOR);

            in(RESOLVING).on(OBSERVED_PROMOTED).to(RELEASING, GO_ON);
            in(RESOLVING).on(OBSERVED_NOT_PROMOTED).to(ROLLING_BACK, ROLL_BACK);
            in(RESOLVING).on(OBSERVED_UNKNOWN, FAILED).to(NEEDS_OPERATOR, CALL_OPERATOR);

            // Whatever was under way when a process ended, only observation says how far it came.
            for (Phase phase : Phase.values()) {
                if (phase != SCHEDULED && !phase.isEnd()) {
                    in(phase).on(RESTARTED).to(RESOLVING, TAKE_UP);
                }
            }
        }

        Map<Event, Transition> row(Phase phase) {
            return rows.getOrDefault(phase, Map.of());
        }

        Cells in(Phase phase) {
            return new Cells(rows.computeIfAbsent(phase, p -> new EnumMap<>(Event.class)), phase, List.of());
        }
    }

    /** Cells of one row that are about to be filled. */
    record Cells(Map<Event, Transition> row, Phase phase, List<Event> events) {

        Cells on(Event... more) {
            return new Cells(row, phase, List.of(more));
        }

        /**
         * @throws IllegalStateException if one of them is filled already
         */
        void to(Phase next, Effect... effects) {
            Transition transition = new Transition(next, List.of(effects));
            for (Event event : events) {
                if (row.put(event, transition) != null) {
                    throw new IllegalStateException("%s has two answers to %s".formatted(phase, event));
                }
            }
        }
    }

    /** One arrow: every event that leads from a phase to another with the same effects. */
    record Arrow(Phase from, List<Event> events, Transition transition) {}

    /** Every arrow of the table, in the order of the phases. */
    static List<Arrow> arrows() {
        List<Arrow> arrows = new ArrayList<>();
        for (Phase phase : Phase.values()) {
            Map<Transition, List<Event>> grouped = new java.util.LinkedHashMap<>();
            row(phase)
                    .forEach((event, transition) -> grouped.computeIfAbsent(transition, t -> new ArrayList<>())
                            .add(event));
            grouped.forEach((transition, events) -> arrows.add(new Arrow(phase, List.copyOf(events), transition)));
        }
        return arrows;
    }
}
