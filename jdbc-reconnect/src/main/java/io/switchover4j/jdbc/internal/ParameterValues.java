package io.switchover4j.jdbc.internal;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.net.URL;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Date;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What of a parameter's value can be kept for later. Drivers read a value when it is set; an application may change the object
 * afterwards, and set it again from row to row. Stateless.
 */
final class ParameterValues {

    private ParameterValues() {}

    /** Whether it is one of those that are known to change, and can be copied. */
    static boolean mayChange(@Nullable Object value) {
        return value instanceof Date
                || value instanceof Calendar
                || value != null && value.getClass().isArray();
    }

    /** A copy of what may change; everything else as it is. */
    static @Nullable Object copyOf(@Nullable Object value) {
        if (value instanceof Date date) {
            return date.clone();
        } else if (value instanceof Calendar calendar) {
            return calendar.clone();
        } else if (value instanceof byte[] array) {
            return array.clone();
        } else if (value instanceof Object[] array) {
            return array.clone();
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
        return value;
    }

    /** Whether what {@link #copyOf} gives stays as it is. */
    static boolean isKept(@Nullable Object value) {
        if (value instanceof Object[] array) {
            return Arrays.stream(array).allMatch(ParameterValues::isImmutable);
        }
        return isImmutable(value) || mayChange(value);
    }

    private static boolean isImmutable(@Nullable Object value) {
        return value == null
                || value instanceof String
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
                || value instanceof java.sql.Array
                || value.getClass().getName().startsWith("java.time.");
    }
}
