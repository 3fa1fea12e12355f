package io.switchover4j.postgresql.internal;

import io.switchover4j.Phase;
import io.switchover4j.PlannedStep;
import io.switchover4j.spi.SwitchoverStep;
import java.util.List;

/** The steps of a failover in order: in words for the plan, and as what is done. */
final class FailoverSteps {

    static final String FENCE = "fence the old primary";

    private FailoverSteps() {}

    static List<SwitchoverStep> of(Operation operation) {
        NodeConfig old = operation.oldPrimary();
        NodeConfig target = operation.target();
        return List.of(
                new PrepareByForce(operation, prepare(old, target)),
                new FenceByForce(operation, fence(old)),
                new Promote(operation, Steps.promote(target)),
                new FirstWrite(operation, Steps.firstWrite(target)),
                new ClearMark(operation, Steps.clearMark(target)),
                new RejoinByForce(operation, rejoin(old, target)),
                new TidyUp(operation, Steps.tidyUp(target)));
    }

    static List<PlannedStep> describe(NodeConfig old, NodeConfig target) {
        return List.of(
                prepare(old, target),
                fence(old),
                Steps.promote(target),
                Steps.firstWrite(target),
                Steps.clearMark(target),
                rejoin(old, target),
                Steps.tidyUp(target));
    }

    private static PlannedStep prepare(NodeConfig old, NodeConfig target) {
        return new PlannedStep(
                Phase.FENCING,
                Steps.PREPARE,
                ("On '%s': make sure that nobody has promoted it, let commits not wait for a standby until '%s' is one, keep"
                                + " the log for it, mark the node with the failover's id")
                        .formatted(target.id(), old.id()));
    }

    private static PlannedStep fence(NodeConfig old) {
        return new PlannedStep(
                Phase.FENCING,
                FENCE,
                ("Write standby.signal of '%s', so that nobody can start it as a primary, and stop it at once, if its host"
                                + " answers within %d s; if not, go on and say so")
                        .formatted(old.id(), FenceByForce.LIMIT.toSeconds()));
    }

    private static PlannedStep rejoin(NodeConfig old, NodeConfig target) {
        return new PlannedStep(
                Phase.REJOINING,
                "repair the old primary",
                ("Stop '%s' if it runs, write standby.signal, rewind it to '%s' or start it if nothing is missing there,"
                                + " else re-seed it, and see it stream")
                        .formatted(old.id(), target.id()));
    }
}
