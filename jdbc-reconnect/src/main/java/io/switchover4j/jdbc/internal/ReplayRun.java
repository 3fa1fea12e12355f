package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * One attempt to do a transaction again on another physical connection. What the application holds is changed only once
 * everything was the same.
 */
final class ReplayRun {

    final Connection on;
    final ReplayDialect dialect;
    private final LogicalConnection connection;
    private final Map<LogicalStatement, Statement> statements = new IdentityHashMap<>();
    private final List<Move> moves = new ArrayList<>();
    private final List<LogicalResultSet> outliving = new ArrayList<>();
    private int position;

    private record Move(LogicalResultSet reader, ResultSet fresh, boolean ofStatement) {}

    ReplayRun(LogicalConnection connection, Connection on, ReplayDialect dialect) {
        this.connection = connection;
        this.on = on;
        this.dialect = dialect;
    }

    /** Does all calls again, then gives the application's handles their new statements and results. */
    void run(List<Recorded> calls) throws SQLException {
        for (Recorded call : calls) {
            position++;
            call.replay(this);
        }
        for (Map.Entry<LogicalStatement, Statement> entry : statements.entrySet()) {
            entry.getKey().adopt(entry.getValue());
        }
        for (Move move : moves) {
            move.reader.moveTo(move.fresh, move.ofStatement);
        }
        outliving.forEach(LogicalResultSet::outlive);
    }

    /** The number of the call that is being done, from one. */
    int position() {
        return position;
    }

    int attachment() {
        return connection.number();
    }

    DrawingAgain drawingAgain() {
        Traffic traffic = connection.traffic;
        return new DrawingAgain(
                on,
                connection.attachedNode(),
                traffic.primaryServer(),
                connection.attachedEpoch(),
                traffic.drawnKeys());
    }

    boolean isLost(SQLException e) {
        return connection.isEndOfReplay(e);
    }

    /** The statement that stands for {@code logical} here; the same one for all its executions. */
    Statement statementFor(LogicalStatement logical) throws SQLException {
        Statement known = statements.get(logical);
        if (known == null) {
            known = logical.make(on);
            statements.put(logical, known);
        }
        return known;
    }

    void moves(LogicalResultSet reader, ResultSet fresh, boolean ofStatement) {
        moves.add(new Move(reader, fresh, ofStatement));
    }

    void outlives(LogicalResultSet reader) {
        outliving.add(reader);
    }
}
