package io.switchover4j;

import static java.util.Objects.requireNonNull;

import io.switchover4j.spi.Names;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How much of what the old primary had written a caller is ready to lose in a failover. Immutable.
 *
 * @param bytes the most that may be lost, in bytes of the write-ahead or binary log; empty for any amount, also an unknown one
 */
public record LossLimit(OptionalLong bytes) {

    private static final Pattern AMOUNT = Pattern.compile("(-?\\d+)\\s*([kmg]?b|)", Pattern.CASE_INSENSITIVE);

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
     * Reads what {@link #toString()} writes, {@code unlimited} or a number of bytes, and what people type: {@code 64kB},
     * {@code 16MB} and {@code 1GB}, which are of 1024 as in PostgreSQL's settings. Letter case and blanks do not matter.
     *
     * @throws IllegalArgumentException if the text is none of these
     */
    public static LossLimit parse(String text) {
        requireNonNull(text, "text");
        if (text.strip().equalsIgnoreCase(UNLIMITED.toString())) {
            return UNLIMITED;
        }
        Matcher parts = AMOUNT.matcher(text.strip());
        try {
            if (parts.matches()) {
                return of(Math.multiplyExact(Long.parseLong(parts.group(1)), unit(parts.group(2))));
            }
        } catch (NumberFormatException | ArithmeticException e) {
            throw refused(text, e);
        }
        throw refused(text, null);
    }

    private static long unit(String name) {
        return switch (name.toUpperCase(Locale.ROOT)) {
            case "KB" -> 1L << 10;
            case "MB" -> 1L << 20;
            case "GB" -> 1L << 30;
            default -> 1;
        };
    }

    private static IllegalArgumentException refused(String text, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "'%s' is no limit of a loss; write a number of bytes, one with kB, MB or GB (of 1024), or 'unlimited'"
                        .formatted(Names.printable(text)),
                cause);
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
