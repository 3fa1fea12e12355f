package io.switchover4j.jdbc.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
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

    private static void assertEveryConnectionReaches(Shop shop, int port) throws SQLException {
        for (int i = 0; i < 20; i++) {
            try (Connection connection = shop.dataSource.getConnection();
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT pg_is_in_recovery(), inet_server_port()")) {
                assertThat(row.next()).isTrue();
                assertThat(row.getBoolean(1)).as("a standby").isFalse();
                assertThat(row.getInt(2)).isEqualTo(port);
            }
        }
    }
}
