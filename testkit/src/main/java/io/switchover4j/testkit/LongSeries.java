package io.switchover4j.testkit;

import java.util.Arrays;

/** A growing array of longs. Confined to one thread; readers need a hand-over, for example the end of that thread. */
final class LongSeries {

    private long[] values = new long[1_024];
    private int size;

    void add(long value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, size * 2);
        }
        values[size++] = value;
    }

    long get(int index) {
        return values[index];
    }

    int size() {
        return size;
    }

    long[] toArray() {
        return Arrays.copyOf(values, size);
    }
}
