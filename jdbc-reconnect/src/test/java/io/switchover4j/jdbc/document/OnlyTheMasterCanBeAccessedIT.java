package io.switchover4j.jdbc.document;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.spi.Deadline;
import io.switchover4j.testkit.PostgresNode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** "Only the master can be accessed." */
@Timeout(120)
class OnlyTheMasterCanBeAccessedIT {

    @Test
    void noConnectionIsEverOneToTheStandbyBeforeOrAfterASwitch() throws Exception {
        try (Shop shop = new Shop()) {
            assertEveryConnectionReaches(shop, shop.pair.primary().port());

            shop.switchOver();

            assertEveryConnectionReaches(shop, shop.pair.primary().port());
        }
    }

    /** The old primary lives on and would take every write: nobody has fenced it. */
    @Test
    void onceADemotionIsKnownNoUnitStartsAndNothingIsSentThere() throws Exception {
        try (Shop shop = new Shop();
                Connection kept = shop.dataSource.getConnection()) {
            assertReaches(kept, shop.pair.primary().port());
            PostgresNode old = shop.pair.primary();
            PostgresNode next = shop.pair.standby();
            shop.pair.awaitStreaming();
            run(next, "SELECT pg_promote()");
            Deadline deadline = Deadline.after(Duration.ofSeconds(20));
            while (shop.dataSource.statistics().primaries() < 2) {
                assertThat(deadline.isExpired())
                        .as("the promotion is not known")
                        .isFalse();
                Thread.sleep(10);
            }
            String known = run(old, "SELECT clock_timestamp()");

            assertReaches(kept, next.port());
            assertEveryConnectionReaches(shop, next.port());

            assertThat(run(old, "SELECT pg_is_in_recovery()"))
                    .as("it lives on as a primary")
                    .isEqualTo("f");
            // The watch goes on asking there, and the pool opens sessions anew, as it does to any standby.
            assertThat(run(
                            old,
                            "SELECT coalesce(string_agg(query, '; '), 'none') FROM pg_stat_activity"
                                    + " WHERE usename = '%s' AND query_start > '%s' AND query LIKE '%%inet_server_port%%'"
                                            .formatted(shop.pair.application().user(), known)))
                    .as("what the application sent there")
                    .isEqualTo("none");
        }
    }

    private static String run(PostgresNode node, String query) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        }
    }

    private static void assertReaches(Connection connection, int port) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_is_in_recovery(), inet_server_port()")) {
            assertThat(row.next()).isTrue();
            assertThat(row.getBoolean(1)).as("a standby").isFalse();
            assertThat(row.getInt(2)).isEqualTo(port);
        }
    }

    private static void assertEveryConnectionReaches(Shop shop, int port) throws SQLException {
        for (int i = 0; i < 20; i++) {
            try (Connection connection = shop.dataSource.getConnection()) {
                assertReaches(connection, port);
            }
        }
    }
}
