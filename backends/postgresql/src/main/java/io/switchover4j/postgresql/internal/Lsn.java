package io.switchover4j.postgresql.internal;

import java.util.Locale;

/**
 * A place in the write-ahead log. Immutable.
 *
 * @param value bytes from the beginning of the log, unsigned
 */
record Lsn(long value) implements Comparable<Lsn> {

    /**
     * @throws IllegalArgumentException if the text is not of the form {@code 16/B374D848}
     */
    static Lsn parse(String text) {
        int slash = text.indexOf('/');
        try {
            long high = Long.parseLong(text, 0, slash, 16);
            long low = Long.parseLong(text, slash + 1, text.length(), 16);
            if (high >>> 32 == 0 && low >>> 32 == 0) {
                return new Lsn(high << 32 | low);
            }
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("'%s' is no LSN, which looks like 16/B374D848".formatted(text), e);
        }
        throw new IllegalArgumentException("'%s' is no LSN: each half has at most 8 digits".formatted(text));
    }

    boolean isAfter(Lsn other) {
        return compareTo(other) > 0;
    }

    /** How many bytes lie between {@code other} and this; zero if this is not after it. */
    long bytesAfter(Lsn other) {
        return isAfter(other) ? value - other.value : 0;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%X/%X", value >>> 32, value & 0xFFFF_FFFFL);
    }
}
