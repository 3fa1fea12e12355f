package io.switchover4j.simulated;

import io.switchover4j.FenceResult;
import io.switchover4j.Phase;
import io.switchover4j.PlannedStep;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.Resolution.Verdict;
import io.switchover4j.spi.StepContext;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.spi.SwitchoverStep;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** A lease on a simulated pair, and the steps that switch it. */
final class SimulatedSession implements SwitchoverSession {

    /** How often a node is looked at that has something to finish. */
    private static final Duration LOOK = Duration.ofMillis(10);

    private final CoordinatorProcess process;
    private final String instanceId;
    private final String oldPrimary;
    private final String target;
    private final Lease lease;
    private final boolean failover;

    SimulatedSession(CoordinatorProcess process, String instanceId, String oldPrimary, String target, Lease lease) {
        this(process, instanceId, oldPrimary, target, lease, false);
    }

    SimulatedSession(
            CoordinatorProcess process,
            String instanceId,
            String oldPrimary,
            String target,
            Lease lease,
            boolean failover) {
        this.process = process;
        this.instanceId = instanceId;
        this.oldPrimary = oldPrimary;
        this.target = target;
        this.lease = lease;
        this.failover = failover;
    }

    @Override
    public List<SwitchoverStep> steps() {
        return plan(oldPrimary, target, failover).stream()
                .map(step -> (SwitchoverStep) new Step(step))
                .toList();
    }

    static List<PlannedStep> plan(String oldPrimary, String target, boolean failover) {
        List<PlannedStep> steps = List.of(
                step(Phase.CATCHING_UP, "catch up", "waits until '%s' has what '%s' has written", target, oldPrimary),
                step(Phase.FENCING, "fence " + oldPrimary, "keeps '%s' from taking writes", oldPrimary),
                step(Phase.CONFIRMING_POSITION, "confirm position", "waits until '%s' has everything", target),
                step(Phase.PROMOTING, "promote " + target, "makes '%s' the primary", target),
                step(Phase.RELEASING, "first write", "writes on '%s'", target),
                step(Phase.REJOINING, "rejoin " + oldPrimary, "lets '%s' follow '%s'", oldPrimary, target));
        return failover
                ? steps.stream()
                        .filter(step -> step.phase() != Phase.CATCHING_UP)
                        .filter(step -> step.phase() != Phase.CONFIRMING_POSITION)
                        .toList()
                : steps;
    }

    private static PlannedStep step(Phase phase, String name, String does, Object... nodes) {
        return new PlannedStep(phase, name, does.formatted(nodes));
    }

    @Override
    public void verifyLease(Deadline deadline) {
        process.call(
                Call.VERIFY_LEASE,
                instanceId,
                deadline,
                () -> on((old, next) -> {
                    SilentNode.require(next);
                    requireLease(next);
                    if (old.silence().isEmpty()) {
                        requireLease(old);
                    }
                    return true;
                }));
    }

    @Override
    public void announce(Phase phase) {
        lease.phase(phase);
    }

    @Override
    public Resolution resolve(Deadline deadline) {
        return process.call(Call.RESOLVE, instanceId, deadline, () -> {
            Resolution seen = look();
            while (seen.verdict() == Verdict.UNKNOWN && isPromotionUnderWay() && !deadline.isExpired()) {
                process.await(this::untilPromoted, deadline, seen.evidence());
                seen = look();
            }
            return seen;
        });
    }

    private Resolution look() {
        return on((old, next) -> {
            Optional<String> silence = next.silence();
            if (silence.isPresent()) {
                return new Resolution(Verdict.UNKNOWN, "'%s': %s".formatted(target, silence.get()));
            }
            if (!next.standby) {
                String evidence = "'%s' is primary on timeline %d".formatted(target, next.history.timeline());
                return new Resolution(Verdict.PROMOTED, evidence);
            }
            if (next.promoting) {
                return new Resolution(Verdict.UNKNOWN, "'%s' is being promoted".formatted(target));
            }
            return next.lease == lease
                    ? new Resolution(Verdict.NOT_PROMOTED, "'%s' is a standby".formatted(target))
                    : new Resolution(Verdict.UNKNOWN, "the lease on '%s' is lost".formatted(target));
        });
    }

    private boolean isPromotionUnderWay() {
        return on((old, next) -> next.promoting && next.silence().isEmpty());
    }

    /** Zero if it is over, or nobody can tell. */
    private Duration untilPromoted() {
        return on((old, next) -> {
            if (!next.promoting || !next.isAlive()) {
                return Duration.ZERO;
            }
            long left = next.promotedAt - process.world().time().nanoTime();
            return left > 0 ? Duration.ofNanos(left) : LOOK;
        });
    }

    private void apply(Phase phase, StepContext context) {
        Deadline deadline = context.deadline();
        String subject = instanceId;
        Call call = Call.applying(phase);
        switch (phase) {
            case CATCHING_UP -> process.call(call, subject, deadline, () -> catchUp(context));
            case FENCING ->
                process.call(call, subject, deadline, failover ? () -> fenceIfPossible(context) : this::fence);
            case CONFIRMING_POSITION -> process.call(call, subject, deadline, () -> confirm(context));
            case PROMOTING ->
                process.call(call, subject, deadline, this::promote, () -> {
                    process.await(this::untilPromoted, deadline, "'%s' is still being promoted".formatted(target));
                    context.promotedPosition(on((old, next) -> {
                        SilentNode.require(next);
                        return next.history.position(next.history.fork());
                    }));
                });
            case RELEASING -> process.call(call, subject, deadline, this::firstWrite);
            case REJOINING -> process.call(call, subject, deadline, () -> rejoin(context));
            default -> throw new IllegalArgumentException("%s has no step".formatted(phase));
        }
    }

    private boolean catchUp(StepContext context) {
        long goal = on((old, next) -> {
            SilentNode.require(old);
            SilentNode.require(next);
            context.note("lag", "%d bytes".formatted(next.lagBytes()));
            return old.position;
        });
        awaitPosition(goal, context.deadline());
        return true;
    }

    private void awaitPosition(long goal, Deadline deadline) {
        process.await(
                () -> on((old, next) -> {
                    SilentNode.require(next);
                    boolean there = next.history == old.history && next.position >= goal;
                    return there ? Duration.ZERO : next.lag.compareTo(LOOK) > 0 && next.follows() ? next.lag : LOOK;
                }),
                deadline,
                "'%s' does not have everything that '%s' has written".formatted(target, oldPrimary));
    }

    private boolean fence() {
        boolean changed = on((old, next) -> {
            SilentNode.require(next);
            SilentNode.require(old);
            requireLease(next);
            if (old.standby) {
                throw new BackendException("'%s' is no primary".formatted(oldPrimary));
            }
            boolean before = old.fenced;
            old.fenced = true;
            return !before;
        });
        return tell(changed, oldPrimary, "is fenced");
    }

    /** A primary that cannot be reached is no reason not to fail over. */
    private boolean fenceIfPossible(StepContext context) {
        FenceResult result = on((old, next) -> {
            SilentNode.require(next);
            requireLease(next);
            Optional<String> silence = old.silence();
            if (silence.isPresent()) {
                return new FenceResult(FenceResult.Outcome.NOT_REACHABLE, silence.get());
            }
            old.fenced |= !old.standby;
            return new FenceResult(FenceResult.Outcome.FENCED, "it takes no writes");
        });
        context.fenceResult(result);
        return tell(result.outcome() == FenceResult.Outcome.FENCED, oldPrimary, "is fenced");
    }

    private boolean confirm(StepContext context) {
        String position = on((old, next) -> {
            SilentNode.require(old);
            if (!old.fenced) {
                throw new BackendException("'%s' is not fenced".formatted(oldPrimary));
            }
            return old.history.position(old.position);
        });
        awaitPosition(on((old, next) -> old.position), context.deadline());
        context.fencedPosition(position);
        return true;
    }

    private boolean promote() {
        Duration takes = process.latency(Call.PROMOTE);
        boolean changed = on((old, next) -> {
            SilentNode.require(next);
            if (!next.standby || next.promoting) {
                return false;
            }
            requireLease(next);
            next.promoting = true;
            next.promotedAt = process.world().time().nanoTime() + takes.toNanos();
            return true;
        });
        return tell(changed, target, "is being promoted");
    }

    private boolean firstWrite() {
        on((old, next) -> {
            SilentNode.require(next);
            if (!next.takesWrites()) {
                throw new BackendException("'%s' takes no writes".formatted(target));
            }
            next.write(process.world().time().nanoTime(), 1);
            return true;
        });
        return true;
    }

    private boolean rejoin(StepContext context) {
        boolean changed = on((old, next) -> {
            SilentNode.require(old);
            SilentNode.require(next);
            if (!next.takesWrites()) {
                throw new BackendException("'%s' takes no writes: nobody can follow it".formatted(target));
            }
            if (old.standby && old.upstream == next && old.follows()) {
                return false;
            }
            if (!next.history.contains(next.position, old.history, old.position)) {
                context.note(
                        "discarded on " + oldPrimary,
                        "what it wrote after %s".formatted(old.history.position(next.history.fork())));
            }
            follow(old, next);
            return true;
        });
        process.world().with(instanceId, instance -> {
            NodeState next = instance.node(target);
            instance.nodes.stream()
                    .filter(node -> node.standby
                            && node.upstream != next
                            && node.silence().isEmpty())
                    .forEach(node -> follow(node, next));
            return true;
        });
        return tell(changed, oldPrimary, "follows " + target);
    }

    private static void follow(NodeState node, NodeState primary) {
        node.standby = true;
        node.fenced = false;
        node.promoting = false;
        node.upstream = primary;
        node.replicates = true;
        if (!primary.history.contains(primary.position, node.history, node.position)) {
            node.position = primary.history.fork();
        }
        node.history = primary.history;
    }

    private void undo(Phase phase, StepContext context) {
        process.call(Call.undoing(phase), instanceId, context.deadline(), () -> {
            boolean changed = phase == Phase.FENCING && on(this::unfence);
            return tell(changed, oldPrimary, "takes writes again");
        });
    }

    /** Only for who holds the target, and only while nothing was promoted there: else two nodes would take writes. */
    private boolean unfence(NodeState old, NodeState next) {
        if (failover && !old.fenced) {
            // Nobody fenced it, be it that it could not be reached: there is nothing to take back.
            return false;
        }
        SilentNode.require(old);
        if (!old.fenced || old.standby) {
            return false;
        }
        SilentNode.require(next);
        requireLease(next);
        if (!next.standby || next.promoting) {
            throw new BackendException("'%s' was promoted: '%s' must stay fenced".formatted(target, oldPrimary));
        }
        old.fenced = false;
        return true;
    }

    @Override
    public void close() {
        if (process.isEnded()) {
            return;
        }
        boolean held = process.world().with(instanceId, instance -> {
            boolean any = false;
            for (NodeState node : instance.nodes) {
                any |= node.lease == lease;
                World.release(node, lease);
            }
            return any;
        });
        if (held) {
            process.world().happened(process.name(), "CLOSE_SESSION " + instanceId, "");
        }
    }

    private boolean tell(boolean changed, String node, String what) {
        if (changed) {
            process.world().happened(instanceId + '/' + node, what, "");
        }
        return changed;
    }

    private void requireLease(NodeState node) {
        if (node.lease != lease) {
            throw new BackendException("the lease on '%s' is lost".formatted(node.id));
        }
    }

    private <T> T on(BiFunction<NodeState, NodeState, T> what) {
        return process.world()
                .with(instanceId, instance -> what.apply(instance.node(oldPrimary), instance.node(target)));
    }

    private final class Step implements SwitchoverStep {

        private final PlannedStep description;

        Step(PlannedStep description) {
            this.description = description;
        }

        @Override
        public PlannedStep describe() {
            return description;
        }

        @Override
        public void apply(StepContext context) {
            SimulatedSession.this.apply(description.phase(), context);
        }

        @Override
        public void undo(StepContext context) {
            if (description.phase().compareTo(Phase.PROMOTING) <= 0) {
                SimulatedSession.this.undo(description.phase(), context);
            }
        }
    }
}
