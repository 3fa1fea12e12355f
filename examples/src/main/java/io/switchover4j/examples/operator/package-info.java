/**
 * A small command line for operators over the public API. One process, {@code run}, holds the journal and carries out what waits in
 * it; every other command asks that process, so that all of them act on one coordinator.
 */
@NullMarked
package io.switchover4j.examples.operator;

import org.jspecify.annotations.NullMarked;
