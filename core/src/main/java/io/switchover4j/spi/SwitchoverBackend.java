package io.switchover4j.spi;

import io.switchover4j.Check;
import io.switchover4j.FailoverMode;
import io.switchover4j.Instance;
import io.switchover4j.LossEstimate;
import io.switchover4j.MaintenanceWindow;
import io.switchover4j.Node;
import io.switchover4j.UnknownInstanceException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A database product whose instances can be switched.
 *
 * <p>Contract of every method: thread-safe; blocks until it is done or its deadline has passed; restores the interrupt
 * flag and throws {@link BackendException} when interrupted; a {@link BackendException} from {@link #instances},
 * {@link #describe}, {@link #check} or {@link #plan} means that nothing was changed. None of those four ever changes
 * anything. A node that does not answer is no exception: it is described with {@link io.switchover4j.Role#UNKNOWN}.
 */
public interface SwitchoverBackend extends AutoCloseable {

    /** A short name for messages, for example {@code postgresql}. */
    String name();

    /** Every instance this backend knows, observed now. */
    List<Instance> instances(Deadline deadline);

    /**
     * Asks every node of an instance what it is.
     *
     * @throws UnknownInstanceException if this backend has no such instance
     */
    Instance describe(String instanceId, Deadline deadline);

    /**
     * Answers every question that decides whether {@code instance} may be switched to {@code target}: the dry run.
     * Reports what it finds, never throws because of it. The checks every backend shares (unknown target, target is the
     * primary, edition, lag, zone; in a failover also the estimated loss, and whether the primary answers) are the
     * coordinator's and are not repeated here.
     */
    List<Check> check(Instance instance, Node target, SwitchoverOptions options, Deadline deadline);

    /**
     * Whether this backend can promote a node by force while the primary may be gone:
     * {@link SwitchoverOptions#failover()}. If not, the coordinator refuses failovers, and no method is called with that
     * option.
     */
    default boolean canFailOver() {
        return false;
    }

    /**
     * What a failover to {@code target} would lose, from what was observed of the old primary as long as it answered and from
     * what the target has received. Changes nothing; never throws because a node does not answer: what cannot be found out is
     * {@linkplain LossEstimate#unknown unknown}.
     */
    default LossEstimate estimateLoss(Instance instance, Node target, Deadline deadline) {
        return LossEstimate.unknown("%s does not estimate it".formatted(name()));
    }

    /** What a switchover would do, in order, and how long writes would pause. */
    SwitchoverPlan plan(Instance instance, Node target, SwitchoverOptions options, Deadline deadline);

    /**
     * Takes the exclusive right to switch an instance, on the nodes themselves, so that no other process holds it.
     *
     * @param operationId names the switchover; another coordinator that is refused is told it
     * @param audit who asked and why, told to others that are refused
     * @throws LeaseHeldException if somebody else is switching this instance; nothing was changed
     */
    SwitchoverSession open(
            Instance instance,
            Node target,
            SwitchoverOptions options,
            String operationId,
            String audit,
            Deadline deadline);

    /**
     * Takes up a switchover that was begun by a process which has ended: takes its lease again, and gives a session whose
     * steps are rebuilt from what is in the journal and from what is observed. Every step of it may have been applied, half
     * applied, undone or half undone. Works while the old primary does not answer: the lease on the target is what counts.
     * Changes nothing but the lease, and what ends with it. May be called again.
     *
     * @throws LeaseHeldException if somebody else holds the lease, be it a node that has not noticed yet that the process
     *     ended: the message then names {@code interrupted}'s operation
     * @throws BackendException if the lease on the target cannot be had, or the steps cannot be rebuilt
     */
    SwitchoverSession resume(InterruptedSwitchover interrupted, Deadline deadline);

    /**
     * Who holds the lease on an instance now, since when and in which phase, as far as the nodes tell; empty if nobody seems to. Changes
     * nothing, and is no promise: the lease itself decides. The default knows of nobody.
     *
     * @throws UnknownInstanceException if this backend has no such instance
     */
    default Optional<String> leaseHolder(String instanceId, Deadline deadline) {
        return Optional.empty();
    }

    /** What the product itself can do. The coordinator does without what is not there. Default: nothing. */
    default Set<Capability> capabilities() {
        return Set.of();
    }

    /**
     * Sets when planned work on the instance may start, in the product itself; {@link #describe} shows it from then on.
     * Called only with {@link Capability#MAINTENANCE_WINDOW}: otherwise the coordinator keeps the window in its journal.
     *
     * @throws UnknownInstanceException if this backend has no such instance
     * @throws BackendException if it was not set, or may not have been
     */
    default void modifyMaintenanceWindow(String instanceId, MaintenanceWindow window, Deadline deadline) {
        throw new BackendException("%s keeps no maintenance windows".formatted(name()));
    }

    /**
     * Sets whether the product fails over by itself; {@link #describe} shows it from then on. May be repeated. Called only
     * with {@link Capability#FAILOVER_MODE}.
     *
     * @throws UnknownInstanceException if this backend has no such instance
     * @throws BackendException if it was not set, or may not have been
     */
    default void modifyFailoverMode(String instanceId, FailoverMode mode, Deadline deadline) {
        throw new BackendException("%s never fails over by itself".formatted(name()));
    }

    /** What a product can do itself. */
    enum Capability {
        /** Keeps a maintenance window per instance. */
        MAINTENANCE_WINDOW,
        /** Fails over by itself, and can be told not to until a time. */
        FAILOVER_MODE
    }

    /** Frees what this backend holds open. Idempotent, bounded in time, does not touch the instances. */
    @Override
    void close();
}
