package io.switchover4j.postgresql;

import io.switchover4j.spi.SwitchoverBackend;
import io.switchover4j.testkit.PostgresPair;
import io.switchover4j.testkit.contract.SwitchoverBackendContract;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;

@DisplayName("The PostgreSQL backend")
class PostgresBackendContractIT extends SwitchoverBackendContract {

    @SuppressWarnings("NullAway.Init")
    private static PostgresPair pair;

    @BeforeAll
    static void startPair() {
        pair = PostgresPair.start();
    }

    @AfterAll
    static void stopPair() {
        pair.close();
    }

    @Override
    protected SwitchoverBackend createBackend() {
        return Backends.of(pair);
    }

    @Override
    protected String instanceId() {
        return Backends.INSTANCE;
    }

    @Override
    protected boolean isWritable(String nodeId) {
        try (Connection connection = pair.node(nodeId).connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS writable (at timestamptz)");
            statement.execute("INSERT INTO writable VALUES (now())");
            return true;
        } catch (SQLException e) {
            return false;
        }
    }
}
