package io.switchover4j.jdbc.internal;

import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Random calls on one connection and on what it gave. The same seed makes the same calls, as long as the answers are the
 * same.
 */
final class RandomCalls {

    /** What a driver that has lost track of its connection answers. */
    static final String ASSERTION = " asserted otherwise: ";

    private static final int MOST_HANDLES = 4;

    final Connection connection;
    final List<Statement> statements = new ArrayList<>();
    final List<ResultSet> results = new ArrayList<>();
    private final List<Savepoint> savepoints = new ArrayList<>();

    /** The pool got the session back as it was, and gives it out so. */
    boolean closedBadly;

    private final boolean rollsBack;

    /**
     * Makes calls on {@code connection}.
     *
     * @param rollsBack whether to roll back before the connection is closed
     */
    RandomCalls(Connection connection, boolean rollsBack) {
        this.connection = connection;
        this.rollsBack = rollsBack;
    }

    /** What the application is told by one call. */
    String call(long seed) {
        var random = new SplittableRandom(seed);
        var answer = new StringBuilder();
        try {
            call(random, answer);
        } catch (BatchUpdateException e) {
            answer.append(error(e)).append(Arrays.toString(e.getLargeUpdateCounts()));
        } catch (SQLException e) {
            answer.append(error(e));
        } catch (RuntimeException e) {
            answer.append(" threw ").append(e);
        } catch (AssertionError e) {
            // The driver's own.
            answer.append(ASSERTION).append(e.getMessage());
        }
        return answer.toString();
    }

    private String error(SQLException e) {
        if (isClosed()) {
            // Pools say that in words of their own.
            return " failed: closed";
        }
        StringBuilder chain = new StringBuilder(" failed:");
        for (SQLException link = e; link != null; link = link.getNextException()) {
            chain.append(' ')
                    .append(link.getClass().getSimpleName())
                    .append(' ')
                    .append(link.getSQLState())
                    .append(' ')
                    .append(firstLine(link));
        }
        return chain.toString();
    }

    private boolean isClosed() {
        try {
            return connection.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }

    static String firstLine(SQLException e) {
        String message = String.valueOf(e.getMessage());
        // The driver counts its portals and statements.
        return message.lines()
                .findFirst()
                .orElse("")
                .replaceAll("[A-Za-z.]*@[0-9a-f]+", "@")
                .replaceAll("\"([CS])_\\d+\"", "\"$1\"");
    }

    private void call(SplittableRandom random, StringBuilder answer) throws SQLException {
        int kind = random.nextInt(100);
        // Drivers answer some calls on what is closed, which JDBC forbids.
        for (Statement statement : List.copyOf(statements)) {
            if (statement.isClosed()) {
                statements.remove(statement);
            }
        }
        if (kind < 22) {
            direct(random, answer);
        } else if (kind < 34) {
            boundary(random, answer);
        } else if (kind < 41) {
            new RandomProperties(connection).call(random, answer);
        } else if (kind < 55 || statements.isEmpty()) {
            make(random, answer);
        } else if (kind < 85 || results.isEmpty()) {
            Statement statement = statements.get(random.nextInt(statements.size()));
            new RandomStatementCalls(this, statement).call(random, answer);
        } else {
            int which = random.nextInt(results.size());
            new RandomResultCalls(results.get(which)).call(random, answer);
        }
    }

    /** A statement of its own, executed, read and closed. */
    private void direct(SplittableRandom random, StringBuilder answer) throws SQLException {
        String sql = RandomSql.any(random);
        answer.append(sql).append(": ");
        try (Statement statement = connection.createStatement()) {
            if (random.nextInt(8) == 0) {
                statement.setFetchSize(1 + random.nextInt(3));
            }
            all(statement, statement.execute(sql), answer);
        }
    }

    /** Everything that one execution gives, in order. */
    static void all(Statement statement, boolean first, StringBuilder answer) throws SQLException {
        boolean rows = first;
        while (true) {
            if (rows) {
                try (ResultSet result = statement.getResultSet()) {
                    RandomResultCalls.rows(result, Integer.MAX_VALUE, answer);
                }
            } else {
                long count = statement.getLargeUpdateCount();
                if (count < 0) {
                    break;
                }
                answer.append(count).append(' ');
            }
            rows = statement.getMoreResults();
        }
        warnings(statement.getWarnings(), answer);
    }

    static void warnings(@Nullable SQLWarning first, StringBuilder answer) {
        for (SQLWarning warning = first; warning != null; warning = warning.getNextWarning()) {
            answer.append(" warned ").append(warning.getSQLState()).append(firstLine(warning));
        }
    }

    private void boundary(SplittableRandom random, StringBuilder answer) throws SQLException {
        int kind = random.nextInt(24);
        answer.append("boundary ").append(kind);
        switch (kind) {
            case 0, 1, 2, 3, 4 -> connection.setAutoCommit(random.nextInt(3) == 0);
            case 5, 6, 7, 8 -> connection.commit();
            case 9, 10, 11 -> connection.rollback();
            case 12, 13, 14 -> savepoints.add(connection.setSavepoint());
            case 15, 16 -> savepoints.add(connection.setSavepoint("n" + random.nextInt(3)));
            case 17, 18 -> {
                if (!savepoints.isEmpty()) {
                    connection.rollback(savepoints.get(random.nextInt(savepoints.size())));
                }
            }
            case 19, 20 -> {
                if (!savepoints.isEmpty()) {
                    connection.releaseSavepoint(savepoints.get(random.nextInt(savepoints.size())));
                }
            }
            case 21 -> connection.beginRequest();
            case 22 -> connection.endRequest();
            default -> {
                if (random.nextInt(4) == 0) {
                    close();
                }
            }
        }
        if (!savepoints.isEmpty() && (kind >= 12 && kind <= 16)) {
            Savepoint last = savepoints.get(savepoints.size() - 1);
            answer.append(kind < 15 ? last.getSavepointId() >= 0 : last.getSavepointName());
        }
        answer.append(" autocommit ").append(connection.isClosed() ? "closed" : connection.getAutoCommit());
    }

    private void make(SplittableRandom random, StringBuilder answer) throws SQLException {
        Statement made = make(random);
        if (statements.size() == MOST_HANDLES) {
            statements.remove(random.nextInt(MOST_HANDLES)).close();
        }
        statements.add(made);
        answer.append("made ").append(statements.size());
        if (random.nextInt(3) > 0) {
            new RandomStatementCalls(this, made).prepareAndExecute(random, answer);
        }
    }

    private Statement make(SplittableRandom random) throws SQLException {
        int type = type(random);
        int concurrency = random.nextInt(4) == 0 ? ResultSet.CONCUR_UPDATABLE : ResultSet.CONCUR_READ_ONLY;
        int holdability = random.nextBoolean() ? ResultSet.HOLD_CURSORS_OVER_COMMIT : ResultSet.CLOSE_CURSORS_AT_COMMIT;
        return switch (random.nextInt(16)) {
            case 0, 1, 2 -> connection.createStatement();
            case 3 -> connection.createStatement(type, concurrency);
            case 4 -> connection.createStatement(type, concurrency, holdability);
            case 5, 6, 7, 8 -> connection.prepareStatement(RandomSql.prepared(random));
            case 9 -> connection.prepareStatement(RandomSql.prepared(random), type, concurrency);
            case 10 -> connection.prepareStatement(RandomSql.prepared(random), type, concurrency, holdability);
            case 11 -> connection.prepareStatement(RandomSql.prepared(random), 1 + random.nextInt(2));
            case 12 -> connection.prepareStatement(RandomSql.prepared(random), new String[] {"id"});
            case 13 -> connection.prepareStatement(RandomSql.prepared(random), new int[] {1});
            case 14 -> connection.prepareCall(RandomSql.call(random));
            default -> connection.prepareCall(RandomSql.call(random), type, concurrency);
        };
    }

    private static int type(SplittableRandom random) {
        return switch (random.nextInt(5)) {
            case 0 -> ResultSet.TYPE_SCROLL_INSENSITIVE;
            case 1 -> ResultSet.TYPE_SCROLL_SENSITIVE;
            default -> ResultSet.TYPE_FORWARD_ONLY;
        };
    }

    void keep(ResultSet result, SplittableRandom random) throws SQLException {
        if (results.size() == MOST_HANDLES) {
            results.remove(random.nextInt(MOST_HANDLES)).close();
        }
        results.add(result);
    }

    /** A pool says that it could not set the session back, and is closed all the same; a logical connection never says so. */
    void close() {
        try (Connection closing = connection) {
            if (rollsBack && !closing.isClosed()) {
                rollBack(closing);
            }
        } catch (SQLException e) {
            closedBadly = true;
        }
    }

    private static void rollBack(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.rollback();
            return;
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute("rollback");
        }
    }

    /** Closes most of what is open: a connection that goes back with open results is not kept by the pool. */
    void closeHandles() {
        try {
            for (ResultSet result : results) {
                result.close();
            }
            for (Statement statement : statements) {
                statement.close();
            }
        } catch (SQLException e) {
            throw new AssertionError("A handle could not be closed", e);
        }
    }

    /** What holds of the connection and of all handles at the end. */
    String state() {
        StringBuilder state = new StringBuilder("state:");
        try {
            state.append(connection.isClosed());
            for (Statement statement : statements) {
                state.append(' ').append(statement.isClosed());
                if (statement instanceof PreparedStatement && !statement.isClosed()) {
                    state.append(statement.getMaxRows());
                }
            }
            for (ResultSet result : results) {
                state.append(' ').append(result.isClosed());
            }
            if (!connection.isClosed()) {
                state.append(connection.getAutoCommit()).append(connection.isReadOnly());
            }
        } catch (SQLException e) {
            state.append(error(e));
        }
        return state.toString();
    }
}
