package io.switchover4j.jdbc.internal;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import org.jspecify.annotations.Nullable;

/**
 * Reads rows in a form that is the same whether the server sent them as text or binary: pgjdbc changes from one to the other
 * at its {@code prepareThreshold}, and begins anew on each connection.
 */
final class PostgresRows {

    private static final byte WHOLE = 1;
    private static final byte BOOLEAN = 2;
    private static final byte FLOAT = 3;
    private static final byte DOUBLE = 4;
    private static final byte TEXT = 5;
    private static final byte BYTES = 6;
    private static final byte DATE = 7;
    private static final byte TIME = 8;
    private static final byte TIME_WITH_ZONE = 9;
    private static final byte TIMESTAMP = 10;
    private static final byte TIMESTAMP_WITH_ZONE = 11;
    private static final byte ARRAY = 12;
    private static final byte OBJECT = 13;

    private PostgresRows() {}

    static byte @Nullable [] columns(ResultSet result) throws SQLException {
        ResultSetMetaData metaData = result.getMetaData();
        byte[] columns = new byte[metaData.getColumnCount()];
        for (int i = 1; i <= columns.length; i++) {
            int type = metaData.getColumnType(i);
            if (type == Types.REF_CURSOR) {
                return null;
            }
            columns[i - 1] = form(type, metaData, i);
        }
        return columns;
    }

    private static byte form(int type, ResultSetMetaData metaData, int column) throws SQLException {
        return switch (type) {
            case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT -> WHOLE;
            case Types.BIT, Types.BOOLEAN -> BOOLEAN;
            case Types.REAL -> FLOAT;
            // money is one for the driver, too
            case Types.DOUBLE, Types.FLOAT -> isCalled("money", metaData, column) ? TEXT : DOUBLE;
            case Types.CHAR, Types.VARCHAR, Types.LONGVARCHAR, Types.SQLXML -> TEXT;
            case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY -> BYTES;
            case Types.DATE -> DATE;
            case Types.TIME, Types.TIME_WITH_TIMEZONE -> isCalled("timetz", metaData, column) ? TIME_WITH_ZONE : TIME;
            case Types.TIMESTAMP, Types.TIMESTAMP_WITH_TIMEZONE ->
                isCalled("timestamptz", metaData, column) ? TIMESTAMP_WITH_ZONE : TIMESTAMP;
            case Types.ARRAY -> ARRAY;
            default -> OBJECT;
        };
    }

    private static boolean isCalled(String name, ResultSetMetaData metaData, int column) throws SQLException {
        return name.equals(metaData.getColumnTypeName(column));
    }

    static void read(ResultSet row, byte[] columns, RowDigest into) throws SQLException {
        for (int i = 1; i <= columns.length; i++) {
            switch (columns[i - 1]) {
                case WHOLE -> {
                    long value = row.getLong(i);
                    if (value == 0 && row.wasNull()) {
                        into.addNull();
                    } else {
                        into.add(value);
                    }
                }
                case FLOAT -> {
                    float value = row.getFloat(i);
                    if (value == 0 && row.wasNull()) {
                        into.addNull();
                    } else {
                        into.add(Float.floatToIntBits(value));
                    }
                }
                case DOUBLE -> {
                    double value = row.getDouble(i);
                    if (value == 0 && row.wasNull()) {
                        into.addNull();
                    } else {
                        into.add(Double.doubleToLongBits(value));
                    }
                }
                case TEXT -> addText(row.getString(i), into);
                case BOOLEAN -> addBoolean(row.getString(i), into);
                default -> into.addObject(object(row, columns[i - 1], i));
            }
        }
    }

    private static void addText(@Nullable String text, RowDigest into) {
        if (text == null) {
            into.addNull();
        } else {
            into.add(text);
        }
    }

    /** A bit(1) is one for the driver, too. */
    private static void addBoolean(@Nullable String text, RowDigest into) {
        if ("true".equals(text)) {
            into.add("t");
        } else if ("false".equals(text)) {
            into.add("f");
        } else {
            addText(text, into);
        }
    }

    private static @Nullable Object object(ResultSet row, byte form, int i) throws SQLException {
        return switch (form) {
            case BYTES -> row.getBytes(i);
            case DATE -> row.getObject(i, LocalDate.class);
            case TIME -> row.getObject(i, LocalTime.class);
            case TIME_WITH_ZONE -> utc(row.getObject(i, OffsetTime.class));
            case TIMESTAMP -> row.getObject(i, LocalDateTime.class);
            case TIMESTAMP_WITH_ZONE -> instant(row.getObject(i, OffsetDateTime.class));
            case ARRAY -> elements(row.getArray(i));
            default -> row.getObject(i);
        };
    }

    private static @Nullable Object utc(@Nullable OffsetTime time) {
        return time == null ? null : time.withOffsetSameInstant(java.time.ZoneOffset.UTC);
    }

    private static @Nullable Object instant(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toInstant();
    }

    private static @Nullable Object elements(@Nullable Array array) throws SQLException {
        return array == null ? null : array.getArray();
    }
}
