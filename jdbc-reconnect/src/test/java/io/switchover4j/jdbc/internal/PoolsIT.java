package io.switchover4j.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Endpoint;
import io.switchover4j.Topology;
import io.switchover4j.jdbc.ReconnectingDataSource;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.HoldRequest;
import io.switchover4j.testkit.Bank;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.BankRun;
import io.switchover4j.testkit.MovingEndpoint;
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
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.sql.DataSource;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every pool lives through the same switches of one pair, each with a bank of its own. */
@SuppressWarnings("NullAway.Init")
@Timeout(180)
final class PoolsIT {

    private static final long COMMITS_BETWEEN = 10;
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private static PostgresPair pair;

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private final List<Subject> subjects = new ArrayList<>();
    private @Nullable MovingEndpoint endpoint;

    enum Form {
        NODES,
        ENDPOINT
    }

    private record Subject(PoolLibrary library, ReconnectingDataSource dataSource, Bank bank) {}

    private record Running(Subject subject, BankRun run) {

        void awaitCommits() {
            assertThat(run.awaitCommits(COMMITS_BETWEEN, PATIENCE))
                    .as("%s: commits go on: %s", subject.library(), run.progress())
                    .isTrue();
        }
    }

    @BeforeAll
    static void startPair() throws SQLException {
        pair = PostgresPair.start();
        try (Connection connection = pair.primary().connect();
                Statement statement = connection.createStatement()) {
            for (PoolLibrary library : PoolLibrary.values()) {
                statement.execute("CREATE DATABASE %s OWNER %s"
                        .formatted(library.database(), pair.application().user()));
            }
        }
        pair.awaitStreaming();
    }

    @AfterAll
    static void stopPair() {
        pair.close();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCoordinatedSwitchCostsNoError(Form form) throws Exception {
        open(form);
        List<Running> running = start();
        // To and fro where the pool of a demoted node will be used again.
        int switches = form == Form.NODES ? 2 : 1;
        for (int i = 1; i <= switches; i++) {
            running.forEach(Running::awaitCommits);
            String operation = form + "-" + i;
            for (Subject subject : subjects) {
                assertThat(subject.dataSource
                                .hold(new HoldRequest(
                                        "bank",
                                        operation,
                                        Deadline.after(Duration.ofSeconds(10)),
                                        Deadline.after(Duration.ofSeconds(60))))
                                .isDrained())
                        .as("%s: drained", subject.library)
                        .isTrue();
            }
            PostgresNode old = pair.primary();
            PostgresNode next = stopAndPromote();
            for (Subject subject : subjects) {
                subject.dataSource.release(operation, new Topology("bank", next.id(), next.endpoint()));
            }
            running.forEach(Running::awaitCommits);
            reseed(old, next);
        }
        judge(
                running,
                (report, softly) -> softly.assertThat(report.errorCount()).isZero());
    }

    @ParameterizedTest
    @EnumSource(names = "NODES")
    void aSwitchBehindTheBackLeavesNoErrorButUnknownCommits(Form form) throws Exception {
        open(form);
        List<Running> running = start();
        running.forEach(Running::awaitCommits);
        PostgresNode old = pair.primary();
        PostgresNode next = stopAndPromote();
        running.forEach(Running::awaitCommits);
        reseed(old, next);
        running.forEach(Running::awaitCommits);
        judge(running, PoolsIT::onlyUnknowns);
    }

    /** The server recovers by itself: the same primary, but every connection in the pools is dead. */
    @ParameterizedTest
    @EnumSource(names = "NODES")
    void aCrashOfThePrimaryThatComesBackLeavesNoErrorButUnknownCommits(Form form) throws Exception {
        open(form);
        List<Running> running = start();
        running.forEach(Running::awaitCommits);
        PostgresNode primary = pair.primary();
        primary.crash();
        primary.start();
        running.forEach(Running::awaitCommits);
        judge(running, PoolsIT::onlyUnknowns);
        pair.awaitStreaming();
    }

    @Test
    void aCrashAndAFailoverApplyNothingTwice() throws Exception {
        open(Form.NODES);
        List<Running> running = start();
        running.forEach(Running::awaitCommits);
        PostgresNode old = pair.primary();
        PostgresNode next = pair.standby();
        old.crash();
        promote(next);
        running.forEach(Running::awaitCommits);
        reseed(old, next);
        SoftAssertions.assertSoftly(softly -> {
            for (Running one : running) {
                BankReport report = reconcile(one);
                softly.assertThat(report.appliedTwice().count())
                        .as(describe(one, report))
                        .isZero();
                softly.assertThat(report.appliedThoughFailed().count())
                        .as(describe(one, report))
                        .isZero();
                softly.assertThat(report.isBalanceRight())
                        .as(describe(one, report))
                        .isTrue();
                onlyUnknowns(report, softly);
            }
        });
    }

    /** The old primary lives on, and the connections to it are in the pools, as good as ever. */
    @ParameterizedTest
    @EnumSource
    void noPoolKeepsAConnectionToANodeThatIsNotThePrimaryAnyMore(Form form) throws Exception {
        open(form);
        PostgresNode old = pair.primary();
        PostgresNode next = pair.standby();
        for (Subject subject : subjects) {
            try (Connection connection = subject.dataSource.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE IF NOT EXISTS entry (id bigint)");
            }
            fill(subject.dataSource);
        }
        pair.awaitStreaming();
        Set<Integer> before = sessions(old, form);
        int counted = form == Form.NODES ? subjects.size() - 1 : subjects.size();
        assertThat(before).hasSizeGreaterThanOrEqualTo((PoolLibrary.SIZE - 1) * counted);

        promote(next);
        if (endpoint != null) {
            endpoint.pointNewTo(next.endpoint());
        }
        for (Subject subject : subjects) {
            await(
                    subject.library + ": the new primary is seen",
                    () -> subject.dataSource.statistics().primaries() >= 2);
            // As many as the pool has, so that an old one that is left in it would come out.
            List<Connection> all = new ArrayList<>();
            try {
                for (int i = 0; i < PoolLibrary.SIZE - 1; i++) {
                    all.add(subject.dataSource.getConnection());
                }
                for (Connection connection : all) {
                    assertThat(port(connection)).as("%s", subject.library).isEqualTo(next.port());
                }
            } finally {
                for (Connection connection : all) {
                    connection.close();
                }
            }
        }
        Set<Integer> left = new HashSet<>();
        await("the pools let go", () -> {
            left.clear();
            left.addAll(sessions(old, form));
            left.retainAll(before);
            return left.isEmpty();
        });
        old.stop();
        reseed(old, next);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("soak")
    @Timeout(1800)
    void manySwitches(Form form) throws Exception {
        for (int i = 0; i < 10; i++) {
            aCoordinatedSwitchCostsNoError(form);
            closeAndForget();
            aSwitchBehindTheBackLeavesNoErrorButUnknownCommits(form);
            closeAndForget();
            aCrashOfThePrimaryThatComesBackLeavesNoErrorButUnknownCommits(form);
            closeAndForget();
        }
    }

    private void closeAndForget() throws Exception {
        close();
        resources.clear();
        subjects.clear();
    }

    private interface Verdict {
        void on(BankReport report, SoftAssertions softly);
    }

    private static void onlyUnknowns(BankReport report, SoftAssertions softly) {
        softly.assertThat(report.errorsBySqlState().keySet())
                .as(report.toString())
                .isSubsetOf(Set.of("08007", "40001"));
    }

    private static void judge(List<Running> running, Verdict verdict) {
        SoftAssertions.assertSoftly(softly -> {
            for (Running one : running) {
                BankReport report = reconcile(one);
                softly.assertThat(report.isConsistent())
                        .as(describe(one, report))
                        .isTrue();
                verdict.on(report, softly);
            }
        });
    }

    private static BankReport reconcile(Running one) {
        try {
            return one.run.reconcile(pair.primary().dataSource(pair.application(), one.subject.library.database()));
        } catch (SQLException e) {
            throw new AssertionError(one.subject.library + " could not be judged", e);
        }
    }

    private static String describe(Running one, BankReport report) {
        return "%s: %s, %s".formatted(one.subject.library, report, one.subject.dataSource.statistics());
    }

    private List<Running> start() throws SQLException {
        List<Running> running = new ArrayList<>();
        for (Subject subject : subjects) {
            subject.bank.createSchema(subject.dataSource);
        }
        pair.awaitStreaming();
        for (Subject subject : subjects) {
            BankRun run = subject.bank.start();
            resources.push(run);
            running.add(new Running(subject, run));
        }
        return running;
    }

    private PostgresNode stopAndPromote() throws SQLException {
        PostgresNode next = pair.standby();
        pair.primary().stop();
        promote(next);
        if (endpoint != null) {
            endpoint.pointTo(next.endpoint());
        }
        return next;
    }

    private static void promote(PostgresNode node) throws SQLException {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_promote(true)");
        }
    }

    private static void reseed(PostgresNode old, PostgresNode from) {
        old.reseedFrom(from);
        pair.awaitStreaming();
    }

    /** Opens all connections of a pool but one, which the watch may have. */
    private static void fill(ReconnectingDataSource dataSource) throws SQLException {
        List<Connection> all = new ArrayList<>();
        for (int i = 0; i < PoolLibrary.SIZE - 1; i++) {
            all.add(dataSource.getConnection());
        }
        for (Connection connection : all) {
            connection.close();
        }
    }

    private static int port(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT current_setting('port')::int")) {
            row.next();
            return row.getInt(1);
        }
    }

    /** Of the pools on {@code node}; without those of an unknown pool over nodes, which offers no call for eviction. */
    private static Set<Integer> sessions(PostgresNode node, Form form) throws SQLException {
        Set<Integer> pids = new HashSet<>();
        String spared = form == Form.NODES ? PoolLibrary.UNKNOWN.database() : "none";
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pid FROM pg_stat_activity WHERE usename = 'app'"
                        + " AND application_name <> 'switchover4j-watch' AND datname <> '" + spared + "'")) {
            while (row.next()) {
                pids.add(row.getInt(1));
            }
        }
        return pids;
    }

    private interface Condition {
        boolean holds() throws SQLException;
    }

    private static void await(String what, Condition condition) throws SQLException, InterruptedException {
        long until = System.nanoTime() + Duration.ofSeconds(15).toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as(what).isLessThan(until);
            Thread.sleep(20); // neither the watch nor the pools offer an event
        }
    }

    private void open(Form form) throws Exception {
        endpoint = null;
        if (form == Form.ENDPOINT) {
            endpoint = MovingEndpoint.to(pair.primary().endpoint());
            resources.push(endpoint);
        }
        for (PoolLibrary library : PoolLibrary.values()) {
            ReconnectingDataSource.Builder builder = ReconnectingDataSource.builder()
                    .name(library.name().toLowerCase(Locale.ROOT))
                    .watchInterval(Duration.ofMillis(100));
            if (endpoint != null) {
                builder.endpoint(pool(library, endpoint.endpoint()));
                if (library == PoolLibrary.UNKNOWN) {
                    builder.probe("endpoint", pair.dataSource(endpoint.endpoint(), pair.application()));
                }
            } else {
                for (PostgresNode node : pair.nodes()) {
                    builder.node(node.id(), pool(library, node.endpoint()));
                }
            }
            ReconnectingDataSource dataSource = builder.build();
            resources.push(dataSource);
            assertThat(dataSource.warnings()).as("%s", library).isEmpty();
            Bank bank = Bank.builder(dataSource)
                    .workers(2)
                    .accounts(20)
                    .thinkTime(Duration.ofMillis(10))
                    .retryOn40001()
                    .build();
            subjects.add(new Subject(library, dataSource, bank));
        }
    }

    private DataSource pool(PoolLibrary library, Endpoint at) throws SQLException {
        PoolLibrary.Opened opened = library.open(
                "jdbc:postgresql://%s:%d/%s?loginTimeout=5".formatted(at.host(), at.port(), library.database()),
                pair.application());
        resources.push(opened.close());
        return opened.dataSource();
    }
}
