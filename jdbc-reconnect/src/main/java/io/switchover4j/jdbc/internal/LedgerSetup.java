package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import javax.sql.DataSource;

/** Creates what a commit ledger needs. */
final class LedgerSetup {

    private LedgerSetup() {}

    static String ddl(LedgerTable table, String databaseProduct) {
        LedgerDialect dialect = Dialects.ofProduct(databaseProduct, "").ledger();
        if (dialect == null) {
            throw new IllegalArgumentException("There is no commit ledger for '%s'".formatted(databaseProduct));
        }
        return dialect.ddl(table);
    }

    static void create(LedgerTable table, DataSource admin) throws SQLException {
        try (Connection connection = admin.getConnection()) {
            LedgerDialect dialect = Dialects.of(connection).ledger();
            if (dialect == null) {
                throw notSupported(connection);
            }
            dialect.create(connection, table);
        }
    }

    static SQLException notSupported(Connection connection) throws SQLException {
        return new SQLFeatureNotSupportedException(
                "There is no commit ledger for '%s'. Nothing was changed. Build the DataSource without commitLedger(...)."
                        .formatted(connection.getMetaData().getDatabaseProductName()),
                "0A000");
    }
}
