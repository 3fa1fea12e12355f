package io.switchover4j.internal;

import io.switchover4j.Check;
import io.switchover4j.Instance;
import io.switchover4j.LossEstimate;
import io.switchover4j.Node;
import io.switchover4j.PlannedStep;
import io.switchover4j.Preflight;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverOptions;
import io.switchover4j.spi.SwitchoverPlan;
import io.switchover4j.spi.TrafficParticipant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Asks everything that decides whether an instance may be switched, for the dry run and for real. Changes nothing. */
final class Examiner {

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
     * Every check and the plan.
     *
     * @param wanted the node to promote; empty for the healthiest standby
     */
    Preflight examine(
            SwitchoverRequest request,
            Instance instance,
            Optional<String> wanted,
            List<TrafficParticipant> participants) {
        SharedChecks.Result shared = SharedChecks.of(instance, wanted, request);
        List<Check> checks = new ArrayList<>(shared.checks());
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
        if (participants.isEmpty()) {
            checks.add(Check.warn(
                    "traffic",
                    "no participant is registered",
                    "Open transactions are cut off and clients see errors: register the DataSource as a participant."));
        }
        participants.forEach(participant -> checks.addAll(ask(participant)));

        Optional<SwitchoverPlan> plan = shared.target()
                .filter(target -> checks.stream().noneMatch(check -> check.verdict() == Check.Verdict.BLOCK))
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

    private static List<Check> ask(TrafficParticipant participant) {
        try {
            return participant.check();
        } catch (RuntimeException e) {
            return List.of(Check.warn(
                    "traffic of '%s'".formatted(participant.name()),
                    "its check failed: " + Text.message(e),
                    "Make sure that this participant works: it will be held during the switchover."));
        }
    }
}
