package io.switchover4j.jdbc.internal;

import java.time.Duration;

/**
 * What the gate is told at its construction. Immutable.
 *
 * @param name the DataSource's name, for messages
 * @param reconnectTimeout the longest a unit waits for a primary and a connection
 * @param maxConcurrentReleases how many waiting units are woken at once
 * @param selectsAreSafe whether the application declared that its queries have no side effects
 * @param rules when an observation counts
 * @param replay how lost transactions are replayed
 */
record GateOptions(
        String name,
        Duration reconnectTimeout,
        int maxConcurrentReleases,
        boolean selectsAreSafe,
        WatchRules rules,
        ReplayOptions replay) {}
