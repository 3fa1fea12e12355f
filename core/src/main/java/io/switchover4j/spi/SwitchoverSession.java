package io.switchover4j.spi;

import io.switchover4j.Phase;
import java.util.List;

/**
 * The lease on an instance, and the steps that may be taken while it is held. Confined to one thread at a time, except
 * {@link #close()}, which any thread may call.
 */
public interface SwitchoverSession extends AutoCloseable {

    /**
     * The steps in order. Their phases are among CATCHING_UP, FENCING, CONFIRMING_POSITION, PROMOTING, RELEASING and
     * REJOINING, in that order; CHECKING and DRAINING are the coordinator's. Exactly one step has the phase PROMOTING.
     *
     * <p>Those of a failover have none of the phases CATCHING_UP and CONFIRMING_POSITION. A step that fences does not fail
     * because the old primary cannot be reached or does not stop: it says so by {@link StepContext#fenceResult}. Undoing it
     * makes the old primary writable again only if the step stopped it.
     */
    List<SwitchoverStep> steps();

    /**
     * Makes sure that the lease is still held. Called before the fence and before the promotion.
     *
     * @throws BackendException if it is lost, or this cannot be found out
     */
    void verifyLease(Deadline deadline);

    /**
     * Lets others who ask for the lease learn which phase the switchover is in: {@link LeaseHeldException} and
     * {@link SwitchoverBackend#leaseHolder} name it, at the latest once the session's next call has returned. Called at the
     * begin of each phase after CHECKING, in the midst of the write pause too: it must not block, and need not cost a round
     * trip. What it throws is logged, and the switchover goes on. The default tells nobody.
     */
    default void announce(Phase phase) {}

    /**
     * Finds out from observation alone whether the target was promoted. Waits, within the deadline, for a promotion that
     * is under way. Changes nothing and may be called again. Never throws because a node does not answer: that is
     * {@link Resolution.Verdict#UNKNOWN}.
     */
    Resolution resolve(Deadline deadline);

    /** Gives the lease back and frees everything. Idempotent, bounded in time, never throws. */
    @Override
    void close();
}
