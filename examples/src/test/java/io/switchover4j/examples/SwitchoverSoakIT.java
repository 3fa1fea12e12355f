package io.switchover4j.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.Phase;
import io.switchover4j.SwitchoverReport;
import io.switchover4j.SwitchoverRequest;
import io.switchover4j.testkit.Bank;
import io.switchover4j.testkit.BankReport;
import io.switchover4j.testkit.BankRun;
import io.switchover4j.testkit.PostgresNode;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Switches back and forth under load, and counts what is left behind. */
@Tag("soak")
@Tag("switches")
class SwitchoverSoakIT {

    private static final int SWITCHES = Integer.getInteger("soak.switches", 100);

    @ParameterizedTest
    @EnumSource(names = {"NODES", "MOVING"})
    void manySwitchesLoseNothingAndLeaveNothing(Rig.Access access) throws Exception {
        List<SwitchoverReport> reports = new ArrayList<>();
        BankReport told;
        String folder;
        Set<String> threadsAfter;
        Set<String> threadsBefore;
        try (Rig rig = Rig.start(access)) {
            folder = rig.pair().folder().toString();
            Bank bank = Bank.builder(rig.dataSource()).accounts(1000).workers(8).build();
            bank.createSchema(rig.dataSource());
            BankRun run = bank.start();
            assertThat(run.awaitCommits(1000, Duration.ofSeconds(30))).isTrue();
            reports.add(switchOnce(rig, 1));
            reports.add(switchOnce(rig, 2));
            threadsBefore = ourThreads();
            for (int number = 3; number <= SWITCHES; number++) {
                assertThat(run.awaitCommits(50, Duration.ofSeconds(30))).isTrue();
                reports.add(switchOnce(rig, number));
            }
            told = run.reconcile(rig.pair().primary().dataSource(rig.pair().superuser(), "app"));
            threadsAfter = ourThreads();
            assertThat(threadsAfter.stream().filter(SwitchoverSoakIT::isOfBackend))
                    .as("threads of the backend, which keeps as many as it ever needed at a time")
                    .hasSizeLessThanOrEqualTo(8);
            for (Set<String> threads : List.of(threadsBefore, threadsAfter)) {
                threads.removeIf(name -> name.contains("-bank-") || isOfBackend(name));
            }
            for (PostgresNode node : rig.pair().nodes()) {
                assertThat(count(node, "SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 's4j%'"))
                        .as("slots left on " + node.id())
                        .isZero();
                assertThat(
                                count(
                                        node,
                                        "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 's4j%' OR application_name LIKE 'switchover4j:%'"))
                        .as("sessions left on " + node.id())
                        .isZero();
            }
            assertThat(processes(folder)).as("the servers are found").isNotEmpty();
            assertThat(rig.activeConnections()).as("connections not given back").isZero();
        }
        System.out.println("soak over " + access + ": " + told);

        assertThat(reports).extracting(SwitchoverReport::outcome).containsOnly(Phase.COMPLETED);
        assertThat(told.isFlawless()).as(told.toString()).isTrue();
        assertThat(told.unknown().count()).isZero();
        assertThat(threadsAfter).as("threads left").isEqualTo(threadsBefore);
        assertThat(processes(folder)).as("processes left after the end").isEmpty();
        assertThat(Path.of(folder)).doesNotExist();
        assertThat(ourThreads()).as("threads left after the end").noneMatch(name -> name.startsWith("switchover4j"));
    }

    private static SwitchoverReport switchOnce(Rig rig, int number) throws InterruptedException {
        SwitchoverReport report = rig.coordinator()
                .start(SwitchoverRequest.of(Rig.INSTANCE)
                        .requestedBy("soak", "switch " + number)
                        .build())
                .await();
        assertThat(report.outcome())
                .as("switch %d: %s", number, report.message())
                .isEqualTo(Phase.COMPLETED);
        return report;
    }

    private static Set<String> ourThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("switchover4j"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isOfBackend(String thread) {
        return thread.startsWith("switchover4j-postgresql-");
    }

    /** The servers' main processes; the others end with them. */
    private static List<String> processes(String folder) {
        return ProcessHandle.allProcesses()
                .flatMap(process -> process.info().commandLine().stream())
                .filter(command -> command.contains(folder))
                .toList();
    }

    private static long count(PostgresNode node, String sql) throws Exception {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
