/** A drop-in {@link javax.sql.DataSource} that survives the switch of the database beneath it. */
@NullMarked
package io.switchover4j.jdbc;

import org.jspecify.annotations.NullMarked;
