package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.Endpoint;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.jdbc.ReplayStatistics;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.testkit.Bank;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.BankRun;
import io.switchover4j.testkit.MovingEndpoint;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Eight workers through logical connections while a real pair is switched, in both forms. */
@SuppressWarnings("NullAway.Init")
@Timeout(180)
final class BankUnderSwitchIT {

    private static final int SWITCHES = 2;
    private static final long COMMITS_BETWEEN = 200;

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private PostgresPair pair;
    private MovingEndpoint endpoint;

    @BeforeEach
    void start() {
        pair = PostgresPair.start();
        resources.push(pair);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nodes", "endpoint"})
    void aCoordinatedSwitchCostsNoError(String form) throws Exception {
        ReconnectingDataSource dataSource = dataSource(form);
        Bank bank = Bank.builder(dataSource).build();
        bank.createSchema(dataSource);
        BankReport report;
        try (BankRun run = bank.start()) {
            for (int i = 1; i <= SWITCHES; i++) {
                awaitCommits(run);
                String operation = "op-" + i;
                assertThat(dataSource
                                .hold(new HoldRequest(
                                        "bank",
                                        operation,
                                        Deadline.after(Duration.ofSeconds(5)),
                                        Deadline.after(Duration.ofSeconds(60))))
                                .isDrained())
                        .isTrue();
                PostgresNode old = pair.primary();
                PostgresNode next = switchTo();
                dataSource.release(operation, new Topology("bank", next.id(), next.endpoint()));
                awaitCommits(run);
                old.reseedFrom(next);
                pair.awaitStreaming();
            }
            run.stop();
            report = run.reconcile(pair.primary().dataSource(pair.application()));
        }

        assertThat(report.isFlawless()).as(report.toString()).isTrue();
        assertThat(dataSource.statistics().primaries()).isEqualTo(1 + SWITCHES);
        assertThat(dataSource.statistics().cutOff()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"nodes", "endpoint"})
    void aSwitchBehindTheBackCostsOnlyTheAnswersOfCommitsThatWereOnTheirWay(String form) throws Exception {
        ReconnectingDataSource dataSource = dataSource(form);
        Bank bank = Bank.builder(dataSource).retryOn40001().build();
        bank.createSchema(dataSource);
        BankReport report;
        try (BankRun run = bank.start()) {
            for (int i = 1; i <= SWITCHES; i++) {
                awaitCommits(run);
                PostgresNode old = pair.primary();
                PostgresNode next = switchTo();
                awaitCommits(run);
                old.reseedFrom(next);
                pair.awaitStreaming();
            }
            run.stop();
            report = run.reconcile(pair.primary().dataSource(pair.application()));
        }

        assertThat(report.isConsistent()).as(report.toString()).isTrue();
        ReplayStatistics replays = dataSource.replayStatistics();
        assertThat(report.errorsBySqlState().keySet())
                .as(report + ", " + replays)
                .isSubsetOf(Set.of("08007"));
        assertThat(replays.replayed()).as(replays.toString()).isEqualTo(replays.cut());
        System.out.printf(
                "%s: %d transactions were cut before their commit, %d replayed in %d attempts; %d commits unknown%n",
                form, replays.cut(), replays.replayed(), replays.attempts(), report.errorCount());
    }

    private static void awaitCommits(BankRun run) {
        assertThat(run.awaitCommits(COMMITS_BETWEEN, Duration.ofSeconds(40)))
                .as("commits go on")
                .isTrue();
    }

    private PostgresNode switchTo() throws SQLException {
        PostgresNode old = pair.primary();
        PostgresNode next = pair.standby();
        old.stop();
        try (Connection connection = next.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_promote(true)");
        }
        if (endpoint != null) {
            endpoint.pointTo(next.endpoint());
        }
        return next;
    }

    private ReconnectingDataSource dataSource(String form) throws IOException {
        ReconnectingDataSource.Builder builder =
                ReconnectingDataSource.builder().name("bank");
        if (form.equals("nodes")) {
            for (PostgresNode node : pair.nodes()) {
                builder.node(node.id(), pool(node.id(), node.endpoint()));
            }
        } else {
            endpoint = MovingEndpoint.to(pair.primary().endpoint());
            resources.push(endpoint);
            builder.endpoint(pool("endpoint", endpoint.endpoint()));
        }
        ReconnectingDataSource dataSource = builder.build();
        resources.push(dataSource);
        return dataSource;
    }

    private HikariDataSource pool(String name, Endpoint at) {
        var config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl(
                "jdbc:postgresql://%s:%d/%s".formatted(at.host(), at.port(), PostgresPair.APPLICATION_DATABASE));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(8);
        config.setConnectionTimeout(5_000);
        config.setInitializationFailTimeout(-1);
        var pool = new HikariDataSource(config);
        resources.push(pool);
        return pool;
    }
}
