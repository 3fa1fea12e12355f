package io.switchover4j;

import java.util.List;

/** How an instance is doing, as far as switching it goes. */
public enum InstanceStatus {
    /** One node is primary, and every node that its edition promises does its part. */
    RUNNING,
    /** One node is primary, but not every other node follows it: repair replication before any switch. */
    DEGRADED,
    /** A switchover is under way: other changing operations are refused until it has ended. */
    SWITCHING,
    /** A forced failover is under way: other changing operations are refused until it has ended. */
    FAILING_OVER,
    /**
     * No node, or more than one, says that it is primary; or a switchover ended so and nobody has repaired it yet; or its newest
     * switchover has not ended, and what it was asked for cannot be read from the journal, so that nobody takes it up.
     */
    NEEDS_OPERATOR;

    /** What the nodes alone say. */
    static InstanceStatus of(Edition edition, List<Node> nodes) {
        long primaries =
                nodes.stream().filter(node -> node.role() == Role.PRIMARY).count();
        if (primaries != 1) {
            return NEEDS_OPERATOR;
        }
        boolean whole = nodes.size() > 1 || !edition.hasStandby();
        return whole && nodes.stream().allMatch(InstanceStatus::doesItsPart) ? RUNNING : DEGRADED;
    }

    private static boolean doesItsPart(Node node) {
        return node.role() == Role.PRIMARY
                || node.replication()
                        .filter(replication -> replication.state() == Replication.State.STREAMING)
                        .isPresent();
    }
}
