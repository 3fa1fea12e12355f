/** The work behind {@code io.switchover4j.postgresql}. Not exported. */
@NullMarked
package io.switchover4j.postgresql.internal;

import org.jspecify.annotations.NullMarked;
