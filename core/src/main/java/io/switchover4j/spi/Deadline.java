package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

import io.switchover4j.TimeSource;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A moment after which waiting stops, measured on the monotonic clock. Immutable and thread-safe. */
public final class Deadline {

    /** So far away that moments on both sides of now can still be compared; some 146 years. */
    private static final long FARTHEST = Long.MAX_VALUE / 2;

    private final TimeSource time;
    private final long atNanos;

    private Deadline(TimeSource time, long atNanos) {
        this.time = time;
        this.atNanos = atNanos;
    }

    /** A deadline {@code timeout} from now; one that has passed already if the time-out is not positive. */
    public static Deadline after(Duration timeout, TimeSource time) {
        requireNonNull(timeout, "timeout");
        requireNonNull(time, "time");
        long nanos = Math.max(0, Math.min(FARTHEST, TimeUnit.NANOSECONDS.convert(timeout)));
        return new Deadline(time, time.nanoTime() + nanos);
    }

    /** {@link #after(Duration, TimeSource)} on the machine's clock. */
    public static Deadline after(Duration timeout) {
        return after(timeout, TimeSource.system());
    }

    /** What is left; zero, never negative, when the deadline has passed. */
    public Duration remaining() {
        return Duration.ofNanos(remainingNanos());
    }

    public long remainingNanos() {
        return Math.max(0, atNanos - time.nanoTime());
    }

    /** What is left in whole milliseconds, rounded up, at least 1: for APIs in which 0 means "for ever". */
    public int remainingMillis() {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, (remainingNanos() + 999_999) / 1_000_000));
    }

    public boolean isExpired() {
        return remainingNanos() == 0;
    }

    /** The earlier of this deadline and one {@code timeout} from now. */
    public Deadline orAfter(Duration timeout) {
        Deadline other = after(timeout, time);
        return other.atNanos - atNanos < 0 ? other : this;
    }

    /**
     * Waits on the clock of this deadline, and not beyond it.
     *
     * @return whether there is time left
     * @throws InterruptedException if the caller was interrupted
     */
    public boolean sleep(Duration duration) throws InterruptedException {
        time.sleep(Duration.ofNanos(Math.min(remainingNanos(), TimeUnit.NANOSECONDS.convert(duration))));
        return !isExpired();
    }

    @Override
    public String toString() {
        return "in " + remaining().toMillis() + " ms";
    }
}
