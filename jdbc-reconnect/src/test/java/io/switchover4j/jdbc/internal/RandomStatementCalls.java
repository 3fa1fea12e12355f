package io.switchover4j.jdbc.internal;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.math.BigDecimal;
import java.sql.CallableStatement;
import java.sql.Date;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Random calls on a statement, prepared or not. */
final class RandomStatementCalls {

    private final RandomCalls calls;
    private final Statement statement;

    RandomStatementCalls(RandomCalls calls, Statement statement) {
        this.calls = calls;
        this.statement = statement;
    }

    void call(SplittableRandom random, StringBuilder answer) throws SQLException {
        int kind = random.nextInt(20);
        if (kind < 7) {
            prepareAndExecute(random, answer);
        } else if (kind < 9) {
            batch(random, answer);
        } else if (kind < 12) {
            setting(random, answer);
        } else if (kind < 16) {
            answers(random, answer);
        } else if (statement instanceof PreparedStatement prepared) {
            parameter(prepared, random, answer);
        } else {
            execute(random, answer);
        }
        answer.append(' ').append(statement.isClosed());
    }

    void prepareAndExecute(SplittableRandom random, StringBuilder answer) throws SQLException {
        if (statement instanceof CallableStatement callable && random.nextInt(4) > 0) {
            callable.registerOutParameter(1, Types.INTEGER);
            callable.setInt(2, 2);
            if (random.nextBoolean()) {
                callable.setInt(3, 3);
            }
        } else if (statement instanceof PreparedStatement prepared && random.nextInt(8) > 0) {
            int count = parameterCount(prepared);
            answer.append("parameters ").append(count).append(' ');
            for (int i = 1; i <= count; i++) {
                value(prepared, i, random);
            }
        }
        execute(random, answer);
    }

    private void execute(SplittableRandom random, StringBuilder answer) throws SQLException {
        if (statement instanceof PreparedStatement prepared) {
            execute(prepared, random, answer);
            return;
        }
        int kind = random.nextInt(10);
        String sql = kind < 4 ? RandomSql.query(random) : kind < 7 ? RandomSql.write(random) : RandomSql.any(random);
        answer.append(kind).append(" executes ").append(sql).append(": ");
        switch (kind) {
            case 0, 1, 2 -> calls.keep(statement.executeQuery(sql), random);
            case 3, 7, 8 -> answer.append(statement.execute(sql));
            case 4 -> answer.append(statement.executeUpdate(sql));
            case 5 -> answer.append(statement.executeLargeUpdate(sql));
            case 6 -> {
                answer.append(updateWithKeys(sql, random.nextBoolean()));
                keys(random, answer);
            }
            default -> RandomCalls.all(statement, statement.execute(sql), answer);
        }
    }

    /** After a call that failed, the driver would also give the keys of the next one, which does not ask for them. */
    private int updateWithKeys(String sql, boolean all) throws SQLException {
        boolean done = false;
        try {
            int count = all
                    ? statement.executeUpdate(sql, Statement.RETURN_GENERATED_KEYS)
                    : statement.executeUpdate(sql, new String[] {"id"});
            done = true;
            return count;
        } finally {
            if (!done) {
                statement.close();
            }
        }
    }

    private void execute(PreparedStatement prepared, SplittableRandom random, StringBuilder answer)
            throws SQLException {
        int kind = random.nextInt(8);
        answer.append(kind).append(" executes prepared: ");
        switch (kind) {
            case 0, 1 -> calls.keep(prepared.executeQuery(), random);
            case 2, 3 -> answer.append(prepared.execute());
            case 4 -> answer.append(prepared.executeUpdate());
            case 5 -> answer.append(prepared.executeLargeUpdate());
            case 6 -> RandomCalls.all(prepared, prepared.execute(), answer);
            default -> {
                answer.append(prepared.execute());
                keys(random, answer);
                if (prepared instanceof CallableStatement callable) {
                    answer.append(callable.getInt(1))
                            .append(RandomResultCalls.shown(callable.getObject(1)))
                            .append(callable.wasNull());
                }
            }
        }
    }

    private void keys(SplittableRandom random, StringBuilder answer) throws SQLException {
        try (ResultSet keys = statement.getGeneratedKeys()) {
            RandomResultCalls.rows(keys, random.nextInt(3), answer);
        }
    }

    private void batch(SplittableRandom random, StringBuilder answer) throws SQLException {
        answer.append("batch ");
        int size = random.nextInt(4);
        for (int i = 0; i < size; i++) {
            if (statement instanceof PreparedStatement prepared) {
                int count = parameterCount(prepared);
                for (int p = 1; p <= count; p++) {
                    value(prepared, p, random);
                }
                prepared.addBatch();
            } else {
                statement.addBatch(random.nextInt(5) == 0 ? RandomSql.any(random) : RandomSql.write(random));
            }
        }
        switch (random.nextInt(5)) {
            case 0 -> statement.clearBatch();
            case 1 -> answer.append(Arrays.toString(statement.executeLargeBatch()));
            case 2 -> answer.append("kept");
            default -> answer.append(Arrays.toString(statement.executeBatch()));
        }
    }

    private void setting(SplittableRandom random, StringBuilder answer) throws SQLException {
        int kind = random.nextInt(11);
        int value = random.nextInt(6) - 1;
        answer.append("setting ").append(kind).append(' ').append(value).append(' ');
        switch (kind) {
            case 0 -> {
                statement.setMaxRows(value);
                answer.append(statement.getMaxRows());
            }
            case 1 -> {
                statement.setLargeMaxRows(value);
                answer.append(statement.getLargeMaxRows());
            }
            case 2, 3 -> {
                statement.setFetchSize(value);
                answer.append(statement.getFetchSize());
            }
            case 4 -> {
                statement.setQueryTimeout(value * 30);
                answer.append(statement.getQueryTimeout());
            }
            case 5 -> {
                statement.setMaxFieldSize(value);
                answer.append(statement.getMaxFieldSize());
            }
            case 6 -> {
                statement.setFetchDirection(value < 0 ? 77 : ResultSet.FETCH_REVERSE);
                answer.append(statement.getFetchDirection());
            }
            case 7 -> statement.setEscapeProcessing(value > 0);
            case 8 -> {
                statement.setPoolable(value > 0);
                answer.append(statement.isPoolable());
            }
            case 9 -> {
                statement.closeOnCompletion();
                answer.append(statement.isCloseOnCompletion());
            }
            default -> statement.setCursorName("name" + value);
        }
    }

    private void answers(SplittableRandom random, StringBuilder answer) throws SQLException {
        int kind = random.nextInt(13);
        answer.append("answers ").append(kind).append(' ');
        switch (kind) {
            case 0, 1 -> {
                ResultSet result = statement.getResultSet();
                answer.append(result == null);
                if (result != null) {
                    answer.append(statement.getResultSet() == result);
                    calls.keep(result, random);
                }
            }
            case 2 -> answer.append(statement.getUpdateCount());
            case 3 -> answer.append(statement.getLargeUpdateCount());
            case 4, 5 -> answer.append(statement.getMoreResults());
            case 6 -> answer.append(statement.getMoreResults(1 + random.nextInt(3)));
            case 7 -> keys(random, answer);
            case 8 -> RandomCalls.warnings(statement.getWarnings(), answer);
            case 9 -> statement.clearWarnings();
            case 10 -> answer.append(statement.getConnection() == calls.connection);
            case 11 ->
                answer.append(statement.getResultSetType())
                        .append(statement.getResultSetConcurrency())
                        .append(statement.getResultSetHoldability());
            default -> statement.close();
        }
    }

    private void parameter(PreparedStatement prepared, SplittableRandom random, StringBuilder answer)
            throws SQLException {
        int kind = random.nextInt(8);
        answer.append("parameter ").append(kind).append(' ');
        switch (kind) {
            case 0 -> prepared.clearParameters();
            case 1 -> {
                ResultSetMetaData metadata = prepared.getMetaData();
                answer.append(metadata == null ? "none" : metadata.getColumnCount() + metadata.getColumnName(1));
            }
            case 2 -> {
                ParameterMetaData metadata = prepared.getParameterMetaData();
                answer.append(metadata.getParameterCount()).append(metadata.getParameterTypeName(1));
            }
            case 3 -> prepared.setInt(random.nextInt(9) - 1, 1);
            case 4 -> answer.append(prepared.executeQuery("select 1") == null);
            case 5 -> prepared.addBatch("select 1");
            default -> value(prepared, 1 + random.nextInt(2), random);
        }
    }

    /** The driver may answer for a statement that is closed, which is against JDBC. */
    private static int parameterCount(PreparedStatement prepared) throws SQLException {
        return prepared.isClosed() ? 0 : prepared.getParameterMetaData().getParameterCount();
    }

    private static void value(PreparedStatement prepared, int index, SplittableRandom random) throws SQLException {
        int number = random.nextInt(30);
        switch (random.nextInt(24)) {
            case 0, 1, 2, 3, 4, 5 -> prepared.setInt(index, number);
            case 6, 7, 8 -> prepared.setString(index, "p" + number);
            case 9 -> prepared.setLong(index, number);
            case 10 -> prepared.setNull(index, Types.INTEGER);
            case 11 -> prepared.setNull(index, Types.VARCHAR);
            case 12 -> prepared.setObject(index, number);
            case 13 -> prepared.setObject(index, "o" + number);
            case 14 -> prepared.setObject(index, String.valueOf(number), Types.INTEGER);
            case 15 -> prepared.setBigDecimal(index, BigDecimal.valueOf(number, 2));
            case 16 -> prepared.setBytes(index, new byte[] {1, (byte) number});
            case 17 -> prepared.setBinaryStream(index, new ByteArrayInputStream(new byte[number]));
            case 18 -> prepared.setBinaryStream(index, new ByteArrayInputStream(new byte[number]), 10);
            case 19 -> prepared.setCharacterStream(index, new StringReader("r".repeat(number)));
            case 20 -> prepared.setCharacterStream(index, new StringReader("r".repeat(number)), 12);
            case 21 -> prepared.setTimestamp(index, new Timestamp(number * 1_000L));
            case 22 -> prepared.setDate(index, new Date(number * 86_400_000L));
            default -> prepared.setObject(index, new Object());
        }
    }
}
