package io.switchover4j.jdbc;

import java.time.Duration;

/**
 * What a DataSource went through since it was built. Immutable.
 *
 * @param primaries how many primaries it has seen, the first included
 * @param holds how many switchovers held its traffic
 * @param waits how many times a unit of work waited
 * @param waited how long they waited, all together
 * @param waiting how many wait now
 * @param timedOut how many waited in vain
 * @param letThrough how many passed a hold, because an open unit needed them
 * @param cutOff how many were ended from outside
 * @param troubles how many errors looked like a lost or demoted node
 */
public record ReconnectStatistics(
        long primaries,
        long holds,
        long waits,
        Duration waited,
        int waiting,
        long timedOut,
        long letThrough,
        long cutOff,
        long troubles) {}
