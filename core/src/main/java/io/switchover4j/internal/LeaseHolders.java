package io.switchover4j.internal;

import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.SwitchoverBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who is switching instances, as far as their nodes tell by a deadline; who does not tell is not waited for. Thread-safe. */
final class LeaseHolders {

    private static final Logger log = LoggerFactory.getLogger(LeaseHolders.class);

    /** So many instances are asked side by side: one that does not answer takes seconds. */
    private static final int AT_ONCE = 16;

    private final SwitchoverBackend backend;
    private final Threads threads;

    LeaseHolders(SwitchoverBackend backend, Threads threads) {
        this.backend = backend;
        this.threads = threads;
    }

    /** Empty if nobody seems to hold the lease, or if that could not be found out. */
    Optional<String> of(String instanceId, Deadline deadline) {
        if (deadline.isExpired()) {
            log.debug("{}: there was no time left to find out who holds the lease", instanceId);
            return Optional.empty();
        }
        try {
            return backend.leaseHolder(instanceId, deadline);
        } catch (BackendException e) {
            log.debug("{}: who holds the lease could not be found out", instanceId, e);
            return Optional.empty();
        }
    }

    /**
     * Those that could be found out, by instance.
     *
     * @throws BackendException if interrupted
     */
    Map<String, String> of(List<String> instanceIds, Deadline deadline) {
        Map<String, String> holders = new ConcurrentHashMap<>();
        Queue<String> left = new ConcurrentLinkedQueue<>(instanceIds);
        Runnable asking = () -> {
            for (String id = left.poll(); id != null; id = left.poll()) {
                String asked = id;
                of(asked, deadline).ifPresent(holder -> holders.put(asked, holder));
            }
        };
        List<FutureTask<Boolean>> others = new ArrayList<>();
        try {
            for (int i = 1; i < Math.min(AT_ONCE, instanceIds.size()); i++) {
                FutureTask<Boolean> other = new FutureTask<>(asking, true);
                others.add(other);
                threads.create("overview-" + i, other).start();
            }
            asking.run();
            for (FutureTask<Boolean> other : others) {
                await(other, deadline);
            }
        } finally {
            others.forEach(other -> other.cancel(true));
        }
        return Map.copyOf(holders);
    }

    private static void await(FutureTask<Boolean> other, Deadline deadline) {
        try {
            other.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            log.debug("Who holds the leases of some instances could not be found out in time");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackendException("Interrupted while asking who holds the leases. Nothing was changed", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error defect) {
                throw defect;
            }
            throw new IllegalStateException(e.getCause());
        }
    }
}
