package io.switchover4j.postgresql.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How long writes would pause, from figures of the two nodes. Immutable. */
record PausePrediction(Duration pause, List<String> reasons) {

    /** Stop, barrier and promotion of an idle pair with segments of 1 MiB, as measured. */
    private static final int BASE_MILLIS = 120;

    /** A promotion fills the first segment of the new timeline: 50 ms more for 16 MiB than for 1 MiB. */
    private static final int MILLIS_PER_SEGMENT_MIB = 3;

    /** What is dirty again at the stop although a checkpoint was made before: 62 ms more for 70 MiB. */
    private static final int MIB_OF_LOG_PER_MILLI = 1;

    /** Replay runs at about this rate where it has to catch up. */
    private static final int LAG_MIB_PER_SECOND = 50;

    /** Of a failover, from the fence on: how long the primary was silent before is not known. */
    static PausePrediction ofFailover(NodeFacts target, Follower follower) {
        long segment = (target.number("wal_segment_size") >> 20) * MILLIS_PER_SEGMENT_MIB;
        long replay = (follower.backlog() >> 20) * 1_000 / LAG_MIB_PER_SECOND;
        return new PausePrediction(
                Duration.ofMillis(BASE_MILLIS + segment + replay),
                List.of(
                        "%d ms to promote an idle standby".formatted(BASE_MILLIS),
                        "%d ms for a log segment of %d MiB".formatted(segment, target.number("wal_segment_size") >> 20),
                        "%d ms to replay %s".formatted(replay, Checks.bytes(follower.backlog())),
                        "up to %d ms more where the old primary's host does not answer"
                                .formatted(FenceByForce.LIMIT.toMillis())));
    }

    static PausePrediction of(NodeFacts primary, NodeFacts target) {
        List<String> reasons = new ArrayList<>();
        long millis = BASE_MILLIS;
        reasons.add("%d ms to stop, confirm and promote an idle pair".formatted(BASE_MILLIS));

        long segment = target.number("wal_segment_size") >> 20;
        millis += segment * MILLIS_PER_SEGMENT_MIB;
        reasons.add("%d ms for a log segment of %d MiB".formatted(segment * MILLIS_PER_SEGMENT_MIB, segment));

        long buffers = primary.number("shared_buffers") * 8_192;
        long dirty = Math.min(primary.bytesSinceCheckpoint(), buffers) >> 20;
        millis += dirty / MIB_OF_LOG_PER_MILLI;
        reasons.add("%d ms for %d MiB of changes since the last checkpoint, most of which are written before"
                .formatted(dirty / MIB_OF_LOG_PER_MILLI, dirty));

        long lag = primary.answer().position().bytesAfter(target.answer().position());
        long lagMillis = (lag >> 20) * 1_000 / LAG_MIB_PER_SECOND;
        long atTheStop = Math.min(lagMillis, Rehearse.CLOSE_ENOUGH.toMillis());
        millis += atTheStop;
        reasons.add(
                "%d ms for a replay that is %s behind and catches up before".formatted(atTheStop, Checks.bytes(lag)));

        reasons.add(
                "0 ms for %d files to archive: they are waited for by the rejoin".formatted(primary.filesToArchive()));
        reasons.add(
                "0 ms for the longest transaction, open for %.1f s: new work is held before, until it ends or is given up"
                        .formatted(primary.longestTransactionSeconds()));
        return new PausePrediction(Duration.ofMillis(millis), List.copyOf(reasons));
    }
}
