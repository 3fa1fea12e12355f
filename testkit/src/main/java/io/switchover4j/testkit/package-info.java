/**
 * Real primary/standby pairs from Maven-delivered server binaries, a workload that judges what a switchover did to it, a
 * probe of the servers' own pause, and an endpoint that moves.
 */
@NullMarked
package io.switchover4j.testkit;

import org.jspecify.annotations.NullMarked;
