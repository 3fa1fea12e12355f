package io.switchover4j.jdbc.internal;

import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** What the application set on a statement, to be set again on one that was made anew. Only what was set is kept. */
final class StatementSettings {

    @Nullable
    Integer maxRows;

    @Nullable
    Long largeMaxRows;

    @Nullable
    Integer maxFieldSize;

    @Nullable
    Integer queryTimeoutSeconds;

    @Nullable
    Integer fetchSize;

    @Nullable
    Integer fetchDirection;

    @Nullable
    Boolean escapeProcessing;

    @Nullable
    Boolean poolable;

    @Nullable
    String cursorName;

    boolean closeOnCompletion;

    /** In seconds; 0 for none. */
    int queryTimeout() {
        return queryTimeoutSeconds == null ? 0 : queryTimeoutSeconds;
    }

    boolean fetchesInParts() {
        return fetchSize != null && fetchSize != 0;
    }

    void applyTo(Statement statement) throws SQLException {
        if (maxRows != null) {
            statement.setMaxRows(maxRows);
        }
        if (largeMaxRows != null) {
            statement.setLargeMaxRows(largeMaxRows);
        }
        if (maxFieldSize != null) {
            statement.setMaxFieldSize(maxFieldSize);
        }
        if (queryTimeoutSeconds != null) {
            statement.setQueryTimeout(queryTimeoutSeconds);
        }
        if (fetchSize != null) {
            statement.setFetchSize(fetchSize);
        }
        if (fetchDirection != null) {
            statement.setFetchDirection(fetchDirection);
        }
        if (escapeProcessing != null) {
            statement.setEscapeProcessing(escapeProcessing);
        }
        if (poolable != null) {
            statement.setPoolable(poolable);
        }
        if (cursorName != null) {
            statement.setCursorName(cursorName);
        }
        if (closeOnCompletion) {
            statement.closeOnCompletion();
        }
    }
}
