package io.switchover4j.jdbc.internal;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.util.Locale;

/** Chooses the dialect by what the server says that it is. */
final class Dialects {

    private Dialects() {}

    static Dialect of(Connection connection) throws SQLException {
        DatabaseMetaData server = connection.getMetaData();
        return ofProduct(server.getDatabaseProductName(), server.getDatabaseProductVersion());
    }

    static Dialect ofProduct(String product, String version) {
        String name = product.toLowerCase(Locale.ROOT);
        boolean mariaDb =
                name.contains("mariadb") || version.toLowerCase(Locale.ROOT).contains("mariadb");
        if (name.contains("postgresql") || name.contains("enterprisedb")) {
            return new PostgresDialect();
        }
        if (mariaDb || name.contains("mysql")) {
            return new MySqlDialect(mariaDb);
        }
        if (name.contains("sql server")) {
            return new SqlServerDialect();
        }
        return new StandardDialect();
    }
}
