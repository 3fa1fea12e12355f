package io.switchover4j.examples;

import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.testkit.MovingEndpoint;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;

/**
 * Wraps the pool of an endpoint that moves. The primary dies without a word, the standby is promoted, the endpoint moves:
 * the connection that the application holds goes on working.
 */
public final class WrapDataSourceMain {

    private WrapDataSourceMain() {}

    public static void main(String[] args) throws Exception {
        try (PostgresPair pair = PostgresPair.start();
                MovingEndpoint endpoint = MovingEndpoint.to(pair.node("a").endpoint());
                var pool = Rig.pool(pair, endpoint.endpoint());
                ReconnectingDataSource dataSource = ReconnectingDataSource.wrap(pool);
                Connection connection = dataSource.getConnection()) {
            System.out.println("before: " + whereAmI(connection));

            pair.node("a").crash();
            try (Connection standby = pair.node("b").connect();
                    Statement statement = standby.createStatement()) {
                statement.execute("SELECT pg_promote()");
            }
            endpoint.pointTo(pair.node("b").endpoint());

            System.out.println("after:  " + whereAmI(connection));
        }
        System.exit(0);
    }

    private static String whereAmI(Connection connection) throws Exception {
        // A query that is declared to write nothing may be run again; anything else in flight would be reported.
        connection.setReadOnly(true);
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT current_setting('port')")) {
            row.next();
            return "the server on port " + row.getString(1);
        }
    }
}
