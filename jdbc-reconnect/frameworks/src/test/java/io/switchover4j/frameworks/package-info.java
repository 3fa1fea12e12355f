/** Frameworks over the DataSource while the database beneath is switched. */
@NullMarked
package io.switchover4j.frameworks;

import org.jspecify.annotations.NullMarked;
