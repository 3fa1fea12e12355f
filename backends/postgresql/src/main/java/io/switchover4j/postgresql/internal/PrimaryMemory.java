package io.switchover4j.postgresql.internal;

import io.switchover4j.TimeSource;
import io.switchover4j.postgresql.internal.Observation.NodeReply;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How far the primaries had come when they were seen last: what the loss of a failover is estimated from, once the primary
 * does not answer any more. Thread-safe.
 */
final class PrimaryMemory {

    private final TimeSource time;
    private final Map<String, Sighting> newest = new ConcurrentHashMap<>();

    PrimaryMemory(TimeSource time) {
        this.time = time;
    }

    /**
     * A primary as it was seen.
     *
     * @param position what it had written
     * @param synchronousTo whether the other node was its synchronous standby
     * @param atNanos when it was asked
     */
    record Sighting(NodeConfig node, int timeline, Lsn position, boolean synchronousTo, long atNanos) {

        /** An older timeline says nothing about a newer one, whoever is seen on it. */
        private static Sighting newer(Sighting one, Sighting other) {
            if (one.timeline != other.timeline) {
                return one.timeline > other.timeline ? one : other;
            }
            return other.atNanos - one.atNanos >= 0 ? other : one;
        }
    }

    /**
     * @param askedAt when the nodes were asked, on the monotonic clock
     */
    void saw(Observation observation, long askedAt) {
        observation.primary().ifPresent(primary -> saw(observation, primary, askedAt));
    }

    private void saw(Observation observation, NodeReply primary, long askedAt) {
        primary.answer()
                .ifPresent(said -> newest.merge(
                        observation.config().id(),
                        new Sighting(
                                primary.node(),
                                said.timeline(),
                                said.position(),
                                observation.replies().stream()
                                        .filter(NodeReply::isStandby)
                                        .flatMap(standby -> said.senderTo(standby.node(), standby.answer()).stream())
                                        .anyMatch(NodeAnswer.Sender::isSynchronous),
                                askedAt),
                        Sighting::newer));
    }

    Optional<Sighting> of(InstanceConfig instance) {
        return Optional.ofNullable(newest.get(instance.id()));
    }

    Duration age(Sighting sighting) {
        return Duration.ofNanos(Math.max(0, time.nanoTime() - sighting.atNanos()));
    }
}
