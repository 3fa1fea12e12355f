package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.LedgerStatistics;
import java.util.concurrent.atomic.LongAdder;

/** What the ledger was asked; none of it is counted on the hot path. Thread-safe. */
final class LedgerCounters {

    final LongAdder opened = new LongAdder();
    final LongAdder settled = new LongAdder();
    final LongAdder committed = new LongAdder();
    final LongAdder notCommitted = new LongAdder();
    final LongAdder unknown = new LongAdder();
    final LongAdder lostAcknowledged = new LongAdder();

    LedgerStatistics snapshot() {
        return new LedgerStatistics(
                opened.sum(),
                settled.sum(),
                committed.sum(),
                notCommitted.sum(),
                unknown.sum(),
                lostAcknowledged.sum());
    }
}
