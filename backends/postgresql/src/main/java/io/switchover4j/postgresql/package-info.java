/**
 * Switches a PostgreSQL streaming-replication pair, versions 14 to 18, that is managed by nobody else.
 *
 * <p>The old primary is fenced by a clean stop, the standby is promoted once it has replayed the last record that the old
 * primary wrote, and the old primary is started again as its standby.
 */
@NullMarked
package io.switchover4j.postgresql;

import org.jspecify.annotations.NullMarked;
