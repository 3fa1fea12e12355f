/**
 * Real primary/standby pairs from Maven-delivered server binaries, a workload that judges what a switchover did to it, a
 * probe of the servers' own pause, an endpoint that moves, and a proxy that injects faults at exact places of the protocol.
 */
@NullMarked
package io.switchover4j.testkit;

import org.jspecify.annotations.NullMarked;
