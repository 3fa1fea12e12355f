/**
 * What a database product or a source of traffic implements to take part in a switchover. May change faster than
 * {@code io.switchover4j}; the contract of each type is checked by the abstract JUnit classes of the testkit.
 */
@NullMarked
package io.switchover4j.spi;

import org.jspecify.annotations.NullMarked;
