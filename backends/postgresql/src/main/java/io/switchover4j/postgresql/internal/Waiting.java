package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for what can only be polled. */
final class Waiting {

    /** As often as the steps look while writes wait. */
    static final Duration FINE = Duration.ofMillis(1);

    static final Duration COARSE = Duration.ofMillis(10);

    private Waiting() {}

    /** Whether the condition became true before the deadline. */
    static boolean poll(Deadline deadline, Duration interval, BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            if (deadline.isExpired()) {
                return false;
            }
            sleep(interval);
        }
        return true;
    }

    /**
     * @param message what to say when the deadline has passed
     */
    static void until(Deadline deadline, Duration interval, BooleanSupplier condition, Supplier<String> message) {
        if (!poll(deadline, interval, condition)) {
            throw new BackendException(message.get());
        }
    }

    /**
     * Waits for what was begun beside.
     *
     * @param what in the infinitive
     */
    static <T> T join(CompletableFuture<T> work, String what, Deadline deadline) {
        try {
            return work.get(deadline.remainingMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw interrupted();
        } catch (TimeoutException e) {
            throw new BackendException("Could not %s in time".formatted(what), e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof BackendException failure
                    ? failure
                    : new BackendException("Could not %s: %s".formatted(what, e.getCause()), e);
        }
    }

    static void sleep(Duration interval) {
        try {
            Thread.sleep(interval.toMillis());
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    static void requireNotInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw interrupted();
        }
    }

    static BackendException interrupted() {
        Thread.currentThread().interrupt();
        return new BackendException("Waiting for a PostgreSQL server was interrupted");
    }
}
