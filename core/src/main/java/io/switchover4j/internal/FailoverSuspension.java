package io.switchover4j.internal;

import static io.switchover4j.internal.Text.quoted;

import io.switchover4j.FailoverMode;
import io.switchover4j.Phase;
import io.switchover4j.PlannedStep;
import io.switchover4j.TimeSource;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.StepContext;
import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.spi.SwitchoverStep;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A session that keeps the product from failing over by itself while it is switched, by two steps around those of the
 * product: two that decide who is primary are one too many. What held before is in the journal before it is changed, and
 * holds again once the target is primary or everything is undone; if nobody comes to that, the product goes back by itself.
 */
final class FailoverSuspension implements SwitchoverSession {

    static final String SUSPEND = "suspend automatic failover";

    private static final String RESTORE = "restore the failover mode";
    private static final String BEFORE = "failoverMode";
    private static final String SUSPENDED_UNTIL = "suspended until ";

    private final SwitchoverSession session;
    private final SwitchoverBackend backend;
    private final String instanceId;
    private final boolean failover;
    private final FailoverMode before;
    private final Instant until;
    private final TimeSource time;

    /**
     * @param failover whether the switchover is a failover, which has no catch-up
     * @param before the mode that is to hold again afterwards
     * @param until when the switchover has ended at the latest
     */
    FailoverSuspension(
            SwitchoverSession session,
            SwitchoverBackend backend,
            String instanceId,
            boolean failover,
            FailoverMode before,
            Instant until,
            TimeSource time) {
        this.session = session;
        this.backend = backend;
        this.instanceId = instanceId;
        this.failover = failover;
        this.before = before;
        this.until = until;
        this.time = time;
    }

    /** The mode that the facts of the intent hold; automatic if they hold none that is known. */
    static FailoverMode before(Map<String, String> intent) {
        String mode = intent.getOrDefault(BEFORE, "");
        return mode.startsWith(SUSPENDED_UNTIL)
                ? FailoverMode.suspendedUntil(Instant.parse(mode.substring(SUSPENDED_UNTIL.length())))
                : FailoverMode.automatic();
    }

    @Override
    public List<SwitchoverStep> steps() {
        List<SwitchoverStep> steps = new ArrayList<>();
        steps.add(new Suspend());
        List<SwitchoverStep> own = session.steps();
        own.stream().filter(step -> !isRejoin(step)).forEach(steps::add);
        steps.add(new Restore());
        own.stream().filter(FailoverSuspension::isRejoin).forEach(steps::add);
        return steps;
    }

    private static boolean isRejoin(SwitchoverStep step) {
        return step.describe().phase() == Phase.REJOINING;
    }

    private final class Suspend implements SwitchoverStep {

        @Override
        public PlannedStep describe() {
            return new PlannedStep(
                    failover ? Phase.FENCING : Phase.CATCHING_UP,
                    SUSPEND,
                    "keeps the product from failing over %s by itself until %s".formatted(quoted(instanceId), until));
        }

        @Override
        public Map<String, String> intent(Deadline deadline) {
            return Map.of(BEFORE, before.toString());
        }

        @Override
        public void apply(StepContext context) {
            if (!before.isSuspended(until)) {
                modify(FailoverMode.suspendedUntil(until), context);
                context.note("failover mode", "%s%s, was %s".formatted(SUSPENDED_UNTIL, until, before));
            }
        }

        @Override
        public void undo(StepContext context) {
            restore(context);
        }
    }

    /** Before the rejoin: whatever comes of that, applications work again. */
    private final class Restore implements SwitchoverStep {

        @Override
        public PlannedStep describe() {
            return new PlannedStep(
                    Phase.REJOINING,
                    RESTORE,
                    "lets the failover mode of %s be %s".formatted(quoted(instanceId), before));
        }

        @Override
        public void apply(StepContext context) {
            restore(context);
        }
    }

    private void modify(FailoverMode mode, StepContext context) {
        backend.modifyFailoverMode(instanceId, mode, context.deadline());
        FlightRecording.failoverMode(instanceId, context.operationId(), mode);
    }

    /** Never fails the switchover: the suspension ends by itself. */
    private void restore(StepContext context) {
        if (before.isSuspended(until)) {
            return;
        }
        FailoverMode mode = before.isSuspended(time.instant()) ? before : FailoverMode.automatic();
        try {
            modify(mode, context);
            context.note("failover mode", mode + ", as before");
        } catch (BackendException e) {
            context.leftBehind(
                    "the failover mode of " + instanceId,
                    "it is suspended and goes back to automatic by itself at %s; set it sooner (%s)"
                            .formatted(until, Text.withoutStop(Text.message(e))));
        }
    }

    @Override
    public void verifyLease(Deadline deadline) {
        session.verifyLease(deadline);
    }

    @Override
    public void announce(Phase phase) {
        session.announce(phase);
    }

    @Override
    public Resolution resolve(Deadline deadline) {
        return session.resolve(deadline);
    }

    @Override
    public void close() {
        session.close();
    }
}
