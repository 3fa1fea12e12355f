package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.FenceResult.Outcome;
import io.switchover4j.LossLimit;
import io.switchover4j.Phase;
import io.switchover4j.SwitchoverCoordinator;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.postgresql.LocalProcessControl;
import io.switchover4j.postgresql.PostgresBackend;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.CopySource;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.NodeControl;
import io.switchover4j.testkit.Bank;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.BankRun;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Eight workers through logical connections while the primary of a real pair dies or freezes and is replaced by force. */
@SuppressWarnings("NullAway.Init")
@Timeout(180)
final class BankUnderFailoverIT {

    private static final String INSTANCE = "bank";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private PostgresPair pair;

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPrimaryKilledUnderLoadIsReplaced(boolean synchronous) throws Exception {
        startPair(synchronous);
        killUnderLoad(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("soak")
    void primariesKilledUnderLoadAgainAndAgainAreReplaced(boolean synchronous) throws Exception {
        startPair(synchronous);
        killUnderLoad(20);
    }

    private void killUnderLoad(int times) throws Exception {
        ReconnectingDataSource dataSource = dataSource();
        Bank bank = Bank.builder(dataSource).retryOn40001().build();
        bank.createSchema(dataSource);
        pair.awaitStreaming();
        try (PostgresBackend backend = backend(true);
                SwitchoverCoordinator coordinator = coordinator(backend, dataSource)) {
            for (int i = 0; i < times; i++) {
                BankReport told;
                SwitchoverReport report;
                try (BankRun run = bank.start()) {
                    assertThat(run.awaitCommits(300, PATIENCE)).isTrue();
                    coordinator.instance(INSTANCE);
                    PostgresNode old = pair.primary();
                    old.crash();
                    report = failOver(coordinator);
                    assertThat(run.awaitCommits(200, PATIENCE))
                            .as("commits go on")
                            .isTrue();
                    assertThat(pair.primary()).isNotSameAs(old);
                    told = run.reconcile(pair.primary().dataSource(pair.application()));
                }
                String both = told + "\n" + report.describe();
                assertThat(report.outcome()).as(both).isEqualTo(Phase.COMPLETED);
                assertThat(report.failover().orElseThrow().fence().orElseThrow().outcome())
                        .as(both)
                        .isEqualTo(Outcome.FENCED);
                assertThat(told.appliedTwice().count()).as(both).isZero();
                assertThat(told.appliedThoughFailed().count()).as(both).isZero();
                assertThat(told.isBalanceRight()).as(both).isTrue();
                assertThat(told.errorsBySqlState().keySet()).as(both).isSubsetOf("40001", "08007");
                if (pair.isSynchronous()) {
                    assertThat(told.lost().count()).as(both).isZero();
                } else if (told.lost().count() > 0) {
                    // What was acknowledged and is gone was never received: it is on the abandoned history.
                    assertThat(report.notes()).as(both).containsKey("abandoned on the old primary");
                }
                pair.awaitStreaming();
            }
        }
    }

    @Test
    void whatAThawedPrimaryExecutesWasSentBeforeAndIsCounted() throws Exception {
        startPair(false);
        ReconnectingDataSource dataSource = dataSource();
        Bank bank = Bank.builder(dataSource).retryOn40001().build();
        bank.createSchema(dataSource);
        pair.awaitStreaming();
        PostgresNode old = pair.primary();
        PostgresNode target = pair.standby();
        BankReport told;
        SwitchoverReport report;
        Set<Long> onOld;
        try (PostgresBackend backend = backend(false);
                SwitchoverCoordinator coordinator = coordinator(backend, dataSource);
                BankRun run = bank.start()) {
            assertThat(run.awaitCommits(300, PATIENCE)).isTrue();
            coordinator.instance(INSTANCE);
            old.freeze();
            report = failOver(coordinator);
            assertThat(run.awaitCommits(200, PATIENCE)).as("commits go on").isTrue();

            old.thaw();
            awaitIdle(old);
            onOld = transfers(old);
            assertThat(run.awaitCommits(300, PATIENCE)).as("commits go on").isTrue();
            assertThat(old.isWritable()).as("nobody could stop it").isTrue();
            assertThat(transfers(old)).as("no new unit reaches it").isEqualTo(onOld);
            assertThat(sessions(old)).as("no session of ours is left there").isZero();
            told = run.reconcile(target.dataSource(pair.application()));
        }
        String both = told + "\n" + report.describe();
        assertThat(report.outcome()).as(both).isEqualTo(Phase.COMPLETED_DEGRADED);
        assertThat(report.failover().orElseThrow().fence().orElseThrow().outcome())
                .as(both)
                .isEqualTo(Outcome.NOT_REACHABLE);
        assertThat(told.appliedTwice().count()).as(both).isZero();
        assertThat(told.appliedThoughFailed().count()).as(both).isZero();
        assertThat(told.isBalanceRight()).as(both).isTrue();

        onOld.removeAll(transfers(target));
        long abandoned = onOld.size();
        // Acknowledged before the freeze and not yet received by the standby, or sent and not yet answered.
        assertThat(abandoned)
                .as(both)
                .isLessThanOrEqualTo(sent(report) + told.lost().count());
        assertThat(sent(report)).as(both).isPositive();
    }

    /** How many units had something on its way to the old primary, as the report says. */
    private static long sent(SwitchoverReport report) {
        Matcher figure = Pattern.compile("^(\\d+) of \\d+ open ones")
                .matcher(report.notes().getOrDefault("units sent to the old primary", ""));
        assertThat(figure.find()).as(report.describe()).isTrue();
        return Long.parseLong(figure.group(1));
    }

    private static SwitchoverReport failOver(SwitchoverCoordinator coordinator) throws Exception {
        return coordinator
                .start(SwitchoverRequest.of(INSTANCE)
                        .failover()
                        .acceptLoss(LossLimit.unlimited())
                        .rejoinTimeout(Duration.ofSeconds(40))
                        .build())
                .await(Duration.ofSeconds(90));
    }

    private static SwitchoverCoordinator coordinator(PostgresBackend backend, ReconnectingDataSource dataSource) {
        return SwitchoverCoordinator.builder()
                .backend(backend)
                .participant(dataSource)
                .build();
    }

    private void startPair(boolean synchronous) {
        pair = PostgresPair.builder().synchronous(synchronous).start();
        resources.push(pair);
    }

    /**
     * @param reachable whether the host of the first primary can be asked for anything
     */
    private PostgresBackend backend(boolean reachable) {
        String first = pair.primary().id();
        return PostgresBackend.builder()
                .credentials(pair.superuser().user(), pair.superuser().password())
                .probeTimeout(Duration.ofSeconds(1))
                .instance(INSTANCE, instance -> {
                    for (PostgresNode node : pair.nodes()) {
                        boolean silent = !reachable && node.id().equals(first);
                        instance.node(
                                node.id(), b -> b.endpoint(node.endpoint()).control(new Control(node, !silent)));
                    }
                })
                .build();
    }

    private ReconnectingDataSource dataSource() {
        ReconnectingDataSource.Builder builder =
                ReconnectingDataSource.builder().name("bank");
        for (PostgresNode node : pair.nodes()) {
            builder.node(node.id(), pool(node));
        }
        ReconnectingDataSource dataSource = builder.build();
        resources.push(dataSource);
        return dataSource;
    }

    private HikariDataSource pool(PostgresNode node) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(node.id());
        config.setJdbcUrl(node.url(PostgresPair.APPLICATION_DATABASE));
        config.setUsername(pair.application().user());
        config.setPassword(pair.application().password());
        config.setMaximumPoolSize(8);
        config.setConnectionTimeout(5_000);
        config.setInitializationFailTimeout(-1);
        HikariDataSource pool = new HikariDataSource(config);
        resources.push(pool);
        return pool;
    }

    private Set<Long> transfers(PostgresNode node) throws SQLException {
        Set<Long> ids = new HashSet<>();
        try (Connection connection = node.dataSource(pair.superuser()).getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT transfer_id FROM bank_transfer")) {
            while (rows.next()) {
                ids.add(rows.getLong(1));
            }
        }
        return ids;
    }

    private int sessions(PostgresNode node) throws SQLException {
        return one(
                node,
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND application_name <> 'switchover4j-watch'"
                        + " AND state <> 'idle'");
    }

    /** Until what had been sent before the freeze has been executed, or has failed. */
    private void awaitIdle(PostgresNode node) throws Exception {
        long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (sessions(node) > 0) {
            assertThat(System.nanoTime()).as("sessions are still at work").isLessThan(until);
            Thread.sleep(20); // the server offers no event
        }
    }

    private int one(PostgresNode node, String sql) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getInt(1);
        }
    }

    /** A control of a node of the kit, which can also re-seed it. */
    private final class Control implements NodeControl {

        private final PostgresNode node;
        private final boolean reachable;
        private final LocalProcessControl control;

        Control(PostgresNode node, boolean reachable) {
            this.node = node;
            this.reachable = reachable;
            this.control = new LocalProcessControl(
                    node.id(), node.dataDirectory(), node.startCommand(), node.environment(), node.logFile());
        }

        private LocalProcessControl reached() {
            if (!reachable) {
                throw new BackendException("no route to its host");
            }
            return control;
        }

        @Override
        public String nodeId() {
            return node.id();
        }

        @Override
        public void requestStop(StopMode mode) {
            reached().requestStop(mode);
        }

        @Override
        public boolean isRunning() {
            return reached().isRunning();
        }

        @Override
        public void start() {
            reached().start();
        }

        @Override
        public byte[] read(String name) throws IOException {
            return reached().read(name);
        }

        @Override
        public void write(String name, byte[] content) throws IOException {
            reached().write(name, content);
        }

        @Override
        public void delete(String name) throws IOException {
            reached().delete(name);
        }

        @Override
        public Set<Repair> repairs() {
            return Set.of(Repair.RESEED);
        }

        @Override
        public void repair(Repair how, CopySource from, Deadline deadline) {
            node.reseedFrom(pair.other(node));
            node.stop();
        }
    }
}
