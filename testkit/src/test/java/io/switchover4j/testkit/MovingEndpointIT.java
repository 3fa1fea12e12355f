package io.switchover4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MovingEndpointIT {

    @Test
    void oneAddressLeadsToTheOldAndThenToTheNewPrimary() throws Exception {
        try (PostgresPair pair = PostgresPair.start();
                MovingEndpoint endpoint = MovingEndpoint.to(pair.primary().endpoint())) {
            DataSource application = pair.dataSource(endpoint.endpoint(), pair.application());
            try (Connection before = application.getConnection()) {
                assertThat(nodeBehind(before)).isEqualTo("a");
                pair.node("a").crash();
                PostgresPairIT.promote(pair.node("b"));
                assertThatThrownBy(application::getConnection)
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                e -> assertThat(e.getSQLState()).startsWith("08"));

                endpoint.pointTo(pair.node("b").endpoint());

                assertThatThrownBy(() -> nodeBehind(before)).isInstanceOf(SQLException.class);
                try (Connection after = application.getConnection()) {
                    assertThat(nodeBehind(after)).isEqualTo("b");
                }
            }
        }
    }

    private static String nodeBehind(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW cluster_name")) {
            row.next();
            return row.getString(1);
        }
    }
}
