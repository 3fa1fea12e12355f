package io.switchover4j.postgresql.internal;

import io.switchover4j.Phase;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.SwitchoverSession;
import io.switchover4j.spi.SwitchoverStep;
import java.util.List;

/** The lease on a pair and the steps of one switchover. */
final class PgSwitchoverSession implements SwitchoverSession {

    private final Operation operation;
    private final List<SwitchoverStep> steps;

    PgSwitchoverSession(Operation operation) {
        this.operation = operation;
        this.steps = operation.isFailover() ? FailoverSteps.of(operation) : Steps.of(operation);
    }

    @Override
    public List<SwitchoverStep> steps() {
        return steps;
    }

    @Override
    public void verifyLease(Deadline deadline) {
        // In a failover only the target's lock counts: the old primary's is out of reach, or ends with the fence.
        boolean targetOnly = operation.isFailover() || operation.fence().isPresent();
        operation.lease().verify(targetOnly, deadline);
    }

    @Override
    public void announce(Phase phase) {
        operation.lease().announce(phase);
    }

    @Override
    public Resolution resolve(Deadline deadline) {
        return new PromotionProbe(operation).resolve(deadline);
    }

    @Override
    public void close() {
        operation.closePreparedStop();
        operation.lease().close();
    }
}
