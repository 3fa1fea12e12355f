package io.switchover4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How a pair comes into being and what is left of it. */
@Timeout(120)
class PairLifeIT {

    @TempDir
    Path pairs;

    @Test
    void nothingIsLeftOfAClosedPair() {
        PostgresPair pair = PostgresPair.builder().directory(pairs).start();
        Traces traces = Traces.of(pair.folder());

        pair.close();
        pair.close();

        traces.assertGone();
    }

    @Test
    void nothingIsLeftOfACrashedAndAFrozenServer() {
        PostgresPair pair = PostgresPair.builder().directory(pairs).start();
        Traces traces = Traces.of(pair.folder());
        pair.node("a").crash();
        pair.node("b").freeze();
        assertThat(SharedMemory.exists(
                        traces.servers().get(0).pid(),
                        traces.servers().get(0).sharedMemory().orElseThrow()))
                .as("a killed server leaves its segment, else this test proves nothing")
                .isTrue();

        pair.close();

        traces.assertGone();
    }

    @Test
    void interruptedThreadClosesAllTheSameAndStaysInterrupted() {
        PostgresPair pair = PostgresPair.builder().directory(pairs).start();
        Traces traces = Traces.of(pair.folder());
        Thread.currentThread().interrupt();

        pair.close();

        assertThat(Thread.interrupted()).isTrue();
        traces.assertGone();
    }

    @Test
    void whatAKilledJvmLeavesIsClearedByTheNextPairAndALivingOneIsLeftAlone() throws Exception {
        try (ChildJvm child = ChildJvm.start(PairInChildMain.class, pairs.toString())) {
            Traces traces = Traces.of(Path.of(child.awaitLine("FOLDER")));
            try (PostgresPair pair = PostgresPair.builder().directory(pairs).start()) {
                assertThat(pair.folder()).isNotEqualTo(traces.folder());
                // Not every process of a server: some of them end by themselves.
                assertThat(traces.servers()).allMatch(server -> Processes.isAlive(server.pid()));
            }
            Processes.stop(traces.servers().get(1).pid());

            child.kill();
            assertThat(traces.processes()).anyMatch(Processes::isAlive);
            PostgresPair.builder().directory(pairs).start().close();

            traces.assertGone();
        }
    }

    @Test
    void endOfTheJvmClosesAPairThatNobodyClosed() throws Exception {
        try (ChildJvm child = ChildJvm.start(PairInChildMain.class, pairs.toString())) {
            Traces traces = Traces.of(Path.of(child.awaitLine("FOLDER")));

            child.endInput();

            assertThat(child.awaitExit()).isZero();
            traces.assertGone();
        }
    }

    @Test
    void binariesAreFoundWhenTheKitIsANamedModule() throws Exception {
        String kit = Path.of("target", "classes").toAbsolutePath().toString();
        List<String> libraries = ChildJvm.everything().stream()
                .filter(entry -> !isThisModule(entry) && !entry.endsWith("test-classes"))
                .toList();
        try (ChildJvm child = ChildJvm.start(List.of(
                "-p",
                kit + File.pathSeparator + ChildJvm.path(libraries),
                "--patch-module",
                "io.switchover4j.testkit=" + ChildJvm.testClasses(),
                "-m",
                "io.switchover4j.testkit/" + PairInChildMain.class.getName(),
                pairs.toString()))) {
            assertThat(child.awaitLine("MODULE")).isEqualTo("module io.switchover4j.testkit");
            Traces traces = Traces.of(Path.of(child.awaitLine("FOLDER")));

            child.send("c");

            assertThat(child.awaitExit()).isZero();
            traces.assertGone();
        }
    }

    private static boolean isThisModule(String entry) {
        return Files.exists(Path.of(entry, "io", "switchover4j", "testkit"))
                || entry.contains("switchover4j-testkit")
                || entry.contains("surefire")
                || entry.contains("failsafe");
    }

    @Test
    void synchronousPairWaitsForItsStandby() throws Exception {
        try (PostgresPair pair = PostgresPair.builder()
                        .directory(pairs)
                        .synchronous(true)
                        .sessionTimeZone("America/St_Johns")
                        .start();
                Connection connection = pair.primary().connect();
                Statement statement = connection.createStatement()) {
            try (ResultSet row =
                    statement.executeQuery("SELECT sync_state, current_setting('timezone') FROM pg_stat_replication")) {
                assertThat(row.next()).isTrue();
                assertThat(row.getString(1)).isEqualTo("sync");
                assertThat(row.getString(2)).isEqualTo("America/St_Johns");
            }
            assertThat(pair.isSynchronous()).isTrue();
        }
    }

    /** What starts the servers as another user stops when they do, and must not outlive them like that. */
    @Test
    void nothingIsLeftOfWhatCarriesAFrozenServer() throws Exception {
        assumeThat(System.getProperty("user.name"))
                .as("only root may become someone else")
                .isEqualTo("root");
        Path reachable = Files.createTempDirectory("switchover4j-nobody");
        try {
            Folders.createOwned(reachable);
            PostgresPair pair = PostgresPair.builder()
                    .directory(reachable)
                    .runAs(RunAs.NOBODY_BY_RUNUSER)
                    .start();
            Traces traces = Traces.of(pair.folder());
            assertThat(Processes.carrier(pair.node("a").pid())).isPresent();

            pair.node("a").freeze();
            pair.node("a").crash();
            pair.node("b").freeze();
            pair.node("b").thaw();
            pair.close();

            traces.assertGone();
        } finally {
            Folders.delete(reachable);
        }
    }

    /** By it a server tells its own standby from a stranger's. */
    @Test
    void pairsThatRunAtTheSameTimeAreNotTakenForOneAnother() throws Exception {
        try (PostgresPair one = PostgresPair.builder().directory(pairs).start();
                PostgresPair other = PostgresPair.builder().directory(pairs).start()) {
            assertThat(systemIdentifier(one.node("b"))).isEqualTo(systemIdentifier(one.node("a")));
            assertThat(systemIdentifier(other.node("a"))).isNotEqualTo(systemIdentifier(one.node("a")));
        }
    }

    /** A standby refuses to run with smaller settings than what its data were last written with. */
    @Test
    void pairsMayBeSmall() throws Exception {
        try (PostgresPair small = PostgresPair.builder()
                        .directory(pairs)
                        .setting("max_connections", "5")
                        .setting("max_worker_processes", "1")
                        .setting("max_wal_senders", "1")
                        .setting("max_locks_per_transaction", "10")
                        .start();
                Connection connection = small.standby().connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW max_connections")) {
            assertThat(row.next()).isTrue();
            assertThat(row.getString(1)).isEqualTo("5");
        }
    }

    private static String systemIdentifier(PostgresNode node) throws Exception {
        try (Connection connection = node.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT system_identifier FROM pg_control_system()")) {
            row.next();
            return row.getString(1);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"NOBODY_BY_SETPRIV", "NOBODY_BY_RUNUSER"})
    void rootWithoutUserNamespacesRunsTheServersAsNobody(RunAs runAs) throws Exception {
        assumeThat(System.getProperty("user.name"))
                .as("only root may become someone else")
                .isEqualTo("root");
        Path reachable = Files.createTempDirectory("switchover4j-nobody");
        try {
            Folders.createOwned(reachable);
            try (PostgresPair pair =
                    PostgresPair.builder().directory(reachable).runAs(runAs).start()) {
                Traces traces = Traces.of(pair.folder());
                assertThat(ProcessHandle.of(pair.node("a").pid())
                                .flatMap(process -> process.info().user()))
                        .hasValue("nobody");
                pair.node("a").crash();
                PostgresPairIT.promote(pair.node("b"));
                pair.node("a").reseedFrom(pair.node("b"));
                pair.awaitStreaming();
                pair.node("a").crash();

                pair.close();

                traces.assertGone();
            }
        } finally {
            Folders.delete(reachable);
        }
    }
}
