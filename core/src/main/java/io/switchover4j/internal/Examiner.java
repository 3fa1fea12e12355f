package io.switchover4j.internal;

import io.switchover4j.Check;
import io.switchover4j.Instance;
import io.switchover4j.LossEstimate;
import io.switchover4j.Node;
import io.switchover4j.OnDrainTimeout;
import io.switchover4j.PlannedStep;
import io.switchover4j.Preflight;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.LeaseHeldException;
import io.switchover4j.spi.OpenUnit;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverOptions;
import io.switchover4j.spi.SwitchoverPlan;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks everything that decides whether an instance may be switched, for the dry run and for real. Changes nothing. */
final class Examiner {

    private static final Logger log = LoggerFactory.getLogger(Examiner.class);

    private final SwitchoverBackend backend;
    private final TimeSource time;
    private final Limits limits;

    Examiner(SwitchoverBackend backend, TimeSource time, Limits limits) {
        this.backend = backend;
        this.time = time;
        this.limits = limits;
    }

    Instance observe(String instanceId) {
        return backend.describe(instanceId, Deadline.after(limits.observe(), time));
    }

    Instance observe(String instanceId, Deadline until) {
        return backend.describe(instanceId, until.orAfter(limits.observe()));
    }

    /**
     * That somebody else switches the instance, as far as its nodes tell: they look as if they were broken then, which is no
     * reason to repair them.
     */
    Optional<String> switchedElsewhere(Instance instance) {
        if (!SharedChecks.hasStandby(instance)) {
            return Optional.empty();
        }
        try {
            return switchedElsewhere(
                    instance, backend.leaseHolder(instance.id(), Deadline.after(limits.observe(), time)));
        } catch (BackendException e) {
            log.debug("{}: who holds the lease could not be found out", instance.id(), e);
            return Optional.empty();
        }
    }

    /** The same where the nodes have been asked already. */
    static Optional<String> switchedElsewhere(Instance instance, Optional<String> leaseHolder) {
        return leaseHolder
                .filter(holder -> SharedChecks.hasStandby(instance))
                .map(holder -> Text.message(new LeaseHeldException(instance.id(), holder)));
    }

    /** As {@link #examine(SwitchoverRequest, Instance, Optional, Participants, List)}, for a switchover that may begin. */
    Preflight examine(
            SwitchoverRequest request, Instance instance, Optional<String> wanted, Participants participants) {
        return examine(request, instance, wanted, participants, List.of());
    }

    /**
     * Every check and the plan.
     *
     * @param wanted the node to promote; empty for the healthiest standby
     * @param others what is to be said of other switchovers of the instance
     */
    Preflight examine(
            SwitchoverRequest request,
            Instance instance,
            Optional<String> wanted,
            Participants participants,
            List<Check> others) {
        SharedChecks.Result shared = SharedChecks.of(instance, wanted, request);
        List<Check> checks = new ArrayList<>(others);
        checks.addAll(shared.checks());
        SwitchoverOptions options = options(request);
        Deadline deadline = Deadline.after(limits.check(), time);
        Optional<Check> unsupported = unsupported(request);
        unsupported.ifPresent(checks::add);
        boolean supported = unsupported.isEmpty();
        Optional<LossEstimate> loss = shared.target()
                .filter(target -> request.isFailover() && supported)
                .map(target -> backend.estimateLoss(instance, target, deadline));
        loss.ifPresent(estimate -> checks.add(SharedChecks.loss(request, estimate)));
        shared.target()
                .filter(target ->
                        supported && (request.isFailover() || instance.primary().isPresent()))
                .ifPresent(target -> checks.addAll(backend.check(instance, target, options, deadline)));
        checks.addAll(participants.check());
        participants.all().forEach(participant -> checks.addAll(ask(participant, request)));

        Optional<SwitchoverPlan> plan = shared.target()
                .filter(target -> !SharedChecks.isBlocked(checks))
                .map(target -> backend.plan(instance, target, options, deadline));
        List<PlannedStep> steps = plan.map(SwitchoverPlan::steps).orElse(List.of());
        Optional<Duration> pause = plan.map(SwitchoverPlan::predictedPause);
        List<String> reasons = plan.map(SwitchoverPlan::reasons).orElse(List.of());
        Optional<Node> target = shared.target();
        return new Preflight(instance, target, checks, steps, pause, reasons, loss);
    }

    /** Why the backend cannot do what is asked, whatever the state of the instance. */
    Optional<Check> unsupported(SwitchoverRequest request) {
        if (!request.isFailover() || backend.canFailOver()) {
            return Optional.empty();
        }
        return Optional.of(Check.block(
                "failover",
                "the backend %s cannot promote by force".formatted(Text.quoted(backend.name())),
                "Use the means of the product itself."));
    }

    static SwitchoverOptions options(SwitchoverRequest request) {
        return new SwitchoverOptions(
                request.maximumLagBytes(), request.drainTimeout(), request.pauseBudget(), request.isFailover());
    }

    /** Who asked and why, as others that are refused meanwhile are told. */
    static String audit(SwitchoverRequest request) {
        return request.reason().isEmpty() ? request.requestedBy() : request.requestedBy() + ": " + request.reason();
    }

    /** What would still be open after the drain if it does not end before. */
    private static Optional<Check> outlasting(TrafficParticipant participant, SwitchoverRequest request) {
        List<String> old = participant.openUnits().stream()
                .filter(unit -> unit.age().compareTo(request.drainTimeout()) > 0)
                .map(OpenUnit::toString)
                .toList();
        if (old.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(Check.warn(
                "open units of " + Text.quoted(participant.name()),
                "%d open for longer than the drainTimeout of %s: %s"
                        .formatted(old.size(), Text.millis(request.drainTimeout()), String.join("; ", old)),
                request.onDrainTimeout() == OnDrainTimeout.CUT
                        ? "They are cut unless they end before: each is done again, or gets an error."
                        : "The switchover is given up after the drain unless they end before: end them, raise drainTimeout, or"
                                + " ask for OnDrainTimeout.CUT."));
    }

    private static List<Check> ask(TrafficParticipant participant, SwitchoverRequest request) {
        try {
            List<Check> checks = new ArrayList<>(participant.check());
            if (!request.isFailover()) {
                outlasting(participant, request).ifPresent(checks::add);
            }
            return checks;
        } catch (RuntimeException e) {
            return List.of(Check.warn(
                    "traffic of '%s'".formatted(participant.name()),
                    "its check failed: " + Text.message(e),
                    "Make sure that this participant works: it will be held during the switchover."));
        }
    }
}
