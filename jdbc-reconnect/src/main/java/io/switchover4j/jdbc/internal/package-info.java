/** How the DataSource does it: the gate, the watch, and the handles that outlive a physical connection. */
@NullMarked
package io.switchover4j.jdbc.internal;

import org.jspecify.annotations.NullMarked;
