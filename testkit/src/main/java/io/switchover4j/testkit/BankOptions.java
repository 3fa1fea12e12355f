package io.switchover4j.testkit;

import java.time.Duration;

/** What a bank was asked to be. Immutable; the meaning of each stands at {@link Bank.Builder}. */
record BankOptions(
        int accounts,
        int workers,
        long initialBalance,
        long seed,
        Bank.Retry retry,
        Duration duration,
        long transfers,
        Duration thinkTime,
        Duration stopTimeout) {}
