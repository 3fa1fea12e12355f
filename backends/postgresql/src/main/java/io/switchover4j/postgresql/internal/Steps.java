package io.switchover4j.postgresql.internal;

import io.switchover4j.Phase;
import io.switchover4j.PlannedStep;
import io.switchover4j.spi.SwitchoverStep;
import java.util.List;

/** The steps of a switchover in order: in words for the plan, and as what is done. */
final class Steps {

    static final String PREPARE = "prepare the target";

    static final String STOP = "stop the old primary";

    private Steps() {}

    static List<SwitchoverStep> of(Operation operation) {
        NodeConfig old = operation.oldPrimary();
        NodeConfig target = operation.target();
        return List.of(
                new PrepareTarget(operation, prepare(old, target)),
                new Checkpoint(operation, checkpoint(old, target)),
                new Rehearse(operation, rehearse(old, target)),
                new StopOldPrimary(operation, stop(old, target)),
                new ConfirmPosition(operation, confirm(old, target)),
                new Promote(operation, promote(target)),
                new FirstWrite(operation, firstWrite(target)),
                new Demote(operation, demote(old)),
                new ClearMark(operation, clearMark(target)),
                new Rejoin(operation, rejoin(old, target)),
                new TidyUp(operation, tidyUp(target)));
    }

    static List<PlannedStep> describe(NodeConfig old, NodeConfig target) {
        return List.of(
                prepare(old, target),
                checkpoint(old, target),
                rehearse(old, target),
                stop(old, target),
                confirm(old, target),
                promote(target),
                firstWrite(target),
                demote(old),
                clearMark(target),
                rejoin(old, target),
                tidyUp(target));
    }

    private static PlannedStep prepare(NodeConfig old, NodeConfig target) {
        return new PlannedStep(
                Phase.CATCHING_UP,
                PREPARE,
                ("On '%s': let replication be retried every 10 ms, let commits not wait for a standby until '%s' is one,"
                                + " keep the log for it from now on. On '%s': make sure that the marker table is there")
                        .formatted(target.id(), old.id(), old.id()));
    }

    private static PlannedStep checkpoint(NodeConfig old, NodeConfig target) {
        return new PlannedStep(
                Phase.CATCHING_UP,
                "checkpoint",
                "CHECKPOINT on '%s' and on '%s', so that the stop has little to write"
                        .formatted(old.id(), target.id()));
    }

    private static PlannedStep rehearse(NodeConfig old, NodeConfig target) {
        return new PlannedStep(
                Phase.CATCHING_UP,
                "rehearse",
                "Commit on '%s' until '%s' has replayed it within %d ms, twice"
                        .formatted(old.id(), target.id(), Rehearse.CLOSE_ENOUGH.toMillis()));
    }

    private static PlannedStep stop(NodeConfig old, NodeConfig target) {
        return new PlannedStep(
                Phase.FENCING,
                STOP,
                ("Stop '%s' in the fast mode and wait for its control file to say that it is shut down, not for its archiver."
                                + " Meanwhile write its standby.signal, so that nobody can start it as a primary, and mark"
                                + " '%s' with the switchover's id")
                        .formatted(old.id(), target.id()));
    }

    private static PlannedStep confirm(NodeConfig old, NodeConfig target) {
        return new PlannedStep(
                Phase.CONFIRMING_POSITION,
                "confirm the position",
                "Wait until '%s' has replayed the last record that '%s' wrote".formatted(target.id(), old.id()));
    }

    static PlannedStep promote(NodeConfig target) {
        return new PlannedStep(
                Phase.PROMOTING,
                "promote the target",
                "Call pg_promote on '%s' and wait until it takes writes on a new timeline".formatted(target.id()));
    }

    static PlannedStep firstWrite(NodeConfig target) {
        return new PlannedStep(Phase.RELEASING, "first write", "Commit the marker row on '%s'".formatted(target.id()));
    }

    private static PlannedStep demote(NodeConfig old) {
        return new PlannedStep(
                Phase.REJOINING,
                "make the old primary a standby",
                "Make sure of standby.signal of '%s', so that it cannot start as a primary".formatted(old.id()));
    }

    static PlannedStep clearMark(NodeConfig target) {
        return new PlannedStep(
                Phase.REJOINING,
                "clear the mark",
                "Remove the mark of this switchover from '%s'".formatted(target.id()));
    }

    private static PlannedStep rejoin(NodeConfig old, NodeConfig target) {
        return new PlannedStep(
                Phase.REJOINING,
                "start the old primary as a standby",
                "Wait until '%s' has ended, point it to '%s', start it, see it stream and see the marker row there"
                        .formatted(old.id(), target.id()));
    }

    static PlannedStep tidyUp(NodeConfig target) {
        return new PlannedStep(
                Phase.REJOINING,
                "tidy up",
                "Restore what was changed for a while on '%s' and remove the slots of this switchover"
                        .formatted(target.id()));
    }
}
