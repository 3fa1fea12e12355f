package io.switchover4j.jdbc.internal;

import io.switchover4j.jdbc.ReplayOff;
import io.switchover4j.jdbc.UnitNotAppliedException;
import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.net.URL;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.Ref;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLXML;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The parameters of a prepared statement as they were set, in compact arrays. Confined to the statement's thread. */
final class Parameters {

    static final byte UNSET = 0;
    static final byte NULL = 1;
    static final byte BOOLEAN = 2;
    static final byte BYTE = 3;
    static final byte SHORT = 4;
    static final byte INT = 5;
    static final byte LONG = 6;
    static final byte FLOAT = 7;
    static final byte DOUBLE = 8;
    static final byte BIG_DECIMAL = 9;
    static final byte STRING = 10;
    static final byte NSTRING = 11;
    static final byte BYTES = 12;
    static final byte DATE = 13;
    static final byte TIME = 14;
    static final byte TIMESTAMP = 15;
    static final byte OBJECT = 16;
    static final byte OBJECT_AS = 17;
    static final byte ARRAY = 18;
    static final byte URL = 19;
    /** The rarer setters, kept as the call itself. */
    static final byte SETTING = 20;
    /** The same for an object that may change. */
    private static final byte UNKEPT = 24;
    /** A stream that can be given once more, as far as it was kept. */
    private static final byte SPOOLED = 23;
    /** A stream or a locator that no driver was given yet: the call that sets it. */
    private static final byte ONCE = 21;
    /** A stream or a locator that was given to a driver: it cannot be sent again. */
    private static final byte GONE = 22;

    private static final int INITIAL = 4;
    private static final int PARAMETER_BYTES = 17;

    private byte[] kinds;
    private long[] bits;
    private @Nullable Object[] values;
    private int count;

    /** The arrays are those of a {@link #captured} copy, too, and change no more. */
    private boolean shared;

    Parameters() {
        this(new byte[INITIAL], new long[INITIAL], new @Nullable Object[INITIAL], 0);
    }

    private Parameters(byte[] kinds, long[] bits, @Nullable Object[] values, int count) {
        this.kinds = kinds;
        this.bits = bits;
        this.values = values;
        this.count = count;
    }

    /** One of the setters that have no compact form. */
    @FunctionalInterface
    interface Setting {
        void applyTo(PreparedStatement statement) throws SQLException;
    }

    void set(int index, byte kind, @Nullable Object value) {
        set(index, kind, value, 0);
    }

    /** Remembers a parameter; an index that no driver takes is left to the driver to complain about. */
    void set(int index, byte kind, @Nullable Object value, long bit) {
        if (index < 1 || index > 0xFFFF) {
            return;
        }
        unshare();
        if (index > kinds.length) {
            int size = Math.max(index, 2 * kinds.length);
            kinds = Arrays.copyOf(kinds, size);
            bits = Arrays.copyOf(bits, size);
            values = Arrays.copyOf(values, size);
        }
        kinds[index - 1] = kind;
        bits[index - 1] = bit;
        values[index - 1] = value;
        count = Math.max(count, index);
    }

    /** Remembers what the driver makes of an object now: applications change it afterwards, and set it again from row to row. */
    void setCopy(int index, byte kind, @Nullable Object value, long bit) {
        Object copy = ParameterValues.copyOf(value);
        boolean isText = value instanceof Array && copy != value;
        set(index, isText ? OBJECT : kind, copy, bit);
    }

    void setCopy(int index, byte kind, @Nullable Object value) {
        setCopy(index, kind, value, 0);
    }

    /** The same for one of the rarer setters. */
    @SuppressWarnings("NullAway") // JDBC's setters take null
    void setCopy(int index, @Nullable Object value, Spool.Setter<Object> setter) {
        Object copy = ParameterValues.copyOf(value);
        if (value instanceof Array && copy != value) {
            set(index, OBJECT, copy);
        } else {
            set(index, ParameterValues.isKept(copy) ? SETTING : UNKEPT, (Setting) s -> setter.set(s, copy));
        }
    }

    /**
     * Remembers a stream or a locator.
     *
     * @param given whether a driver gets it now; else the next statement that is made gets it
     */
    void setOnce(int index, boolean given, Setting setting) {
        set(index, given ? GONE : ONCE, given ? null : setting);
    }

    /**
     * Remembers a stream.
     *
     * @param given whether a driver gets it now; else the next statement that is made gets it
     * @param limit how much of it is kept; 0 for nothing
     * @return what the driver shall be given
     */
    @Nullable
    InputStream spool(
            int index, @Nullable InputStream stream, boolean given, int limit, Spool.Setter<InputStream> setter) {
        if (stream == null || limit == 0) {
            setStream(index, stream, given, setter);
            return stream;
        }
        Spool<InputStream> spool = Spool.of(stream, limit, setter);
        set(index, SPOOLED, spool);
        return spool.open();
    }

    /** The same for a reader. */
    @Nullable
    Reader spool(int index, @Nullable Reader reader, boolean given, int limit, Spool.Setter<Reader> setter) {
        if (reader == null || limit == 0) {
            setStream(index, reader, given, setter);
            return reader;
        }
        Spool<Reader> spool = Spool.of(reader, limit, setter);
        set(index, SPOOLED, spool);
        return spool.open();
    }

    @SuppressWarnings("NullAway") // JDBC's setters take null
    private <S> void setStream(int index, @Nullable S stream, boolean given, Spool.Setter<S> setter) {
        if (stream == null) {
            set(index, SETTING, (Setting) statement -> setter.set(statement, null));
        } else {
            setOnce(index, given, statement -> setter.set(statement, stream));
        }
    }

    /** Whether {@code value} can be given to a driver only once. */
    static boolean isOnce(@Nullable Object value) {
        return value instanceof InputStream
                || value instanceof Reader
                || value instanceof Blob
                || value instanceof Clob
                || value instanceof Ref
                || value instanceof RowId
                || value instanceof SQLXML;
    }

    /** The driver has refused the stream that was remembered. */
    void unset(int index) {
        if (index >= 1 && index <= count) {
            set(index, UNSET, null);
        }
    }

    private void unshare() {
        if (shared) {
            shared = false;
            kinds = kinds.clone();
            bits = bits.clone();
            values = values.clone();
        }
    }

    void clear() {
        unshare();
        Arrays.fill(kinds, 0, count, UNSET);
        Arrays.fill(values, 0, count, null);
        count = 0;
    }

    /** The parameters as they are now. */
    Parameters snapshot() {
        return new Parameters(
                Arrays.copyOf(kinds, count), Arrays.copyOf(bits, count), Arrays.copyOf(values, count), count);
    }

    /** The same, copied only if they change afterwards. */
    Parameters captured() {
        shared = true;
        return new Parameters(kinds, bits, values, count);
    }

    /** Why they cannot be sent once more; null if they can. */
    @Nullable
    ReplayOff whyNotRepeatable() {
        for (int i = 0; i < count; i++) {
            if (kinds[i] == GONE || kinds[i] == ONCE) {
                return ReplayOff.STREAM;
            } else if (values[i] instanceof Spool<?> spool && !spool.isRepeatable()) {
                return ReplayOff.LIMIT;
            } else if (kinds[i] == UNKEPT || isObject(kinds[i]) && !ParameterValues.isKept(values[i])) {
                return ReplayOff.PARAMETER;
            }
        }
        return null;
    }

    private static boolean isObject(byte kind) {
        return kind == OBJECT || kind == OBJECT_AS || kind == ARRAY;
    }

    /** About how much memory they hold. */
    int bytes() {
        int bytes = count * PARAMETER_BYTES;
        for (int i = 0; i < count; i++) {
            bytes += values[i] instanceof Spool<?> spool ? spool.size() : ParameterValues.bytes(values[i]);
        }
        return bytes;
    }

    /** A parameter that is a text; null if it is none. */
    @Nullable
    String text(int index) {
        return index <= count && values[index - 1] instanceof String text ? text : null;
    }

    /** Sets everything on a statement that was prepared anew. */
    void applyTo(PreparedStatement statement) throws SQLException {
        for (int i = 0; i < count; i++) {
            Object value = values[i];
            byte kind = kinds[i];
            if (kind == ONCE) {
                unshare();
                kinds[i] = GONE;
                values[i] = null;
            }
            apply(statement, i + 1, kind, value, bits[i]);
        }
    }

    /** The same on a statement that was given others before, which must not fill what is not set here. */
    void replaceIn(PreparedStatement statement) throws SQLException {
        statement.clearParameters();
        applyTo(statement);
    }

    @SuppressWarnings("NullAway") // JDBC's setters take null, of whatever type
    private static void apply(PreparedStatement s, int index, byte kind, @Nullable Object value, long bits)
            throws SQLException {
        switch (kind) {
            case UNSET -> {}
            case NULL -> s.setNull(index, (int) bits);
            case BOOLEAN -> s.setBoolean(index, bits != 0);
            case BYTE -> s.setByte(index, (byte) bits);
            case SHORT -> s.setShort(index, (short) bits);
            case INT -> s.setInt(index, (int) bits);
            case LONG -> s.setLong(index, bits);
            case FLOAT -> s.setFloat(index, Float.intBitsToFloat((int) bits));
            case DOUBLE -> s.setDouble(index, Double.longBitsToDouble(bits));
            case BIG_DECIMAL -> s.setBigDecimal(index, (BigDecimal) value);
            case STRING -> s.setString(index, (String) value);
            case NSTRING -> s.setNString(index, (String) value);
            case BYTES -> s.setBytes(index, (byte[]) value);
            case DATE -> s.setDate(index, (Date) value);
            case TIME -> s.setTime(index, (Time) value);
            case TIMESTAMP -> s.setTimestamp(index, (Timestamp) value);
            case OBJECT -> s.setObject(index, value);
            case OBJECT_AS -> s.setObject(index, value, (int) bits);
            case ARRAY -> s.setArray(index, (Array) value);
            case URL -> s.setURL(index, (URL) value);
            case SETTING, UNKEPT, ONCE -> ((Setting) value).applyTo(s);
            case SPOOLED -> {
                Spool<?> spool = (Spool<?>) value;
                if (!spool.isRepeatable()) {
                    throw gone(index);
                }
                spool.giveTo(s);
            }
            default -> throw gone(index);
        }
    }

    static SQLException gone(Object parameter) {
        return new UnitNotAppliedException(
                "The connection beneath this statement was replaced, and parameter '%s' was a stream or a locator, which cannot be sent again. Nothing was applied. Set the parameters anew and repeat."
                        .formatted(parameter),
                null);
    }
}
