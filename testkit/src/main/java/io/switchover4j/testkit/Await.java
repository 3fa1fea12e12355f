package io.switchover4j.testkit;

import io.switchover4j.spi.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for what can only be polled. */
final class Await {

    private Await() {}

    /**
     * @param what continues "Interrupted while waiting until ..."
     * @return whether the condition became true in time
     * @throws PairException if the caller was interrupted
     */
    static boolean until(String what, Duration timeout, Duration poll, BooleanSupplier condition) {
        Deadline deadline = Deadline.after(timeout);
        while (!condition.getAsBoolean()) {
            if (deadline.isExpired()) {
                return false;
            }
            try {
                TimeUnit.NANOSECONDS.sleep(poll.toNanos());
            } catch (InterruptedException e) {
                throw PairException.interrupted("waiting until " + what);
            }
        }
        return true;
    }
}
