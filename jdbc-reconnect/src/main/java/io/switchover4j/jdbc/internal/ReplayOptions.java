package io.switchover4j.jdbc.internal;

/**
 * How lost transactions of a DataSource are replayed. Immutable.
 *
 * @param on whether they are
 * @param limitBytes how much may be remembered of one transaction
 * @param counters where it is counted
 */
record ReplayOptions(boolean on, int limitBytes, ReplayCounters counters) {

    static final int DEFAULT_LIMIT = 64 * 1024;
    static final ReplayOptions OFF = new ReplayOptions(false, DEFAULT_LIMIT, new ReplayCounters(""));
}
