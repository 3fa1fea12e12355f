package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.util.OptionalLong;

/**
 * How much of what the old primary had written a caller is ready to lose in a failover. Immutable.
 *
 * @param bytes the most that may be lost, in bytes of the write-ahead or binary log; empty for any amount, also an unknown one
 */
public record LossLimit(OptionalLong bytes) {

    private static final LossLimit UNLIMITED = new LossLimit(OptionalLong.empty());

    /**
     * @throws IllegalArgumentException if the limit is negative
     */
    public LossLimit {
        requireNonNull(bytes, "bytes");
        if (bytes.isPresent() && bytes.getAsLong() < 0) {
            throw new IllegalArgumentException(
                    "The accepted loss is %d bytes; it must be 0 or more, or unlimited".formatted(bytes.getAsLong()));
        }
    }

    /**
     * At most so many bytes. An estimate that is unknown is not covered.
     *
     * @throws IllegalArgumentException if {@code bytes} is negative
     */
    public static LossLimit of(long bytes) {
        return new LossLimit(OptionalLong.of(bytes));
    }

    /** Whatever it is, known or not. */
    public static LossLimit unlimited() {
        return UNLIMITED;
    }

    /**
     * Reads what {@link #toString()} writes: {@code unlimited}, or a number of bytes.
     *
     * @throws IllegalArgumentException if the text is neither
     */
    public static LossLimit parse(String text) {
        requireNonNull(text, "text");
        if (text.equals(UNLIMITED.toString())) {
            return UNLIMITED;
        }
        try {
            return of(Long.parseLong(text));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "'%s' is no limit of a loss; write a number of bytes, or 'unlimited'".formatted(text), e);
        }
    }

    public boolean isUnlimited() {
        return bytes.isEmpty();
    }

    /** Whether an estimate is within this limit. */
    public boolean covers(LossEstimate estimate) {
        return isUnlimited()
                || (estimate.bytes().isPresent() && estimate.bytes().getAsLong() <= bytes.getAsLong());
    }

    @Override
    public String toString() {
        return isUnlimited() ? "unlimited" : Long.toString(bytes.getAsLong());
    }
}
