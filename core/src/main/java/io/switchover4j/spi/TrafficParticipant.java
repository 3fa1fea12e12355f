package io.switchover4j.spi;

import io.switchover4j.Check;
import io.switchover4j.Topology;
import java.util.List;

/**
 * A source of traffic to an instance that can be held while the instance is switched: a DataSource, a proxy, an endpoint
 * that is re-pointed. Thread-safe.
 *
 * <p>The coordinator calls {@link #prepare} and {@link #hold} on all participants at once, and {@link #release} in the order in
 * which they were registered. A release follows every hold, also one that failed. A participant that is never released because
 * the coordinator died goes on by itself after {@link HoldRequest#holdUntil()}.
 */
public interface TrafficParticipant {

    /** A short name for messages. */
    String name();

    /** What the dry run should say about this traffic, for example sessions that cannot move. Changes nothing. */
    default List<Check> check() {
        return List.of();
    }

    /**
     * The units of work that are open now: the dry run says which of them would outlast the drain. Changes nothing, waits for
     * nobody. The default knows of none.
     */
    default List<OpenUnit> openUnits() {
        return List.of();
    }

    /**
     * Whether {@link #hold} waits for open units: false for what knows connections alone, such as an address that is
     * re-pointed. Where no participant does, the dry run warns of it.
     */
    default boolean drains() {
        return true;
    }

    /**
     * Gets ready for a hold that is near, while traffic flows: does what would otherwise lie in the pause, such as warming
     * sessions on the standby. Blocks until that is done or {@link PrepareRequest#until()} has passed. Nothing that it does may
     * need undoing: neither a hold nor a release has to follow, and a forced failover does not prepare at all. What it throws is
     * logged, and the switchover goes on.
     *
     * @throws InterruptedException if the caller was interrupted, which it is when the time is over
     */
    default void prepare(PrepareRequest request) throws InterruptedException {}

    /**
     * Lets new units of work wait and blocks until the open ones have ended or {@link HoldRequest#drainUntil()} has
     * passed. New units go on waiting after it returned, whatever it returned. A second call with the same operation id
     * waits again for what is still open.
     *
     * @throws InterruptedException if the caller was interrupted; new units go on waiting until {@link #release}
     */
    DrainResult hold(HoldRequest request) throws InterruptedException;

    /**
     * Ends the units that are still open, so that none of them can reach the database any more. Each gets an error that
     * says with certainty what became of it, or is done again, unseen, on the primary after the release. Without effect where
     * nothing is open. Called on a thread of its own, which is interrupted when the pause budget has run out; the switchover is
     * then given up.
     *
     * @return how many units were ended
     */
    int cut(String operationId);

    /**
     * Lets the waiting units go on, on the primary of {@code topology}. Returns at once; reconnecting is done elsewhere.
     * Without effect if this operation holds nothing. Must not throw: what it throws is logged and told in the report.
     *
     * <p>The topology is what the coordinator observed last; with a {@link Topology#timeline()} it saw that node itself take
     * writes on it an instant ago. Where a switchover ends in NEEDS_OPERATOR that node may not
     * take writes any more: a participant that can ask the nodes themselves asks them before units go on. A hold that comes
     * to its end only after the release is released once more.
     */
    void release(String operationId, Topology topology);
}
