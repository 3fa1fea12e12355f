package io.switchover4j.postgresql.internal;

import io.switchover4j.Check;
import io.switchover4j.LossEstimate;
import io.switchover4j.postgresql.internal.FailoverChecks.OldPrimary;
import io.switchover4j.postgresql.internal.Observation.NodeReply;
import io.switchover4j.postgresql.internal.PrimaryMemory.Sighting;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.NodeControl;
import io.switchover4j.spi.SwitchoverPlan;
import java.util.List;
import java.util.Optional;

/** What is asked of a target and of what is left of its primary before a failover. Confined to one thread. */
final class FailoverExam {

    private final Connector connector;
    private final Observer observer;
    private final PrimaryMemory memory;
    private final InstanceConfig instance;
    private final NodeConfig target;
    private final NodeConfig old;

    FailoverExam(
            Connector connector, Observer observer, PrimaryMemory memory, InstanceConfig instance, String targetId) {
        this.connector = connector;
        this.observer = observer;
        this.memory = memory;
        this.instance = instance;
        this.target = instance.node(targetId);
        this.old = instance.peerOf(target);
    }

    /** What the target says; both of one moment. */
    private record TargetSaid(NodeFacts facts, Follower follower) {}

    private TargetSaid ask(Deadline deadline) {
        Deadline bound = connector.probeDeadline(deadline);
        try (PgSession session = connector.open(target, "switchover4j", bound)) {
            return new TargetSaid(NodeFacts.ask(session, bound), Follower.ask(session, bound));
        }
    }

    LossEstimate estimate(Deadline deadline) {
        Deadline bound = connector.probeDeadline(deadline);
        try (PgSession session = connector.open(target, "switchover4j", bound)) {
            Follower follower = Follower.ask(session, bound);
            OldPrimary lost = lost(0, deadline);
            return Loss.estimate(
                    old, target, follower, lost.seen(), lost.running() ? Optional.empty() : lost.control(), memory);
        } catch (BackendException e) {
            Waiting.requireNotInterrupted();
            return LossEstimate.unknown("'%s' could not be asked: %s".formatted(target.id(), e.getMessage()));
        }
    }

    /**
     * @param presumed why the old primary is taken for one that lives although it does not say so to us; empty if it is not
     */
    List<Check> check(Optional<String> presumed, Deadline deadline) {
        TargetSaid said;
        try {
            said = ask(deadline);
        } catch (BackendException e) {
            Waiting.requireNotInterrupted();
            return List.of(Check.block(
                    "answers of " + target.id(),
                    String.valueOf(e.getMessage()),
                    "make '%s' answer, then try again".formatted(target.id())));
        }
        NodeReply reply = observer.reply(old, connector.probeDeadline(deadline));
        int timeline = reply.isPrimary() ? reply.answer().orElseThrow().timeline() : 0;
        Optional<String> lives = presumed.filter(why -> !reply.isPrimary())
                .or(() -> reply.refused() ? Optional.of(reply.silence()) : Optional.empty());
        return FailoverChecks.of(old, said.facts(), said.follower(), lost(timeline, deadline), lives);
    }

    SwitchoverPlan plan(Deadline deadline) {
        TargetSaid said = ask(deadline);
        PausePrediction prediction = PausePrediction.ofFailover(said.facts(), said.follower());
        return new SwitchoverPlan(FailoverSteps.describe(old, target), prediction.pause(), prediction.reasons());
    }

    /**
     * @param answered the timeline on which it says that it takes writes; 0 if it does not
     */
    private OldPrimary lost(int answered, Deadline deadline) {
        Optional<Sighting> seen = memory.of(instance);
        BoundedControl control = new BoundedControl(old, connector);
        Deadline bound = connector.probeDeadline(deadline);
        Optional<PgControl> file = Optional.empty();
        boolean running = false;
        String silence = "";
        try {
            running = control.call(bound, NodeControl::isRunning);
            file = Optional.of(control.call(bound, PgControl::read));
        } catch (BackendException e) {
            Waiting.requireNotInterrupted();
            silence = String.valueOf(e.getMessage());
        }
        int timeline = Math.max(
                answered,
                Math.max(
                        seen.map(Sighting::timeline).orElse(0),
                        file.map(PgControl::timeline).orElse(0)));
        return new OldPrimary(timeline, seen, file, running, silence);
    }
}
