package io.switchover4j.postgresql.internal;

import io.switchover4j.PlannedStep;
import io.switchover4j.Timeline;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.StepContext;

/** The point of no return. Everything is asked on the session that holds the target's lock: who lost it cannot promote. */
final class Promote extends Step {

    private static final String ROLE = """
            SELECT r.recovering,
              CASE WHEN r.recovering THEN 0
                ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int END,
              CASE WHEN r.recovering THEN '0/0' ELSE pg_current_wal_insert_lsn() END
            FROM (SELECT pg_is_in_recovery() AS recovering) r""";

    /** One statement: who does not hold the target's lock, or meets a server that takes writes already, changes nothing. */
    private static final String PROMOTE = """
            SELECT r.recovering, r.held, CASE WHEN r.recovering AND r.held THEN pg_promote(false) ELSE false END
            FROM (SELECT pg_is_in_recovery() AS recovering, %s AS held) r""".formatted(Lease.HELD_HERE);

    Promote(Operation operation, PlannedStep description) {
        super(operation, description);
    }

    private record TargetRole(boolean recovering, int timeline, Lsn position) {}

    private record Request(boolean wasRecovering, boolean held, boolean accepted) {}

    @Override
    public void apply(StepContext context) {
        Deadline deadline = context.deadline();
        PgSession target = operation.lease().target();
        long began = operation.time().nanoTime();
        if (mayBePromoted(target, deadline)) {
            operation.mark().set(target, deadline);
            request(target, deadline);
        }
        TargetRole role = awaitPromotion(target, deadline);
        context.note("promoted after", operation.millisSince(began));
        if (role.timeline() <= operation.oldTimeline()) {
            throw new BackendException("%s takes writes on timeline %d, which is not newer than the old primary's %d"
                    .formatted(target.node(), role.timeline(), operation.oldTimeline()));
        }
        context.note("timeline", Integer.toString(role.timeline()));
        context.promotedPosition(role.position().toString());
        if (!operation.lineage().isEmpty()) {
            context.promotedTimeline(new Timeline(operation.lineage(), role.timeline()));
        }
    }

    /** False if it takes writes already; the fence need not hold any more then. */
    private boolean mayBePromoted(PgSession target, Deadline deadline) {
        if (operation.isFailover()) {
            return role(target, deadline).recovering();
        }
        try {
            operation.requireFence();
            return true;
        } catch (BackendException e) {
            if (role(target, deadline).recovering()) {
                throw e;
            }
            return false;
        }
    }

    private void request(PgSession target, Deadline deadline) {
        Request request = target.one(
                "promote",
                PROMOTE,
                deadline,
                row -> new Request(row.getBoolean(1), row.getBoolean(2), row.getBoolean(3)));
        if (request.wasRecovering() && !request.held()) {
            throw operation.lease().lost(target.node());
        }
        if (request.wasRecovering() && !request.accepted()) {
            throw new BackendException("%s did not accept the request to promote".formatted(target.node()));
        }
    }

    private TargetRole awaitPromotion(PgSession target, Deadline deadline) {
        TargetRole role = role(target, deadline);
        while (role.recovering()) {
            if (deadline.isExpired()) {
                throw new BackendException("%s was asked to promote and is still in recovery".formatted(target.node()));
            }
            Waiting.sleep(Waiting.FINE);
            role = role(target, deadline);
        }
        return role;
    }

    private static TargetRole role(PgSession target, Deadline deadline) {
        return target.one(
                "ask for the role",
                ROLE,
                deadline,
                row -> new TargetRole(row.getBoolean(1), row.getInt(2), Lsn.parse(row.getString(3))));
    }

    /** Only removes the mark, and only once it is certain that nothing was promoted. */
    @Override
    public void undo(StepContext context) {
        removeMark(operation, context.deadline());
    }

    static void removeMark(Operation operation, Deadline deadline) {
        Resolution resolution = new PromotionProbe(operation).resolve(deadline);
        if (resolution.verdict() != Resolution.Verdict.NOT_PROMOTED) {
            throw new BackendException("The promotion cannot be undone: %s. Do not start the old primary as a primary"
                    .formatted(resolution.evidence()));
        }
        PgSession target = operation.lease().regainTarget(deadline);
        for (String mark : IntentMark.all(target, deadline)) {
            if (!operation.mark().isNamed(mark)) {
                throw new BackendException("%s bears the mark '%s' of another switchover that may have promoted it"
                        .formatted(target.node(), mark));
            }
        }
        operation.mark().remove(target, deadline);
    }
}
