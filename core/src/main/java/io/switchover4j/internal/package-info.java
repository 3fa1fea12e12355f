/** The coordinator: its state machine and the runner that carries out what the machine decides. Not exported. */
@NullMarked
package io.switchover4j.internal;

import org.jspecify.annotations.NullMarked;
