package io.switchover4j.jdbc;

import java.util.Map;

/**
 * What JMX shows of a {@link ReconnectingDataSource}, under
 * {@code io.switchover4j:type=ReconnectingDataSource,name="NAME"}. Its figures are those of {@link DataSourceStatistics}, where
 * they are explained; times are in milliseconds.
 */
public interface ReconnectingDataSourceMXBean {

    String getName();

    /** Empty if none is known. */
    String getPrimary();

    /** Whether a unit of work would start now. */
    boolean isOpen();

    long getPrimaries();

    long getSuspicions();

    long getHolds();

    long getHeldMillis();

    long getLongestHoldMillis();

    int getWaitingUnits();

    long getWaits();

    long getWaitedMillis();

    long getLongestWaitMillis();

    long getTimedOutUnits();

    long getUnitsLetThrough();

    long getUnitsCutOff();

    long getThreadsCalledBack();

    long getTroubles();

    long getRequests();

    long getCompletedRequests();

    long getCalls();

    long getProtectedCalls();

    long getCallsAffectedByOutages();

    long getCallsTriggeringReplay();

    long getCallsAffectedByOutagesDuringReplay();

    long getUnitsNotApplied();

    long getUnknownOutcomes();

    long getReplayAttempts();

    long getSuccessfulReplays();

    long getFailedReplays();

    /** By {@link ReplayOff}. */
    Map<String, Long> getReplaysRefused();

    /** By {@link ReplayOff}. */
    Map<String, Long> getReplayDisablings();

    long getSettledCommitted();

    long getSettledNotApplied();

    long getSettledUnknown();

    long getLostAcknowledgedCommits();
}
