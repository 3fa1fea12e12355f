package io.switchover4j.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.frameworks.Workload.Told;
import io.switchover4j.testkit.PostgresNode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every framework lives through the same switches of one pair, and each must have what it was told. */
@SuppressWarnings("NullAway.Init")
@Timeout(180)
final class FrameworksIT {

    private static final long COMMITS_BETWEEN = 10;
    private static final int WORKERS = 2;

    private static Rig rig;

    private final List<AutoCloseable> resources = new ArrayList<>();
    private final Map<Framework, Workload> workloads = new HashMap<>();

    @BeforeAll
    static void startPair() {
        rig = new Rig();
    }

    @AfterAll
    static void stopPair() throws Exception {
        rig.close();
    }

    @BeforeEach
    void start() throws Exception {
        for (Framework framework : Framework.values()) {
            rig.execute(framework.ddl());
            Framework.Open open = framework.open(rig.dataSource);
            resources.add(open.close());
            workloads.put(framework, new Workload(framework.name(), open.unit()));
        }
        rig.pair.awaitStreaming();
        workloads.values().forEach(workload -> workload.start(WORKERS));
    }

    @AfterEach
    void stop() throws Exception {
        for (Workload workload : workloads.values()) {
            workload.close();
        }
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    @Test
    void aCoordinatedSwitchCostsNoError() throws Exception {
        coordinated();
        judge(EnumSet.of(Told.COMMITTED));
    }

    @Test
    void aSwitchBehindTheBackLeavesNothingThatAnApplicationCannotActOn() throws Exception {
        behindTheBack();
        judge(EnumSet.of(Told.COMMITTED, Told.NOT_APPLIED, Told.UNKNOWN));
    }

    @Test
    void aCrashOfThePrimaryLeavesNothingThatAnApplicationCannotActOn() throws Exception {
        awaitCommits();
        PostgresNode primary = rig.pair.primary();
        primary.crash();
        primary.start();
        awaitCommits();
        judge(EnumSet.of(Told.COMMITTED, Told.NOT_APPLIED, Told.UNKNOWN));
        rig.pair.awaitStreaming();
    }

    @Test
    @Tag("soak")
    void manySwitches() throws Exception {
        for (int i = 0; i < 10; i++) {
            coordinated();
            behindTheBack();
        }
        judge(EnumSet.of(Told.COMMITTED, Told.NOT_APPLIED, Told.UNKNOWN));
    }

    private void coordinated() throws Exception {
        awaitCommits();
        Rig.Held held = rig.hold(Duration.ofSeconds(10));
        assertThat(held.drained().isDrained()).as("drained").isTrue();
        PostgresNode old = rig.stopAndPromote();
        held.release();
        awaitCommits();
        rig.rejoin(old);
    }

    private void behindTheBack() throws Exception {
        awaitCommits();
        PostgresNode old = rig.stopAndPromote();
        awaitCommits();
        rig.rejoin(old);
    }

    private void awaitCommits() throws InterruptedException {
        for (Workload workload : workloads.values()) {
            workload.awaitCommits(COMMITS_BETWEEN);
        }
    }

    private void judge(Set<Told> allowed) throws Exception {
        for (Workload workload : workloads.values()) {
            workload.stop();
        }
        SoftAssertions softly = new SoftAssertions();
        for (Map.Entry<Framework, Workload> entry : workloads.entrySet()) {
            judge(entry.getKey(), entry.getValue(), allowed, softly);
        }
        System.out.println(rig.dataSource.replayStatistics());
        softly.assertAll();
    }

    private static void judge(Framework framework, Workload workload, Set<Told> allowed, SoftAssertions softly)
            throws SQLException {
        System.out.printf("%s: %s%n", framework, workload.counts());
        softly.assertThat(allowed)
                .as("%s was told %s, for example %s", framework, workload.counts(), workload.examples())
                .containsAll(workload.counts().keySet());
        Map<Long, Integer> rows = rows(framework.table());
        int wrong = 0;
        for (Map.Entry<Long, Told> unit : workload.told().entrySet()) {
            int there = rows.getOrDefault(unit.getKey(), 0);
            boolean right = switch (unit.getValue()) {
                case COMMITTED -> there == 2;
                case NOT_APPLIED -> there == 0;
                case UNKNOWN, OTHER -> there == 0 || there == 2;
            };
            if (!right && wrong++ < 5) {
                softly.fail(
                        "%s: unit %d was told %s and has %d of 2 rows",
                        framework, unit.getKey(), unit.getValue(), there);
            }
        }
        softly.assertThat(workload.told().keySet())
                .as("%s: units that nobody did", framework)
                .containsAll(rows.keySet());
    }

    private static Map<Long, Integer> rows(String table) throws SQLException {
        Map<Long, Integer> rows = new HashMap<>();
        try (Connection connection =
                        rig.pair.primary().dataSource(rig.pair.application()).getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT unit, count(*) FROM " + table + " GROUP BY unit")) {
            while (row.next()) {
                rows.put(row.getLong(1), row.getInt(2));
            }
        }
        return rows;
    }
}
