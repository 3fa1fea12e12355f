/**
 * Models databases that consist of a primary and standbys, and switches them.
 *
 * <pre>{@code
 * SwitchoverRequest request = SwitchoverRequest.of("orders")
 *         .requestedBy("alice", "kernel update of rack 7")
 *         .build();
 * Preflight preflight = coordinator.preflight(request); // changes nothing
 * if (preflight.isPassed()) {
 *     SwitchoverReport report = coordinator.start(request).await();
 *     log.info(report.describe());
 * }
 * }</pre>
 *
 * <p>{@link io.switchover4j.SwitchoverCoordinator} says how a coordinator is made.
 *
 * <h2>Glossary</h2>
 * <dl>
 *   <dt>primary</dt><dd>The node that takes writes. Elsewhere also: master, source, leader.</dd>
 *   <dt>standby</dt><dd>A node that follows the primary and can take its place. Elsewhere also: slave, replica, backup.</dd>
 *   <dt>switchover</dt><dd>A planned exchange of the two roles that loses nothing. Elsewhere also: handover.</dd>
 *   <dt>failover</dt><dd>A forced promotion while the primary may be gone.</dd>
 *   <dt>promote, demote</dt><dd>Make a standby the primary, a primary a standby.</dd>
 *   <dt>fence</dt><dd>Keep a node from taking writes, verified by observation.</dd>
 *   <dt>unit of work</dt><dd>A transaction, or one statement in autocommit mode.</dd>
 *   <dt>hold, drain, release</dt><dd>Let new units of work wait; let open ones finish; let the waiting ones go on.</dd>
 *   <dt>lag</dt><dd>What the primary has written and the standby has not applied yet.</dd>
 *   <dt>timeline</dt><dd>The history of a database since its last promotion; a newer one outranks an older one.</dd>
 *   <dt>position</dt><dd>A place in that history: an LSN or a set of GTIDs.</dd>
 *   <dt>lease</dt><dd>The exclusive right to switch an instance, held on its nodes.</dd>
 *   <dt>rejoin</dt><dd>Attach the old primary to the new one as its standby.</dd>
 *   <dt>pause</dt><dd>The time in which no write is accepted. Elsewhere also: downtime, outage, write gap.</dd>
 *   <dt>zone, region</dt><dd>What fails together; where zones are close to each other.</dd>
 *   <dt>edition</dt><dd>How much redundancy an instance has; a basic edition has no standby.</dd>
 *   <dt>maintenance window</dt><dd>When planned work may start. Elsewhere also: maintenance period.</dd>
 *   <dt>failover mode</dt><dd>Whether a product fails over by itself, or waits for a person until a time.</dd>
 * </dl>
 */
@NullMarked
package io.switchover4j;

import org.jspecify.annotations.NullMarked;
