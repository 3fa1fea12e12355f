package io.switchover4j.jdbc.internal;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.Endpoint;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.spi.TrafficParticipant;
import io.switchover4j.testkit.MovingEndpoint;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import io.switchover4j.testkit.contract.TrafficParticipantContract;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;

/** The DataSource holds traffic as the SPI says, in both forms, over a real pair. */
@SuppressWarnings("NullAway.Init")
class ParticipantContractIT {

    private static PostgresPair pair;

    @BeforeAll
    static void start() {
        pair = PostgresPair.start();
    }

    @AfterAll
    static void stop() {
        pair.close();
    }

    private abstract static class DataSourceContract extends TrafficParticipantContract {

        private ReconnectingDataSource dataSource;

        abstract ReconnectingDataSource create() throws Exception;

        @Override
        protected TrafficParticipant createParticipant() throws Exception {
            dataSource = create();
            return dataSource;
        }

        @Override
        protected Topology topology() {
            PostgresNode primary = pair.node("a");
            return new Topology("orders", primary.id(), primary.endpoint());
        }

        @Override
        protected OpenWork begin() throws Exception {
            Connection connection = dataSource.getConnection();
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("SELECT 1");
            }
            return () -> {
                try (connection) {
                    connection.commit();
                }
            };
        }

        @Override
        protected void destroy(TrafficParticipant created) {
            dataSource.close();
        }

        static HikariDataSource pool(Endpoint endpoint) {
            HikariConfig config = new HikariConfig();
            config.setJdbcUrl("jdbc:postgresql://%s:%d/%s"
                    .formatted(endpoint.host(), endpoint.port(), PostgresPair.APPLICATION_DATABASE));
            config.setUsername(pair.application().user());
            config.setPassword(pair.application().password());
            config.setMaximumPoolSize(4);
            return new HikariDataSource(config);
        }
    }

    @Nested
    class OfTheNodes extends DataSourceContract {

        private HikariDataSource a;
        private HikariDataSource b;

        @Override
        ReconnectingDataSource create() {
            a = pool(pair.node("a").endpoint());
            b = pool(pair.node("b").endpoint());
            return ReconnectingDataSource.builder()
                    .name("nodes")
                    .node("a", a)
                    .node("b", b)
                    .build();
        }

        @Override
        protected void destroy(TrafficParticipant created) {
            super.destroy(created);
            a.close();
            b.close();
        }
    }

    @Nested
    class OfAnEndpoint extends DataSourceContract {

        private MovingEndpoint endpoint;
        private HikariDataSource pool;

        @Override
        ReconnectingDataSource create() throws Exception {
            endpoint = MovingEndpoint.to(pair.node("a").endpoint());
            pool = pool(endpoint.endpoint());
            return ReconnectingDataSource.wrap(pool);
        }

        @Override
        protected void destroy(TrafficParticipant created) {
            super.destroy(created);
            pool.close();
            endpoint.close();
        }
    }
}
