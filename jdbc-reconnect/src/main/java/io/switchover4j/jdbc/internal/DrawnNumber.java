package io.switchover4j.jdbc.internal;

/**
 * A number that the application drew from a sequence. Immutable.
 *
 * @param sequence its name, as SQL text has it
 * @param server the server process that gave it, as the watch knows it
 */
record DrawnNumber(String sequence, long number, String server) {}
