package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a failover would lose at least: what the old primary is known to have written and the target is not known to have
 * received. What the old primary wrote after it was last observed is not in it, and is lost as well; see {@link
 * #isLowerBound()}. Immutable.
 *
 * @param bytes in bytes of the write-ahead or binary log; empty if that is unknown
 * @param age how long ago the old primary's position was observed; empty if it never was, or if the figure is final because
 *     the old primary has ended cleanly
 * @param basis the two positions, or why nothing is known, in words without a full stop
 */
public record LossEstimate(OptionalLong bytes, Optional<Duration> age, String basis) {

    /**
     * @throws IllegalArgumentException if the bytes or the age are negative
     */
    public LossEstimate {
        requireNonNull(bytes, "bytes");
        requireNonNull(age, "age");
        requireNonNull(basis, "basis");
        if (bytes.isPresent() && bytes.getAsLong() < 0) {
            throw new IllegalArgumentException(
                    "The estimated loss is %d bytes; it must be 0 or more".formatted(bytes.getAsLong()));
        }
        if (age.isPresent() && age.get().isNegative()) {
            throw new IllegalArgumentException(
                    "The age of the observation is %s; it must not be negative".formatted(age.get()));
        }
    }

    /**
     * What the target lacked when it was seen last.
     *
     * @throws IllegalArgumentException if the bytes or the age are negative
     */
    public static LossEstimate observed(long bytes, Duration age, String basis) {
        return new LossEstimate(OptionalLong.of(bytes), Optional.of(age), basis);
    }

    /**
     * An estimate that time does not change any more.
     *
     * @throws IllegalArgumentException if the bytes are negative
     */
    public static LossEstimate exact(long bytes, String basis) {
        return new LossEstimate(OptionalLong.of(bytes), Optional.empty(), basis);
    }

    public static LossEstimate unknown(String why) {
        return new LossEstimate(OptionalLong.empty(), Optional.empty(), why);
    }

    public boolean isKnown() {
        return bytes.isPresent();
    }

    /**
     * Whether more than this may be lost, because the old primary may have written since it was observed; false if the figure
     * is final, or unknown.
     */
    public boolean isLowerBound() {
        return isKnown() && age.isPresent();
    }

    /** {@link #toString()}, and that it may be more where this is a lower bound. */
    public String describe() {
        return this + (isLowerBound() ? ", or more" : "");
    }

    /** For people, for example {@code 49152 bytes as observed 3 s ago (...)}. */
    @Override
    public String toString() {
        if (bytes.isEmpty()) {
            return "unknown (%s)".formatted(basis);
        }
        return "%d bytes%s (%s)"
                .formatted(
                        bytes.getAsLong(),
                        age.map(LossEstimate::ago)
                                .map(ago -> " as observed " + ago)
                                .orElse(""),
                        basis);
    }

    private static String ago(Duration age) {
        return age.compareTo(Duration.ofSeconds(10)) < 0 ? age.toMillis() + " ms ago" : age.toSeconds() + " s ago";
    }
}
