package io.switchover4j.jdbc.internal;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.jdbc.ReconnectingDataSource;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;

/** An application that is stopped in the middle of two transactions, one in each form, and goes on: for {@link FrozenHostIT}. */
final class PausedApplicationMain {

    private PausedApplicationMain() {}

    /** The user and the URL of each node; reads the password and then a line on which it goes on. */
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String password = in.readLine();
        try (HikariDataSource a = pool("a", args[0], password, args[1]);
                HikariDataSource b = pool("b", args[0], password, args[2]);
                HikariDataSource same = pool("endpoint", args[0], password, args[1]);
                ReconnectingDataSource nodes = ReconnectingDataSource.builder()
                        .name("nodes")
                        .node("a", a)
                        .node("b", b)
                        .build();
                ReconnectingDataSource endpoint = ReconnectingDataSource.wrap(same);
                Connection first = begin(nodes, 1);
                Connection second = begin(endpoint, 2)) {
            System.out.println("OPEN");
            in.readLine();
            goOn(nodes, first, 3);
            goOn(endpoint, second, 4);
            report("nodes", nodes);
            report("endpoint", endpoint);
        }
    }

    private static Connection begin(ReconnectingDataSource dataSource, long id) throws SQLException {
        Connection connection = dataSource.getConnection();
        connection.setAutoCommit(false);
        FrozenHostIT.insert(connection, id);
        return connection;
    }

    private static void goOn(ReconnectingDataSource dataSource, Connection open, long id) throws SQLException {
        open.commit();
        try (Connection another = dataSource.getConnection()) {
            FrozenHostIT.insert(another, id);
        }
    }

    private static void report(String form, ReconnectingDataSource dataSource) {
        System.out.println("%s %d %d %d"
                .formatted(
                        form,
                        dataSource.statistics().cutOff(),
                        dataSource.statistics().primaries(),
                        dataSource.replayStatistics().cut()));
    }

    private static HikariDataSource pool(String name, String user, String password, String url) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl(url);
        config.setUsername(user);
        config.setPassword(password);
        config.setMaximumPoolSize(2);
        return new HikariDataSource(config);
    }
}
