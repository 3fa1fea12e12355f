package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.LostCommits;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * What a user chose for a commit ledger. Immutable.
 *
 * @param commitsPerSlot after how many commits a slot gives way to a fresh one
 * @param retention how old a slot must be to be deleted by anybody
 * @param listener is told of acknowledged commits that a new primary does not have
 */
record LedgerOptions(LedgerTable table, int commitsPerSlot, Duration retention, Consumer<LostCommits> listener) {

    static LedgerOptions of(LedgerTable table) {
        return new LedgerOptions(table, 200, Duration.ofDays(1), lost -> {});
    }
}
