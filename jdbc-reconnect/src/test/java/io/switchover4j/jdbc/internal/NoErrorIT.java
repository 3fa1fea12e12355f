package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.switchover4j.jdbc.CommitLedger;
import io.switchover4j.jdbc.LedgerStatistics;
import io.switchover4j.jdbc.LostCommits;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.jdbc.ReplayStatistics;
import io.switchover4j.testkit.Bank;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.BankRun;
import io.switchover4j.testkit.PostgresNode;
import io.switchover4j.testkit.PostgresPair;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Eight workers with a commit ledger while a real pair is switched behind our back, or its primary killed, again and again:
 * {@code -Dswitchover4j.switches=50} times.
 */
@SuppressWarnings("NullAway.Init")
@Tag("soak")
@Timeout(value = 60, unit = TimeUnit.MINUTES)
final class NoErrorIT {

    private static final int SWITCHES = Integer.getInteger("switchover4j.switches", 50);
    private static final int COMMITS_BETWEEN = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final CommitLedger LEDGER = CommitLedger.table("switchover4j_commit");

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private final List<LostCommits> alarms = new CopyOnWriteArrayList<>();
    private PostgresPair pair;

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    /** How the old primary ends, and how the new one begins. */
    private enum How {
        SIGNAL {
            @Override
            void end(PostgresNode primary) {
                primary.stop();
            }
        },
        PG_CTL {
            @Override
            void end(PostgresNode primary) throws Exception {
                pgCtl(primary, "stop", "-m", "fast");
            }

            @Override
            void promote(PostgresNode standby) throws Exception {
                pgCtl(standby, "promote");
            }
        },
        KILL {
            @Override
            void end(PostgresNode primary) {
                primary.crash();
            }
        };

        abstract void end(PostgresNode primary) throws Exception;

        void promote(PostgresNode standby) throws Exception {
            try (Connection connection = standby.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("SELECT pg_promote(true)");
            }
        }

        private static void pgCtl(PostgresNode node, String... arguments) throws Exception {
            List<String> command = new ArrayList<>();
            for (String word : node.startCommand()) {
                command.add(word.endsWith("/postgres") ? word.replaceAll("postgres$", "pg_ctl") : word);
            }
            command.addAll(List.of(arguments));
            command.addAll(List.of("-w", "-t", "60"));
            Process process = new ProcessBuilder(command).inheritIO().start();
            assertThat(process.waitFor(70, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(command.toString()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SIGNAL", "PG_CTL"})
    void aPlannedSwitchBehindOurBackCostsTheBankNoError(How how) throws Exception {
        start(false);
        bank(how);
    }

    @Test
    void aCrashWithSynchronousReplicationCostsTheBankNoError() throws Exception {
        start(true);
        bank(How.KILL);
    }

    private void bank(How how) throws Exception {
        ReconnectingDataSource dataSource = dataSource(true);
        Bank bank = Bank.builder(dataSource).stopTimeout(PATIENCE).build();
        bank.createSchema(pair.primary().dataSource(pair.application()));
        BankReport report;
        try (BankRun run = bank.start()) {
            for (int i = 0; i < SWITCHES; i++) {
                run.awaitCommits(COMMITS_BETWEEN, PATIENCE);
                switchOver(how);
            }
            run.awaitCommits(COMMITS_BETWEEN, PATIENCE);
            report = run.reconcile(pair.primary().dataSource(pair.application()));
        }
        say("bank, " + how, dataSource, report.toString());
        assertThat(report.isConsistent()).as(report.toString()).isTrue();
        assertThat(report.errorCount()).as(report.toString()).isZero();
        assertReplayed(dataSource, 0.99);
        assertThat(dataSource.ledgerStatistics().lostAcknowledged()).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"SIGNAL", "PG_CTL"})
    void aPlannedSwitchBehindOurBackCostsOrdersWithDrawnKeysNoError(How how) throws Exception {
        start(false);
        ordersWithDrawnKeys(how, Set.of(), 0.99);
    }

    /** The killed primary may take the record of a draw along: then not every number can be shown to be nobody else's. */
    @Test
    void aCrashWithSynchronousReplicationCostsOrdersWithDrawnKeysFewRetries() throws Exception {
        start(true);
        ordersWithDrawnKeys(How.KILL, Set.of("40001"), 0.9);
    }

    private void ordersWithDrawnKeys(How how, Set<String> allowed, double replayed) throws Exception {
        ReconnectingDataSource dataSource = dataSource(true);
        OrderWorkload.Judgement judgement = orders(dataSource, how, OrderWorkload.Keys.SEQUENCE, false);
        say("orders with keys of a sequence, " + how, dataSource, judgement.toString());
        assertThat(judgement.isConsistent()).as(judgement.toString()).isTrue();
        assertThat(judgement.errors().keySet()).as(judgement.toString()).isSubsetOf(allowed);
        assertReplayed(dataSource, replayed);
    }

    /** Keys that were given by an insert and read cannot be given again: such transactions are reported as not applied. */
    @Test
    void aPlannedSwitchBehindOurBackCostsOrdersWithIdentitiesNothingButRetries() throws Exception {
        start(false);
        ReconnectingDataSource dataSource = dataSource(true);
        OrderWorkload.Judgement judgement = orders(dataSource, How.SIGNAL, OrderWorkload.Keys.IDENTITY, true);
        say("orders with identities, retried on 40001", dataSource, judgement.toString());
        assertThat(judgement.isConsistent()).as(judgement.toString()).isTrue();
        assertThat(judgement.errors().keySet()).as(judgement.toString()).isSubsetOf(Set.of("40001"));
    }

    private OrderWorkload.Judgement orders(
            ReconnectingDataSource dataSource, How how, OrderWorkload.Keys keys, boolean retry) throws Exception {
        try (OrderWorkload orders =
                OrderWorkload.start(dataSource, pair.primary().dataSource(pair.application()), keys, retry)) {
            for (int i = 0; i < SWITCHES; i++) {
                assertThat(orders.awaitCommits(COMMITS_BETWEEN, PATIENCE)).isTrue();
                switchOver(how);
            }
            assertThat(orders.awaitCommits(COMMITS_BETWEEN, PATIENCE)).isTrue();
            orders.stop();
            assertThat(alarms).as("nothing was lost").isEmpty();
            return orders.judge(pair.primary().dataSource(pair.application()), System.nanoTime());
        }
    }

    @Test
    void aCrashThatLosesCommitsIsNeverMadeWorseAndRaisesAnAlarm() throws Exception {
        long lost = 0;
        long missed = 0;
        for (int i = 0; i < SWITCHES; i++) {
            start(false);
            alarms.clear();
            ReconnectingDataSource dataSource = dataSource(true);
            OrderWorkload.Judgement judgement;
            try (OrderWorkload orders = OrderWorkload.start(
                    dataSource, pair.primary().dataSource(pair.application()), OrderWorkload.Keys.SEQUENCE, true)) {
                assertThat(orders.awaitCommits(COMMITS_BETWEEN, PATIENCE)).isTrue();
                PostgresNode old = pair.primary();
                PostgresNode next = pair.standby();
                stopReceiving(next);
                assertThat(orders.awaitCommits(50, PATIENCE)).isTrue();
                old.crash();
                How.KILL.promote(next);
                long promoted = System.nanoTime();
                assertThat(orders.awaitCommits(COMMITS_BETWEEN, PATIENCE)).isTrue();
                orders.stop();
                judgement = orders.judge(next.dataSource(pair.application()), promoted);
            }
            say("crash with lost commits, round " + i, dataSource, judgement + ", " + alarms);
            assertThat(judgement.appliedTwice()).isZero();
            assertThat(judgement.appliedThoughFailed()).isZero();
            assertThat(judgement.broken()).isZero();
            assertThat(judgement.lostAfterwards())
                    .as("told committed once the new primary was there")
                    .isZero();
            assertThat(judgement.errors().keySet()).isSubsetOf(Set.of("40001", "08007"));
            assertThat(judgement.lost()).isPositive();
            assertThat(alarms).isNotEmpty();
            long alarmed = alarms.stream().mapToLong(LostCommits::atLeast).sum();
            assertThat(alarmed).isBetween(1L, judgement.lost());
            lost += judgement.lost();
            missed += alarmed;
            stop();
            resources.clear();
        }
        System.out.printf(
                "crashes with lost commits: %d rounds, %d lost, %d of them alarmed%n", SWITCHES, lost, missed);
    }

    @Test
    void withoutLedgerWhatIsUncertainIsSaidAndNothingElse() throws Exception {
        start(false);
        ReconnectingDataSource dataSource = dataSource(false);
        Bank bank =
                Bank.builder(dataSource).retryOn40001().stopTimeout(PATIENCE).build();
        bank.createSchema(pair.primary().dataSource(pair.application()));
        BankReport report;
        try (BankRun run = bank.start()) {
            for (int i = 0; i < SWITCHES; i++) {
                run.awaitCommits(COMMITS_BETWEEN, PATIENCE);
                switchOver(How.SIGNAL);
            }
            run.awaitCommits(COMMITS_BETWEEN, PATIENCE);
            report = run.reconcile(pair.primary().dataSource(pair.application()));
        }
        say("bank without ledger", dataSource, report.toString());
        assertThat(report.isConsistent()).as(report.toString()).isTrue();
        assertThat(report.errorsBySqlState().keySet()).as(report.toString()).isSubsetOf(Set.of("40001", "08007"));
    }

    private void switchOver(How how) throws Exception {
        PostgresNode old = pair.primary();
        PostgresNode next = pair.standby();
        how.end(old);
        how.promote(next);
        old.reseedFrom(next);
        pair.awaitStreaming();
    }

    static void stopReceiving(PostgresNode standby) throws Exception {
        try (Connection connection = standby.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("ALTER SYSTEM SET primary_conninfo = ''");
            statement.execute("SELECT pg_reload_conf()");
            PostgresLedgerIT.await("the standby has let go", () -> {
                try (ResultSet row = statement.executeQuery("SELECT count(*) FROM pg_stat_wal_receiver")) {
                    row.next();
                    return row.getLong(1) == 0;
                }
            });
        }
    }

    private static void assertReplayed(ReconnectingDataSource dataSource, double share) {
        ReplayStatistics replays = dataSource.replayStatistics();
        assertThat(replays.cut()).as("transactions that were cut").isPositive();
        assertThat((double) replays.replayed() / replays.cut())
                .as(replays.toString())
                .isGreaterThanOrEqualTo(share);
    }

    private static void say(String what, ReconnectingDataSource dataSource, String report) {
        LedgerStatistics ledger = dataSource.ledgerStatistics();
        System.out.printf(
                "%s, %d switches: %s; %s; %s%n", what, SWITCHES, report, ledger, dataSource.replayStatistics());
    }

    private void start(boolean synchronous) throws SQLException {
        pair = PostgresPair.builder().synchronous(synchronous).start();
        resources.push(pair);
        LEDGER.createTable(pair.node("a").dataSource(pair.superuser()));
        pair.awaitStreaming();
    }

    private ReconnectingDataSource dataSource(boolean ledger) {
        ReconnectingDataSource.Builder builder =
                ReconnectingDataSource.builder().name("no-error").reconnectTimeout(PATIENCE);
        if (ledger) {
            builder.commitLedger(LEDGER.onLostCommits(alarms::add));
        }
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
        config.setMaximumPoolSize(12);
        config.setConnectionTimeout(5_000);
        config.setInitializationFailTimeout(-1);
        HikariDataSource pool = new HikariDataSource(config);
        resources.push(pool);
        return pool;
    }
}
