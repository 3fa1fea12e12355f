package io.switchover4j.jdbc;

import java.time.Duration;

/**
 * What a DataSource went through since it was built. Immutable.
 *
 * @param primaries how many primaries it has seen, the first included
 * @param suspicions how many times a node was suspected, because it owed an answer for too long
 * @param holds how many switchovers held its traffic
 * @param held how long the holds lasted that have ended, all together
 * @param longestHold how long the longest of them lasted
 * @param waits how many times a unit of work waited
 * @param waited how long they waited, all together
 * @param longestWait how long the longest of them waited
 * @param waiting how many wait now
 * @param timedOut how many waited in vain
 * @param letThrough how many passed a hold, because an open unit needed them
 * @param cutOff how many were ended from outside
 * @param calledBack how many threads were called back from the pool of a node that was not the primary any more
 * @param troubles how many errors looked like a lost or demoted node
 */
public record ReconnectStatistics(
        long primaries,
        long suspicions,
        long holds,
        Duration held,
        Duration longestHold,
        long waits,
        Duration waited,
        Duration longestWait,
        int waiting,
        long timedOut,
        long letThrough,
        long cutOff,
        long calledBack,
        long troubles) {}
