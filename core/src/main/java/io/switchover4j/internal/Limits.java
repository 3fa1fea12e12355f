package io.switchover4j.internal;

import io.switchover4j.SwitchoverRequest;
import java.time.Duration;

/**
 * Every time-out that a request does not set. Immutable.
 *
 * @param observe for asking every node what it is
 * @param lease for taking the lease
 * @param check for all checks of the backend together, and for its plan
 * @param prepare for the participants to get ready while traffic flows, where the catch-up time-out does not end sooner
 * @param verifyLease for finding out whether the lease is still held, where the pause budget does not end sooner
 * @param promote for the promotion
 * @param resolve for finding out whether a promotion in doubt took place
 * @param firstWrite for the first write on the new primary
 * @param rest before the rejoin begins, for which nobody waits: until then the new primary's processors and disk are left to
 *     the first transactions, which are cold
 * @param rollback for undoing everything, counted afresh
 * @param holdGrace for a participant to answer after its drain time-out
 * @param holdSlack what is added to the longest way to a release before participants release themselves
 * @param takeOver for getting at the lease of a switchover whose process ended: its machines may be starting, too
 * @param listeners for delivering the last events when the coordinator is closed
 */
record Limits(
        Duration observe,
        Duration lease,
        Duration check,
        Duration prepare,
        Duration verifyLease,
        Duration promote,
        Duration resolve,
        Duration firstWrite,
        Duration rest,
        Duration rollback,
        Duration holdGrace,
        Duration holdSlack,
        Duration takeOver,
        Duration listeners) {

    static final Limits STANDARD = new Limits(
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(2),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ofMillis(100),
            Duration.ofSeconds(30),
            Duration.ofSeconds(1),
            Duration.ofSeconds(10),
            Duration.ofMinutes(10),
            Duration.ofSeconds(5));

    /** How long a participant waits for its release before it goes on by itself. */
    Duration hold(SwitchoverRequest request) {
        return request.pauseBudget().plus(promote).plus(resolve).plus(holdSlack);
    }

    /** The longest that a switchover which can no longer go forward from before its fence, or is past it, may take. */
    Duration untilEnd(SwitchoverRequest request) {
        return hold(request)
                .plus(rollback)
                .plus(firstWrite)
                .plus(rest)
                .plus(request.rejoinTimeout())
                .plus(observe.multipliedBy(2))
                .plus(holdGrace);
    }
}
