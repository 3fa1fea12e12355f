package io.switchover4j.jdbc;

/**
 * What the commit ledger of a DataSource was asked, and what it answered. Immutable.
 *
 * @param slotsOpened how many slots were opened in the table
 * @param settled how many commits with a lost answer were looked into
 * @param committed how many of them were found committed
 * @param notCommitted how many of them were closed, so that they never will be committed
 * @param unknown how many of them stayed unknown
 * @param lostAcknowledged how many acknowledged commits a new primary did not have
 */
public record LedgerStatistics(
        long slotsOpened, long settled, long committed, long notCommitted, long unknown, long lostAcknowledged) {}
