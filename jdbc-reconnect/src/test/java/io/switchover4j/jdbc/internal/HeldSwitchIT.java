package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.Endpoint;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.testkit.Bank;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.BankRun;
import io.switchover4j.testkit.FloorProbe;
import io.switchover4j.testkit.MovingEndpoint;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prints how soon the first commit follows the release of held traffic, beside the server's own gap, in both forms: a measurement,
 * run with {@code -Psoak}. That such a switch costs no error is what {@link BankUnderSwitchIT} shows always.
 */
@Tag("soak")
@SuppressWarnings("NullAway.Init")
@Timeout(180)
class HeldSwitchIT {

    private static final Logger log = LoggerFactory.getLogger(HeldSwitchIT.class);
    private static final int SWITCHES = Integer.getInteger("switches", 2);

    private final List<AutoCloseable> resources = new ArrayList<>();
    private PostgresPair pair;

    @BeforeEach
    void start() throws SQLException {
        pair = PostgresPair.start();
        resources.add(pair);
    }

    @AfterEach
    void stop() throws Exception {
        Collections.reverse(resources);
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    private HikariDataSource pool(String name, Endpoint endpoint) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl("jdbc:postgresql://%s:%d/%s"
                .formatted(endpoint.host(), endpoint.port(), PostgresPair.APPLICATION_DATABASE));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(10);
        HikariDataSource pool = new HikariDataSource(config);
        resources.add(pool);
        return pool;
    }

    private static void promote(PostgresNode node) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_promote(false)");
            while (node.isInRecovery()) {
                Thread.onSpinWait();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nodes", "endpoint"})
    void nobodySeesAnError(String form) throws Exception {
        @Nullable MovingEndpoint endpoint = null;
        ReconnectingDataSource.Builder builder =
                ReconnectingDataSource.builder().name(form);
        if (form.equals("nodes")) {
            for (PostgresNode node : pair.nodes()) {
                builder.node(node.id(), pool(node.id(), node.endpoint()));
            }
        } else {
            endpoint = MovingEndpoint.to(pair.primary().endpoint());
            resources.add(endpoint);
            builder.endpoint(pool("moving", endpoint.endpoint()));
        }
        ReconnectingDataSource dataSource = builder.build();
        resources.add(dataSource);
        Bank bank = Bank.builder(dataSource).workers(8).seed(1).build();
        bank.createSchema(pair.primary().dataSource(pair.application()));
        pair.awaitStreaming();
        try (FloorProbe probe = FloorProbe.start(pair);
                BankRun run = bank.start()) {
            for (int round = 1; round <= SWITCHES; round++) {
                run.awaitCommits(100, Duration.ofSeconds(30));
                PostgresNode old = pair.primary();
                PostgresNode next = pair.standby();
                String operation = "op-" + round;
                Instant from = Instant.now();
                assertThat(dataSource
                                .hold(new HoldRequest(
                                        "bank",
                                        operation,
                                        Deadline.after(Duration.ofSeconds(10)),
                                        Deadline.after(Duration.ofSeconds(60))))
                                .isDrained())
                        .isTrue();
                old.stop();
                promote(next);
                Topology topology = new Topology("bank", next.id(), next.endpoint());
                if (endpoint != null) {
                    endpoint.release(operation, topology);
                    endpoint.pointTo(next.endpoint());
                }
                Instant released = Instant.now();
                dataSource.release(operation, topology);
                long committed = run.committed();
                run.awaitCommits(1, Duration.ofSeconds(30));
                assertThat(run.committed()).isGreaterThan(committed);
                log.info(
                        "{}: release to first commit {} ms, server's own gap {}",
                        form,
                        Duration.between(released, Instant.now()).toMillis(),
                        probe.longestGap(from, Instant.now()));
                old.reseedFrom(next);
                pair.awaitStreaming();
            }
            run.stop();
            BankReport report = run.reconcile(pair.primary().dataSource(pair.superuser()));
            assertThat(report.isFlawless()).as(report.toString()).isTrue();
        }
        assertThat(dataSource.statistics().primaries()).isEqualTo(1 + SWITCHES);
        assertThat(dataSource.statistics().cutOff()).isZero();
    }
}
