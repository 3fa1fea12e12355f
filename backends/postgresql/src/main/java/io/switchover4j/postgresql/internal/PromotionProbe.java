package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.Resolution;
import io.switchover4j.spi.Resolution.Verdict;
import java.time.Duration;
import java.util.Optional;

/**
 * Finds out by observation whether the target was promoted.
 *
 * <p>For a while after {@code pg_promote} the server still says that it is in recovery. In that time either the file
 * {@code promote} is there, or the functions that pause and resume replay say that a promotion is ongoing. So a target that
 * is in recovery, has no such file and lets replay be resumed was not promoted; and it will not be as long as we hold its
 * lock, since everybody who promotes holds it. The file goes an instant before the functions know, hence two looks.
 */
final class PromotionProbe {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(25);

    private static final String LOOK = """
            SELECT pg_is_in_recovery(), (pg_stat_file('promote', true)).modification IS NOT NULL""";

    static final String TIMELINE =
            "SELECT ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int";

    private static final String PAUSED = "SELECT pg_is_wal_replay_paused()";

    private final Operation operation;
    private String evidence = "";

    PromotionProbe(Operation operation) {
        this.operation = operation;
    }

    /** Waits for a promotion that is under way. Never throws because a node does not answer. */
    Resolution resolve(Deadline deadline) {
        int looksWithoutPromotion = 0;
        do {
            Optional<Verdict> seen;
            try {
                PgSession session = operation.lease().regainTarget(deadline);
                seen = look(session, operation.connector().probeDeadline(deadline));
            } catch (BackendException e) {
                if (Thread.currentThread().isInterrupted()) {
                    return new Resolution(Verdict.UNKNOWN, String.valueOf(e.getMessage()));
                }
                // What fails for want of time only says less than what was seen before.
                if (evidence.isEmpty() || !deadline.isExpired()) {
                    evidence = String.valueOf(e.getMessage());
                }
                seen = promotedWithoutLock(deadline);
            }
            if (seen.isPresent() && seen.get() != Verdict.NOT_PROMOTED) {
                return new Resolution(seen.get(), evidence);
            }
            looksWithoutPromotion = seen.isPresent() ? looksWithoutPromotion + 1 : 0;
            if (looksWithoutPromotion == 2) {
                return new Resolution(Verdict.NOT_PROMOTED, evidence);
            }
            Waiting.sleep(BETWEEN_LOOKS);
        } while (!deadline.isExpired());
        return new Resolution(Verdict.UNKNOWN, evidence);
    }

    /** Empty while a promotion is under way. */
    private Optional<Verdict> look(PgSession session, Deadline deadline) {
        NodeConfig target = operation.target();
        record Seen(boolean recovering, boolean requested) {}
        Seen seen =
                session.one("ask for the role", LOOK, deadline, row -> new Seen(row.getBoolean(1), row.getBoolean(2)));
        if (!seen.recovering()) {
            int timeline = session.one("ask for the timeline", TIMELINE, deadline, row -> row.getInt(1));
            evidence = "%s takes writes on timeline %d, the old primary's is %d"
                    .formatted(target, timeline, operation.oldTimeline());
            return Optional.of(timeline > operation.oldTimeline() ? Verdict.PROMOTED : Verdict.UNKNOWN);
        }
        if (seen.requested()) {
            evidence = "%s is in recovery and was asked to promote".formatted(target);
            return Optional.empty();
        }
        try {
            boolean paused = session.one("ask for replay", PAUSED, deadline, row -> row.getBoolean(1));
            // Either way replay goes on as it was; only the answer counts.
            session.run(
                    "ask whether a promotion is ongoing",
                    paused ? "SELECT pg_wal_replay_pause()" : "SELECT pg_wal_replay_resume()",
                    deadline);
        } catch (PgFailure e) {
            if (!e.isWrongState()) {
                throw e;
            }
            evidence = "%s is leaving recovery: %s".formatted(target, e.reason());
            return Optional.empty();
        }
        evidence = "%s is a standby, nobody asked it to promote, and its lock is ours".formatted(target);
        return Optional.of(Verdict.NOT_PROMOTED);
    }

    /** That it takes writes on a newer timeline is proof enough without the lock; its contrary is not. */
    private Optional<Verdict> promotedWithoutLock(Deadline deadline) {
        Deadline bound = operation.connector().probeDeadline(deadline);
        String whyNoLock = evidence;
        Optional<Verdict> seen = Optional.empty();
        try (PgSession session = operation.open(operation.target(), bound)) {
            seen = look(session, bound).filter(verdict -> verdict == Verdict.PROMOTED);
        } catch (BackendException e) {
            // The reason is known already.
        }
        if (seen.isEmpty()) {
            evidence = whyNoLock;
        }
        return seen;
    }
}
