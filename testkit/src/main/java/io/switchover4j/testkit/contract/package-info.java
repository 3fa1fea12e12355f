/**
 * The contracts of the SPI as abstract JUnit classes. Whoever implements {@code SwitchoverBackend},
 * {@code TrafficParticipant} or {@code SwitchoverJournal} extends the class of that name, supplies what its abstract methods
 * ask for, and runs it against the real thing.
 */
@NullMarked
package io.switchover4j.testkit.contract;

import org.jspecify.annotations.NullMarked;
