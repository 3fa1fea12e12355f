package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What the database says of itself, asked of the primary of the moment. */
final class LogicalDatabaseMetaData extends ForwardingDatabaseMetaData {

    private final LogicalConnection connection;
    private @Nullable DatabaseMetaData physical;
    private int attachment;

    LogicalDatabaseMetaData(LogicalConnection connection) {
        this.connection = connection;
    }

    @Override
    DatabaseMetaData enter() throws SQLException {
        return of(connection.enter());
    }

    @Override
    DatabaseMetaData enterAgain(SQLException e) throws SQLException {
        return of(connection.enterAgain(e));
    }

    private DatabaseMetaData of(Connection entered) throws SQLException {
        Connection on = entered;
        DatabaseMetaData known = physical;
        boolean done = false;
        try {
            while (known == null || attachment != connection.number()) {
                try {
                    known = on.getMetaData();
                    attachment = connection.number();
                } catch (SQLException e) {
                    on = connection.enterAgain(e);
                }
            }
            physical = known;
            done = true;
            return known;
        } finally {
            if (!done) {
                connection.leave();
            }
        }
    }

    @Override
    void leave() {
        connection.leave();
    }

    @Override
    ResultSet results(ResultSet results) {
        connection.keepUnit();
        return new LogicalResultSet(connection, null, results, attachment);
    }

    @Override
    public Connection getConnection() {
        return connection;
    }

    @Override
    public int getDriverMajorVersion() {
        try {
            return enter().getDriverMajorVersion();
        } catch (SQLException e) {
            throw new IllegalStateException("No connection to ask its driver: " + e.getMessage(), e);
        } finally {
            leave();
        }
    }

    @Override
    public int getDriverMinorVersion() {
        try {
            return enter().getDriverMinorVersion();
        } catch (SQLException e) {
            throw new IllegalStateException("No connection to ask its driver: " + e.getMessage(), e);
        } finally {
            leave();
        }
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return type.isInstance(this) ? type.cast(this) : super.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this) || super.isWrapperFor(type);
    }
}
