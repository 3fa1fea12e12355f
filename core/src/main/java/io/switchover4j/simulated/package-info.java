/**
 * Databases that exist in memory, and a clock that a test moves: for tests of what starts, watches and schedules switchovers.
 * Nothing in here reaches a network or waits for real time.
 */
@NullMarked
package io.switchover4j.simulated;

import org.jspecify.annotations.NullMarked;
