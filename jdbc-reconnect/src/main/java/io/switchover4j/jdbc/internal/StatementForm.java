package io.switchover4j.jdbc.internal;

import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** How a statement was asked for, so that it can be made again on another physical connection. Immutable. */
final class StatementForm {

    static final StatementForm DEFAULT = new StatementForm(0, 0, 0, null);

    private final int type;
    private final int concurrency;
    private final int holdability;

    /** Which generated keys come back: a constant, column indexes or column names. */
    private final @Nullable Object keys;

    private StatementForm(int type, int concurrency, int holdability, @Nullable Object keys) {
        this.type = type;
        this.concurrency = concurrency;
        this.holdability = holdability;
        this.keys = keys;
    }

    static StatementForm of(int type, int concurrency) {
        return new StatementForm(type, concurrency, 0, null);
    }

    static StatementForm of(int type, int concurrency, int holdability) {
        return new StatementForm(type, concurrency, holdability, null);
    }

    static StatementForm ofKeys(Object keys) {
        return new StatementForm(0, 0, 0, keys);
    }

    boolean isUpdatable() {
        return concurrency == ResultSet.CONCUR_UPDATABLE;
    }

    /** Whether its results can be read in another way than from the first row to the last. */
    boolean isScrollable() {
        return type != 0 && type != ResultSet.TYPE_FORWARD_ONLY || isUpdatable();
    }

    Statement create(Connection physical) throws SQLException {
        if (holdability != 0) {
            return physical.createStatement(type, concurrency, holdability);
        }
        return type != 0 ? physical.createStatement(type, concurrency) : physical.createStatement();
    }

    PreparedStatement prepare(Connection physical, String sql) throws SQLException {
        if (keys instanceof Integer constant) {
            return physical.prepareStatement(sql, constant);
        } else if (keys instanceof int[] indexes) {
            return physical.prepareStatement(sql, indexes);
        } else if (keys instanceof String[] names) {
            return physical.prepareStatement(sql, names);
        } else if (holdability != 0) {
            return physical.prepareStatement(sql, type, concurrency, holdability);
        }
        return type != 0 ? physical.prepareStatement(sql, type, concurrency) : physical.prepareStatement(sql);
    }

    CallableStatement prepareCall(Connection physical, String sql) throws SQLException {
        if (holdability != 0) {
            return physical.prepareCall(sql, type, concurrency, holdability);
        }
        return type != 0 ? physical.prepareCall(sql, type, concurrency) : physical.prepareCall(sql);
    }
}
