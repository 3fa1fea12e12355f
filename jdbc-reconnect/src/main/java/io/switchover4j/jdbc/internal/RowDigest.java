package io.switchover4j.jdbc.internal;

import java.lang.reflect.Array;
import org.jspecify.annotations.Nullable;

/** A digest of values in their order, of 64 bits. Confined to one thread. */
class RowDigest {

    private static final long PRIME = 0x9E3779B97F4A7C15L;
    private static final int VALUE_BYTES = 16;

    private long hash = PRIME;

    /** About how much was added. */
    private long bytes;

    final long hash() {
        return hash;
    }

    final long bytes() {
        return bytes;
    }

    final void addNull() {
        mix(1);
        bytes++;
    }

    final void add(long value) {
        mix(2);
        mix(value);
        bytes += Long.BYTES;
    }

    final void add(String value) {
        mix(3 + ((long) value.length() << 8));
        long h = hash;
        for (int i = 0; i < value.length(); i++) {
            h = (h ^ value.charAt(i)) * PRIME;
            h ^= h >>> 32;
        }
        hash = h;
        bytes += value.length() + VALUE_BYTES;
    }

    final void add(byte[] value) {
        mix(4 + ((long) value.length << 8));
        long h = hash;
        for (byte b : value) {
            h = (h ^ b) * PRIME;
            h ^= h >>> 32;
        }
        hash = h;
        bytes += value.length + VALUE_BYTES;
    }

    /** Elements of arrays one by one, what has a canonical text as its text. */
    final void addObject(@Nullable Object value) {
        if (value == null) {
            addNull();
        } else if (value instanceof byte[] array) {
            add(array);
        } else if (value.getClass().isArray()) {
            int length = Array.getLength(value);
            mix(5 + ((long) length << 8));
            for (int i = 0; i < length; i++) {
                addObject(Array.get(value, i));
            }
        } else {
            add(value.toString());
        }
    }

    private void mix(long value) {
        long h = (hash ^ value) * PRIME;
        hash = h ^ h >>> 29;
    }
}
