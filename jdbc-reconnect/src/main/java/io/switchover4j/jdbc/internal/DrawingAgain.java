package io.switchover4j.jdbc.internal;

import java.sql.Connection;

/**
 * Where a lost transaction that drew numbers is done again. Immutable.
 *
 * @param on the new physical connection
 * @param node the node that it reaches
 * @param server the server process that is the primary now, as the watch knows it
 * @param epoch counts the primaries
 */
record DrawingAgain(Connection on, String node, String server, long epoch, DrawnKeys keys) {}
