package io.switchover4j.simulated;

import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.Deadline;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One process in which a coordinator runs: every call that it makes takes time, may go wrong, and is traced. Thread-safe. */
final class CoordinatorProcess {

    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final String name;
    private final World world;
    private final ProcessTime time;
    private final Map<Call, Duration> latencies;
    private final FaultScript faults = new FaultScript();
    private volatile boolean ended;

    CoordinatorProcess(World world, Map<Call, Duration> latencies) {
        this.name = world.nextProcess();
        this.world = world;
        this.time = new ProcessTime(world.time());
        this.latencies = latencies;
    }

    String name() {
        return name;
    }

    World world() {
        return world;
    }

    ProcessTime time() {
        return time;
    }

    FaultScript faults() {
        return faults;
    }

    Map<Call, Duration> latencies() {
        return latencies;
    }

    Duration latency(Call call) {
        return latencies.getOrDefault(call, Duration.ZERO);
    }

    boolean isEnded() {
        return ended;
    }

    /** Everything that this process still does is without effect from now on. */
    void end() {
        if (!ended) {
            ended = true;
            time.end();
            world.ended(name);
            world.happened(name, "ends", "");
        }
    }

    <T> T call(Call call, String subject, Deadline deadline, Supplier<T> effect) {
        return call(call, subject, deadline, effect, () -> {});
    }

    /**
     * @param effect what the call changes
     * @param rest what it waits for afterwards
     */
    <T> T call(Call call, String subject, Deadline deadline, Supplier<T> effect, Runnable rest) {
        requireAlive();
        requireNotInterrupted();
        String what = subject.isEmpty() ? call.name() : call + " " + subject;
        @Nullable Fault fault = faults.next(call).orElse(null);
        try {
            requireAlive();
            // A promotion takes its time after it was asked for.
            pass(call == Call.PROMOTE ? Duration.ZERO : latency(call), deadline, "the node did not answer in time");
            strike(fault, false, deadline);
            T result = effect.get();
            strike(fault, true, deadline);
            rest.run();
            requireAlive();
            world.happened(name, what, "");
            return result;
        } catch (SilentNode e) {
            pass(e.waits() ? PATIENCE : Duration.ZERO, deadline, text(e));
            world.happened(name, what, text(e));
            throw new BackendException(text(e), e);
        } catch (RuntimeException e) {
            world.happened(name, what, text(e));
            throw e;
        }
    }

    private void strike(@Nullable Fault fault, boolean afterEffect, Deadline deadline) {
        if (fault == null || fault.isAfterEffect() != afterEffect) {
            return;
        }
        switch (fault.kind()) {
            case ERROR -> throw new BackendException(fault.message());
            case TIME_OUT -> {
                sleep(deadline.remaining());
                throw new BackendException(fault.message());
            }
            case SLOW -> pass(fault.duration(), deadline, fault.message());
            case CRASH -> end();
            case RUN -> fault.action().run();
        }
        requireAlive();
    }

    /** Lets time pass, but not beyond the deadline: then the call has failed. */
    private void pass(Duration duration, Deadline deadline, String otherwise) {
        Duration left = deadline.remaining();
        if (left.compareTo(duration) <= 0 && !(duration.isZero() && !left.isZero())) {
            sleep(left);
            throw new BackendException(otherwise);
        }
        sleep(duration);
    }

    /**
     * Waits until something has happened to a node.
     *
     * @throws BackendException if it has not by the deadline
     */
    void await(Supplier<Duration> missing, Deadline deadline, String otherwise) {
        for (Duration left = missing.get(); left.compareTo(Duration.ZERO) > 0; left = missing.get()) {
            requireAlive();
            pass(left, deadline, otherwise);
        }
    }

    private void sleep(Duration duration) {
        if (duration.isZero()) {
            return;
        }
        try {
            time.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackendException("interrupted while waiting for a node", e);
        }
        requireAlive();
    }

    private static void requireNotInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw new BackendException("interrupted before a node was asked");
        }
    }

    void requireAlive() {
        if (ended) {
            throw new CoordinatorCrash(name);
        }
    }

    private static String text(Throwable e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
