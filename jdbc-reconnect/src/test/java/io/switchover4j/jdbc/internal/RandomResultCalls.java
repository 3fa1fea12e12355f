package io.switchover4j.jdbc.internal;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Random calls on a result. */
final class RandomResultCalls {

    private final ResultSet result;

    RandomResultCalls(ResultSet result) {
        this.result = result;
    }

    static void rows(ResultSet result, int most, StringBuilder answer) throws SQLException {
        answer.append('[');
        int columns = result.getMetaData().getColumnCount();
        for (int row = 0; row < most && result.next(); row++) {
            for (int i = 1; i <= columns; i++) {
                answer.append(shown(result.getObject(i)))
                        .append(result.wasNull())
                        .append(',');
            }
        }
        answer.append(']');
    }

    static String shown(@Nullable Object value) throws SQLException {
        if (value instanceof ResultSet cursor) {
            var rows = new StringBuilder("cursor ");
            rows(cursor, Integer.MAX_VALUE, rows);
            return rows.toString();
        }
        return value instanceof byte[] bytes ? Arrays.toString(bytes) : String.valueOf(value);
    }

    void call(SplittableRandom random, StringBuilder answer) throws SQLException {
        int kind = random.nextInt(40);
        answer.append("result ").append(kind).append(' ');
        int column = random.nextInt(8) == 0 ? 9 : 1 + random.nextInt(2);
        switch (kind) {
            case 0, 1, 2, 3, 4, 5, 6 -> answer.append(result.next());
            case 7, 8 -> rows(result, random.nextInt(5), answer);
            case 9, 10 -> answer.append(shown(result.getObject(column))).append(result.wasNull());
            case 11 -> answer.append(result.getString(column));
            case 12 -> answer.append(result.getInt(column)).append(result.wasNull());
            case 13 -> answer.append(result.getLong("id")).append(result.getString("v"));
            case 14 -> answer.append(shown(result.getBytes(column)));
            case 15 -> answer.append(result.getBigDecimal(column)).append(result.getBoolean(column));
            case 16 -> answer.append(result.getObject(column, String.class));
            case 17 -> answer.append(result.getTimestamp(column));
            case 18 -> {
                Array array = result.getArray(1);
                answer.append(array);
            }
            case 19 -> answer.append(result.findColumn(random.nextBoolean() ? "id" : "none"));
            case 20 -> metadata(answer);
            case 21 -> answer.append(result.previous());
            case 22 -> answer.append(result.first()).append(result.last());
            case 23 -> answer.append(result.absolute(random.nextInt(6) - 2));
            case 24 -> answer.append(result.relative(random.nextInt(5) - 2));
            case 25 -> result.beforeFirst();
            case 26 -> result.afterLast();
            case 27 ->
                answer.append(result.isBeforeFirst())
                        .append(result.isAfterLast())
                        .append(result.isFirst())
                        .append(result.isLast())
                        .append(result.getRow());
            case 28 ->
                answer.append(result.getType())
                        .append(result.getConcurrency())
                        .append(result.getHoldability())
                        .append(result.getFetchSize());
            case 29 -> result.setFetchSize(random.nextInt(4) - 1);
            case 30 -> {
                result.updateString("v", "updated");
                result.updateRow();
            }
            case 31 -> {
                result.moveToInsertRow();
                result.updateInt("id", 500 + random.nextInt(5));
                result.updateString("v", "inserted" + random.nextInt(5));
                result.insertRow();
                result.moveToCurrentRow();
            }
            case 32 -> result.deleteRow();
            case 33 -> {
                result.updateString(column, "x");
                result.cancelRowUpdates();
            }
            case 34 -> result.refreshRow();
            case 35 ->
                answer.append(result.rowInserted()).append(result.rowUpdated()).append(result.rowDeleted());
            case 36 -> {
                RandomCalls.warnings(result.getWarnings(), answer);
                result.clearWarnings();
            }
            case 37 -> answer.append(result.isClosed());
            case 38 -> result.close();
            default -> {
                result.setFetchDirection(
                        random.nextBoolean()
                                ? ResultSet.FETCH_FORWARD
                                : random.nextBoolean() ? 77 : ResultSet.FETCH_REVERSE);
                answer.append(result.getFetchDirection());
            }
        }
        answer.append(' ').append(result.isClosed());
    }

    private void metadata(StringBuilder answer) throws SQLException {
        ResultSetMetaData metadata = result.getMetaData();
        for (int i = 1; i <= metadata.getColumnCount(); i++) {
            answer.append(metadata.getColumnLabel(i))
                    .append(metadata.getColumnTypeName(i))
                    .append(metadata.getColumnClassName(i))
                    .append(metadata.isNullable(i))
                    .append(metadata.isAutoIncrement(i))
                    .append(metadata.getTableName(i))
                    .append(',');
        }
    }
}
