package io.switchover4j.jdbc.internal;

/**
 * A session, as the server knows it. Immutable.
 *
 * @param id the process; another session may have it later
 * @param since when it began, in microseconds: together with the id it is never given again
 */
record Backend(int id, long since) {}
