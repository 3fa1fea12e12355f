package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import java.util.SplittableRandom;
import org.postgresql.PGConnection;

/** Random calls that set or ask for properties of a connection, or for metadata. */
final class RandomProperties {

    private final Connection connection;

    RandomProperties(Connection connection) {
        this.connection = connection;
    }

    void call(SplittableRandom random, StringBuilder answer) throws SQLException {
        int kind = random.nextInt(30);
        if (kind >= 7 && kind <= 17 && connection.isClosed()) {
            // A pool answers some from its memory, and throws what no method of JDBC may throw.
            return;
        }
        answer.append("property ").append(kind).append(' ');
        boolean way = random.nextBoolean();
        switch (kind) {
            case 0, 1 -> connection.setReadOnly(way);
            case 2, 3 ->
                connection.setTransactionIsolation(
                        switch (random.nextInt(5)) {
                            case 0 -> Connection.TRANSACTION_READ_UNCOMMITTED;
                            case 1 -> Connection.TRANSACTION_REPEATABLE_READ;
                            case 2 -> Connection.TRANSACTION_SERIALIZABLE;
                            case 3 -> Connection.TRANSACTION_READ_COMMITTED;
                            default -> 77;
                        });
            case 4 -> connection.setSchema(way ? "public" : "pg_catalog");
            case 5 -> connection.setCatalog("elsewhere");
            case 6 ->
                connection.setHoldability(
                        way
                                ? ResultSet.HOLD_CURSORS_OVER_COMMIT
                                : random.nextInt(3) == 0 ? 77 : ResultSet.CLOSE_CURSORS_AT_COMMIT);
            case 7 -> connection.setClientInfo("ApplicationName", "c" + random.nextInt(3));
            case 8 -> connection.setClientInfo(way ? "Unknown" : "ClientUser", "x");
            case 9 -> {
                Properties properties = new Properties();
                properties.setProperty("ApplicationName", "p" + random.nextInt(3));
                connection.setClientInfo(properties);
            }
            case 10 -> connection.setNetworkTimeout(Runnable::run, way ? 60_000 : -1);
            case 11 -> connection.setTypeMap(Map.of());
            case 12 -> answer.append(connection.isReadOnly());
            case 13 -> answer.append(connection.getTransactionIsolation());
            case 14 -> answer.append(connection.getSchema());
            case 15 -> answer.append(connection.getHoldability());
            case 16 -> answer.append(connection.getClientInfo("ApplicationName"));
            case 17 -> answer.append(connection.getNetworkTimeout());
            case 18 -> answer.append(connection.getTypeMap());
            case 19 -> answer.append(connection.nativeSQL("select {fn now()}, {d '2026-01-01'}"));
            // A pool does not look at the timeout of what is closed.
            case 20 -> answer.append(connection.isValid(way || connection.isClosed() ? 5 : -1));
            case 21 -> RandomCalls.warnings(connection.getWarnings(), answer);
            case 22 -> connection.clearWarnings();
            case 23 -> answer.append(connection.createArrayOf("int4", new Object[] {1, 2}));
            case 24 -> answer.append(connection.createStruct("x", new Object[] {1}));
            case 25 -> answer.append(way ? connection.createClob() : connection.createBlob());
            case 26 ->
                answer.append(connection.isWrapperFor(PGConnection.class))
                        .append(connection.isWrapperFor(java.util.List.class));
            case 27 -> answer.append(connection.unwrap(PGConnection.class).getPreferQueryMode());
            default -> metadata(random, answer);
        }
    }

    private void metadata(SplittableRandom random, StringBuilder answer) throws SQLException {
        DatabaseMetaData metadata = connection.getMetaData();
        switch (random.nextInt(8)) {
            case 0 -> answer.append(metadata.getDatabaseProductName()).append(metadata.getDriverName());
            case 1 -> {
                try (ResultSet tables = metadata.getTables(null, "public", "k", null)) {
                    answer.append(tables.next()).append(tables.getString("TABLE_NAME"));
                }
            }
            case 2 -> {
                try (ResultSet columns = metadata.getColumns(null, "public", "t", "%")) {
                    while (columns.next()) {
                        answer.append(columns.getString("COLUMN_NAME")).append(columns.getInt("DATA_TYPE"));
                    }
                }
            }
            case 3 -> {
                try (ResultSet keys = metadata.getPrimaryKeys(null, "public", "k")) {
                    answer.append(keys.next()).append(keys.getString("COLUMN_NAME"));
                }
            }
            case 4 -> answer.append(metadata.supportsSavepoints()).append(metadata.getMaxColumnNameLength());
            case 5 -> answer.append(metadata.getConnection() == connection);
            case 6 -> answer.append(metadata.getUserName()).append(metadata.isReadOnly());
            default -> answer.append(metadata.getDefaultTransactionIsolation()).append(metadata.getSQLKeywords());
        }
    }
}
