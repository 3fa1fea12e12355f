package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.postgresql.Credentials;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.CopySource;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.NodeControl;
import io.switchover4j.spi.NodeControl.Repair;
import io.switchover4j.spi.NodeControl.StopMode;
import io.switchover4j.spi.StepContext;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Makes the old primary of a failover a standby. It may have written what the new primary never received: that is rewound
 * where the control can, else the server is started as a standby to see whether its history goes on in that of the new
 * primary, else its data are copied anew where the control can.
 */
final class RejoinByForce extends AfterPromotion {

    private static final Duration PATIENCE_TO_STOP = Duration.ofSeconds(5);

    /** A server that recovers from a crash may read much before it can be asked. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Rejoin rejoin;
    private final BoundedControl control;

    /** Whether it was seen to have what the new primary's history does not have. */
    private boolean diverged;

    RejoinByForce(Operation operation, PlannedStep description) {
        super(operation, description);
        this.rejoin = new Rejoin(operation, description);
        this.control = new BoundedControl(operation.oldPrimary(), operation.connector());
    }

    @Override
    void follow(StepContext context) {
        Deadline deadline = context.deadline();
        if (rejoin.isFollowing(deadline)) {
            return;
        }
        long began = operation.time().nanoTime();
        requireReachable(deadline);
        Set<Repair> repairs = operation.oldPrimary().control().repairs();
        boolean standsBy = endUnlessStandby(deadline);
        boolean follows = standsBy && startAndSee(context);
        if (!follows && repairs.contains(Repair.REWIND)) {
            end(StopMode.FAST, deadline);
            follows = repair(Repair.REWIND, context);
        } else if (!follows && !standsBy) {
            follows = startAndSee(context);
        }
        if (!follows && repairs.contains(Repair.RESEED)) {
            end(StopMode.FAST, deadline);
            follows = repair(Repair.RESEED, context);
        }
        if (!follows) {
            throw new BackendException(giveUp(repairs, deadline));
        }
        context.note("old primary streams after", operation.millisSince(began));
    }

    private String giveUp(Set<Repair> repairs, Deadline deadline) {
        NodeConfig old = operation.oldPrimary();
        NodeConfig target = operation.target();
        if (repairs.isEmpty() && !diverged && old.control().isRunning()) {
            return "%s does not stream from %s yet; the log of its server says why. It runs as a standby and was left running. %s is primary and takes writes. Where that log tells of another history, stop '%s', then %s."
                    .formatted(old, target, target, old.id(), repairByHand());
        }
        // Cleanly: a person who rewinds it needs that.
        end(StopMode.FAST, deadline);
        String why = !repairs.isEmpty()
                ? "%s was repaired, and does not stream from %s; the log of its server says why."
                : diverged
                        ? "The history of %s does not go on in that of %s, and its NodeControl can neither rewind nor re-seed it."
                        : "The server of %s ended before it streamed from %s; its log says why.";
        return why.formatted(old, target) + whatToDo();
    }

    private void requireReachable(Deadline deadline) {
        try {
            control.call(operation.connector().probeDeadline(deadline), NodeControl::isRunning);
        } catch (BackendException e) {
            Waiting.requireNotInterrupted();
            throw new BackendException(
                    "%s cannot be made a standby now: %s.".formatted(operation.oldPrimary(), e.getMessage())
                            + whatToDo(),
                    e);
        }
    }

    /**
     * Whatever runs there, a frozen server too once it goes on, is ended: it must not take writes. Unless it is a standby, because
     * a supervisor started it once the signal was there.
     *
     * @return whether it runs as a standby
     */
    private boolean endUnlessStandby(Deadline deadline) {
        NodeConfig old = operation.oldPrimary();
        while (old.control().isRunning()) {
            if (operation.standbySignal().isOurs()
                    && PgControl.read(old.control()).isStandby()) {
                return true;
            }
            stop(StopMode.IMMEDIATE, deadline);
        }
        return false;
    }

    private void end(StopMode mode, Deadline deadline) {
        StopMode next = mode;
        while (operation.oldPrimary().control().isRunning()) {
            stop(next, deadline);
            next = StopMode.IMMEDIATE;
        }
    }

    private void stop(StopMode mode, Deadline deadline) {
        NodeConfig old = operation.oldPrimary();
        old.control().requestStop(mode);
        boolean ended = Waiting.poll(
                deadline.orAfter(PATIENCE_TO_STOP),
                Waiting.COARSE,
                () -> !old.control().isRunning());
        if (!ended && deadline.isExpired()) {
            throw new BackendException(
                    "The server of %s was told to stop and still exists.".formatted(old) + whatToDo());
        }
    }

    /** Whether it follows now. */
    private boolean repair(Repair how, StepContext context) {
        Deadline deadline = context.deadline();
        NodeConfig target = operation.target();
        Credentials credentials =
                Connector.supplied(operation.connector().settings().credentials());
        long began = operation.time().nanoTime();
        try {
            if (how == Repair.REWIND) {
                // pg_rewind asks the source's control file for its timeline.
                operation
                        .lease()
                        .awaitTarget(deadline)
                        .runCancellably(
                                "checkpoint",
                                "CHECKPOINT",
                                deadline,
                                operation.connector().threads());
            }
            CopySource source = new CopySource(
                    target.replicationEndpoint(),
                    operation.connector().settings().database(),
                    credentials.user(),
                    credentials.password());
            if (how == Repair.REWIND) {
                rewind(source, deadline);
            } else {
                operation.oldPrimary().control().repair(how, source, deadline);
            }
        } catch (BackendException e) {
            Waiting.requireNotInterrupted();
            context.note(how == Repair.REWIND ? "rewind" : "re-seed", "failed: " + e.getMessage());
            if (how == Repair.RESEED
                    || !operation.oldPrimary().control().repairs().contains(Repair.RESEED)) {
                throw new BackendException(
                        "%s could not be %s: %s."
                                        .formatted(
                                                operation.oldPrimary(),
                                                how == Repair.REWIND ? "rewound" : "re-seeded",
                                                e.getMessage())
                                + whatToDo(),
                        e);
            }
            return false;
        }
        context.note(how == Repair.REWIND ? "rewind" : "re-seed", "took " + operation.millisSince(began));
        return startAndSee(context);
    }

    /** A server that crashed is recovered for that in single-user mode, which refuses to be a standby. */
    private void rewind(CopySource source, Deadline deadline) {
        operation.standbySignal().removeOurs();
        try {
            operation.oldPrimary().control().repair(Repair.REWIND, source, deadline);
        } finally {
            operation.standbySignal().write();
        }
    }

    /** Starts it as a standby. Whether it follows shows soon: at the end of its own log it asks for the new primary's. */
    private boolean startAndSee(StepContext context) {
        Deadline deadline = context.deadline();
        operation.standbySignal().write();
        rejoin.pointToTarget();
        rejoin.start();
        Optional<Lsn> fork = ForkPoint.of(
                operation
                        .lease()
                        .awaitTarget(deadline)
                        .one("ask for the timeline", PromotionProbe.TIMELINE, deadline, row -> row.getInt(1)),
                operation.target().control());
        Deadline patience = deadline.orAfter(PATIENCE);
        while (!rejoin.isFollowing(deadline)) {
            rejoin.requireLetIn(deadline);
            if (!operation.oldPrimary().control().isRunning() || patience.isExpired() || isAbandoned(fork, context)) {
                return false;
            }
            if (rejoin.isTimeToLook()) {
                rejoin.reload(deadline);
            }
            Waiting.sleep(Waiting.COARSE);
        }
        return true;
    }

    /** Whether it has replayed what the new primary's history does not have. */
    private boolean isAbandoned(Optional<Lsn> fork, StepContext context) {
        if (fork.isEmpty()) {
            return false;
        }
        Deadline bound = operation.connector().probeDeadline(context.deadline());
        try (PgSession session = operation.open(operation.oldPrimary(), bound)) {
            Follower said = Follower.ask(session, bound);
            boolean beyond = said.timeline() <= operation.oldTimeline()
                    && said.replayed().isAfter(fork.get());
            if (beyond) {
                diverged = true;
                context.note(
                        "abandoned on the old primary",
                        "%d bytes of log after %s, which the new primary never received"
                                .formatted(said.replayed().bytesAfter(fork.get()), fork.get()));
            }
            return beyond;
        } catch (PgFailure e) {
            // It is still starting.
            return false;
        }
    }

    private String whatToDo() {
        String old = operation.oldPrimary().id();
        String target = operation.target().id();
        return (" '%s' is primary and takes writes; commits that only '%s' has are lost unless they are taken from its data by"
                        + " hand. Keep '%s' from taking writes: start it last, after you %s.")
                .formatted(target, old, old, repairByHand());
    }

    /** pg_rewind makes the directory a copy of the source's: what only the target has goes, the configuration is replaced. */
    private String repairByHand() {
        String target = operation.target().id();
        return "run pg_rewind there against '%s' or copy its data anew, then write '%s', which a rewind removes, then point primary_conninfo in '%s', which a rewind replaces, to '%s'; if pg_rewind refuses to run because of '%s', remove that before"
                .formatted(target, StandbySignal.FILE, AutoConf.FILE, target, StandbySignal.FILE);
    }
}
