package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What the application set on its connection, to be set again on the next physical one. Only what was set is kept. */
final class Session {

    private static final int UNSET = -1;

    @Nullable
    Boolean readOnly;

    int isolation = UNSET;
    int holdability = UNSET;

    @Nullable
    String catalog;

    @Nullable
    String schema;

    int networkTimeoutMillis = UNSET;

    @Nullable
    Executor networkTimeoutExecutor;

    @Nullable
    Map<String, Class<?>> typeMap;

    @Nullable
    Properties clientInfo;

    /** Sets everything on a connection that its pool just gave out, and autocommit last. */
    void applyTo(Connection physical, boolean autoCommit) throws SQLException {
        if (networkTimeoutMillis != UNSET) {
            physical.setNetworkTimeout(networkTimeoutExecutor, networkTimeoutMillis);
        }
        // Drivers refuse these two inside a transaction, and a driver's own SET for the others would begin one.
        if (readOnly != null) {
            physical.setReadOnly(readOnly);
        }
        if (isolation != UNSET) {
            physical.setTransactionIsolation(isolation);
        }
        if ((catalog != null || schema != null || clientInfo != null) && !physical.getAutoCommit()) {
            physical.setAutoCommit(true);
        }
        if (clientInfo != null) {
            physical.setClientInfo(clientInfo);
        }
        if (catalog != null) {
            physical.setCatalog(catalog);
        }
        if (schema != null) {
            physical.setSchema(schema);
        }
        if (holdability != UNSET) {
            physical.setHoldability(holdability);
        }
        if (typeMap != null) {
            physical.setTypeMap(typeMap);
        }
        if (physical.getAutoCommit() != autoCommit) {
            physical.setAutoCommit(autoCommit);
        }
    }
}
