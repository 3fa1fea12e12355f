package io.switchover4j.jdbc;

/**
 * Everything that a {@link ReconnectingDataSource} counts, at one moment. Immutable; the figures count from when it was built.
 *
 * @param name the name of the DataSource
 * @param primary the name of the node that is the primary; empty if none is known
 * @param open whether a unit of work would start now
 * @param traffic primaries, holds, waiting
 * @param calls the application's calls, and what outages did to them
 * @param replay what became of lost transactions
 * @param ledger what the commit ledger found out
 */
public record DataSourceStatistics(
        String name,
        String primary,
        boolean open,
        ReconnectStatistics traffic,
        CallStatistics calls,
        ReplayStatistics replay,
        LedgerStatistics ledger) {}
