package io.switchover4j.jdbc.internal;

/**
 * What a node said when it was asked what it is. Immutable.
 *
 * @param writable whether it says it is primary
 * @param history the number of its history, where the database has one (PostgreSQL: the timeline); 0 if not
 * @param server identifies the server process, so that a moved endpoint is seen
 */
record RoleAnswer(boolean writable, long history, String server) {}
