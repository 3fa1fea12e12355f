/** Mains, one idea each. */
@NullMarked
package io.switchover4j.examples;

import org.jspecify.annotations.NullMarked;
