package io.switchover4j.jdbc.internal;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.net.URL;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What of a parameter's value can be kept for later. Drivers read a value when it is set; an application may change the object
 * afterwards, and set it again from row to row. Stateless.
 */
final class ParameterValues {

    private static final int OBJECT_BYTES = 32;

    private ParameterValues() {}

    /** A copy of what may change; everything else as it is. */
    static @Nullable Object copyOf(@Nullable Object value) {
        if (value == null || value instanceof String || value instanceof Number) {
            return value;
        } else if (value instanceof Date date) {
            return date.clone();
        } else if (value instanceof Calendar calendar) {
            return calendar.clone();
        } else if (value instanceof byte[] array) {
            return array.clone();
        } else if (value instanceof Object[] array) {
            Object[] copy = array.clone();
            Class<?> type = array.getClass().getComponentType();
            Arrays.setAll(copy, i -> {
                Object each = copyOf(copy[i]);
                // A copy may be of another class than such an array takes: then it is not kept.
                return type.isInstance(each) ? each : copy[i];
            });
            return copy;
        } else if (value instanceof Map<?, ?> map) {
            Map<@Nullable Object, @Nullable Object> copy = new LinkedHashMap<>();
            map.forEach((key, each) -> copy.put(copyOf(key), copyOf(each)));
            return copy;
        } else if (value instanceof int[] array) {
            return array.clone();
        } else if (value instanceof long[] array) {
            return array.clone();
        } else if (value instanceof short[] array) {
            return array.clone();
        } else if (value instanceof double[] array) {
            return array.clone();
        } else if (value instanceof float[] array) {
            return array.clone();
        } else if (value instanceof boolean[] array) {
            return array.clone();
        } else if (value instanceof char[] array) {
            return array.clone();
        }
        return PgjdbcValues.copyOf(value);
    }

    /** Whether {@code copy}, which {@link #copyOf} gave, stays as it is. */
    static boolean isKept(@Nullable Object copy) {
        if (copy instanceof Object[] array) {
            return Arrays.stream(array).allMatch(ParameterValues::isKept);
        } else if (copy instanceof Map<?, ?> map) {
            return map.keySet().stream().allMatch(ParameterValues::isKept)
                    && map.values().stream().allMatch(ParameterValues::isKept);
        }
        return copy == null
                || isImmutable(copy)
                || copy instanceof Date
                || copy instanceof Calendar
                || copy.getClass().isArray()
                || PgjdbcValues.text(copy) != null;
    }

    /** About how much memory it holds. */
    static int bytes(@Nullable Object value) {
        if (value == null) {
            return 0;
        } else if (value instanceof String text) {
            return text.length();
        } else if (value instanceof byte[] array) {
            return array.length;
        } else if (value instanceof Object[] array) {
            return OBJECT_BYTES
                    + Arrays.stream(array).mapToInt(ParameterValues::bytes).sum();
        } else if (value instanceof Map<?, ?> map) {
            return OBJECT_BYTES
                    + map.entrySet().stream()
                            .mapToInt(each -> OBJECT_BYTES + bytes(each.getKey()) + bytes(each.getValue()))
                            .sum();
        } else if (value.getClass().isArray()) {
            return OBJECT_BYTES + Long.BYTES * Array.getLength(value);
        }
        String text = PgjdbcValues.text(value);
        return OBJECT_BYTES + (text == null ? 0 : text.length());
    }

    private static boolean isImmutable(Object value) {
        return value instanceof String
                || value instanceof Integer
                || value instanceof Long
                || value instanceof Boolean
                || value instanceof Double
                || value instanceof Float
                || value instanceof Short
                || value instanceof Byte
                || value instanceof Character
                || value instanceof BigDecimal
                || value instanceof BigInteger
                || value instanceof UUID
                || value instanceof Enum<?>
                || value instanceof URI
                || value instanceof URL
                || value.getClass().getName().startsWith("java.time.");
    }
}
