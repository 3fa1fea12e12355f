package io.switchover4j.jdbc;

/**
 * The calls of an application, and what outages did to them. Immutable; exact once the application rests.
 *
 * <p>A request is what lies between taking a connection and closing it; a call is an executed statement or batch, a commit or a
 * rollback, not a mere reading of a row. {@code docs/statistics.md} puts the figures beside those of Oracle's
 * {@code ReplayStatistics}.
 *
 * @param requests how many connections were taken
 * @param completedRequests how many of them were closed
 * @param calls how many calls were made
 * @param protectedCalls how many of them were part of a transaction that would have been replayed
 * @param affectedByOutages how many failed because their connection was lost
 * @param triggeringReplay how many of these began a replay
 * @param affectedDuringReplay how many replays were cut by a further outage, and begun again
 * @param notApplied how many times the application was told that its work is certainly not applied (SQLState 40001)
 * @param unknownOutcomes how many times it was told that the outcome is unknown (SQLState 08007)
 */
public record CallStatistics(
        long requests,
        long completedRequests,
        long calls,
        long protectedCalls,
        long affectedByOutages,
        long triggeringReplay,
        long affectedDuringReplay,
        long notApplied,
        long unknownOutcomes) {}
