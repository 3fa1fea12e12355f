package io.switchover4j.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.switchover4j.Endpoint;
import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.CopySource;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.NodeControl.PreparedStop;
import io.switchover4j.spi.NodeControl.Repair;
import io.switchover4j.spi.NodeControl.StopMode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalProcessControlTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @Test
    void aFileIsWrittenWholeAndReadByItsOwnerOnly() throws IOException {
        LocalProcessControl control = control("true");

        control.write("standby.signal", new byte[0]);
        control.write("postgresql.auto.conf", bytes("one"));
        control.write("postgresql.auto.conf", bytes("two"));

        assertThat(control.read("standby.signal")).isEmpty();
        assertThat(control.read("postgresql.auto.conf")).isEqualTo(bytes("two"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data().resolve("postgresql.auto.conf"))))
                .isEqualTo("rw-------");
        try (var files = Files.list(data())) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("standby.signal", "postgresql.auto.conf");
        }
    }

    /** Above what a link leads to, which its name does not tell. */
    @Test
    void theDirectoryIsWhereTheSystemFindsIt() throws IOException {
        Path deep = Files.createDirectories(folder.resolve("deep"));
        Files.writeString(Files.createDirectory(deep.resolve("data")).resolve("PG_VERSION"), "18");
        Files.createSymbolicLink(folder.resolve("link"), Files.createDirectory(deep.resolve("base")));

        LocalProcessControl control = new LocalProcessControl(
                "a", folder.resolve("link/../data"), List.of("true"), Map.of(), folder.resolve("log"));

        assertThat(control.read("PG_VERSION")).isEqualTo(bytes("18"));
        assertThatThrownBy(() -> control.read("../base")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFileThatIsNotThereIsReportedWhenReadAndNotWhenDeleted() throws IOException {
        LocalProcessControl control = control("true");

        control.delete("standby.signal");

        assertThatThrownBy(() -> control.read("standby.signal")).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void filesOutsideOfTheDataDirectoryAreOutOfReach() throws IOException {
        LocalProcessControl control = control("true");
        Path outside = Files.writeString(data().resolveSibling("outside"), "kept");

        for (String name : List.of("../outside", "base/../../outside", outside.toString(), "", ".")) {
            assertThatThrownBy(() -> control.read(name))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("'%s' names no file in the data directory of node 'a'", name);
            assertThatThrownBy(() -> control.write(name, bytes("lost"))).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> control.delete(name)).isInstanceOf(IllegalArgumentException.class);
        }

        assertThat(outside).hasContent("kept");
    }

    @Test
    void aStartCommandThatCannotBeRunIsKnownBeforeItIsNeeded() throws IOException {
        Path notExecutable = Files.writeString(folder.resolve("postgres"), "#!/bin/sh\n");

        assertThat(control("true").obstacleToStart()).isEmpty();
        assertThat(startedBy("/no/such/postgres").obstacleToStart())
                .hasValue(
                        "the program '/no/such/postgres' of its start command is not there, or may not be executed by this process");
        assertThat(startedBy("no-such-program").obstacleToStart()).isPresent();
        assertThat(startedBy(folder.toString()).obstacleToStart()).isPresent();
        assertThat(startedBy(notExecutable.toString()).obstacleToStart()).isPresent();
        assertThat(new LocalProcessControl("a", data(), List.of("sh"), Map.of(), folder.resolve("gone/log"))
                        .obstacleToStart())
                .hasValue("the folder of the log file '%s' is not there".formatted(folder.resolve("gone/log")));
    }

    private LocalProcessControl startedBy(String program) {
        return new LocalProcessControl("a", data(), List.of(program), Map.of(), folder.resolve("log"));
    }

    @Test
    void aProcessThatOnlyHasTheNumberIsNotTheServer() throws Exception {
        Process stranger = new ProcessBuilder("sleep", "60").start();
        try {
            postmasterPid(stranger.pid());
            LocalProcessControl control = control("true");

            assertThat(control.isRunning()).isFalse();
            control.requestStop(StopMode.FAST);
            control.requestStop(StopMode.IMMEDIATE);

            assertThat(stranger.waitFor(200, TimeUnit.MILLISECONDS)).isFalse();
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void aProcessInTheDataDirectoryIsTheServerAndIsStopped() throws Exception {
        Process server = new ProcessBuilder(heedingInterrupts("sleep", "60"))
                .directory(data().toFile())
                .start();
        try {
            postmasterPid(server.pid());
            LocalProcessControl control = control("true");
            assertThat(control.isRunning()).isTrue();

            try (PreparedStop stop = control.prepareStop(StopMode.FAST)) {
                assertThat(server.isAlive()).isTrue();
                stop.send();
            }

            assertThat(server.waitFor(5, TimeUnit.SECONDS)).isTrue();
            assertThat(control.isRunning()).isFalse();
        } finally {
            server.destroyForcibly();
        }
    }

    /** Who was started in the background of a shell ignores SIGINT, and so do its children, unless somebody says otherwise. */
    private static List<String> heedingInterrupts(String... command) throws Exception {
        List<String> prefix = List.of("env", "--default-signal=INT");
        List<String> probe = new ArrayList<>(prefix);
        probe.add("true");
        boolean known = new ProcessBuilder(probe).start().waitFor() == 0;
        List<String> all = new ArrayList<>(known ? prefix : List.of());
        all.addAll(List.of(command));
        return all;
    }

    @Test
    void aStopThatIsPreparedAndNotSentStopsNothing() throws Exception {
        Process server =
                new ProcessBuilder("sleep", "60").directory(data().toFile()).start();
        try {
            postmasterPid(server.pid());
            long shells = shells();

            PreparedStop stop = control("true").prepareStop(StopMode.FAST);
            assertThat(shells()).isEqualTo(shells + 1);
            stop.close();
            stop.close();

            assertThat(server.waitFor(200, TimeUnit.MILLISECONDS)).isFalse();
            assertThat(shells()).isEqualTo(shells);
        } finally {
            server.destroyForcibly();
        }
    }

    @Test
    void aStartWaitsUntilTheKilledServerIsCollected() throws Exception {
        // Its parent becomes a program that collects nothing, before it ends.
        Process parent = new ProcessBuilder("sh", "-c", "sleep 0.1 & echo $!; exec sleep 60").start();
        try (BufferedReader said = parent.inputReader()) {
            long zombie = Long.parseLong(said.readLine());
            postmasterPid(zombie);
            Path started = folder.resolve("started");
            LocalProcessControl control = control("touch '%s'; exit 3".formatted(started));
            assertThat(control.isRunning()).isFalse();

            FutureTask<Throwable> start = new FutureTask<>(() -> catchThrowable(control::start));
            new Thread(start, "start").start();
            assertThatThrownBy(() -> start.get(400, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            assertThat(started).doesNotExist();

            parent.destroyForcibly();
            assertThat(start.get(20, TimeUnit.SECONDS)).hasMessageContaining("ended with exit code 3");
            assertThat(started).exists();
        } finally {
            parent.destroyForcibly();
        }
    }

    @Test
    void aStrangerWithTheNumberOfTheKilledServerKeepsItFromStartingForAWhileOnly() throws Exception {
        Process stranger = new ProcessBuilder("sleep", "60").start();
        try {
            postmasterPid(stranger.pid());
            Path started = folder.resolve("started");

            assertThatThrownBy(control("touch '%s'; exit 3".formatted(started))::start)
                    .hasMessageContaining("ended with exit code 3");

            assertThat(started).exists();
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void aServerThatDoesNotStartIsReportedWithTheEndOfItsLog() {
        assertThatThrownBy(() -> control("echo 'FATAL:  no room'; exit 3").start())
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("The start command of node 'a' ended with exit code 3.")
                .hasMessageEndingWith("FATAL:  no room");
    }

    @Test
    void aCommandThatIsNotThereIsReported() {
        LocalProcessControl control = new LocalProcessControl(
                "a", data(), List.of(folder.resolve("no-such-program").toString()), Map.of(), folder.resolve("log"));

        assertThatThrownBy(control::start)
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("Could not start the server of node 'a'")
                .hasMessageContaining("no-such-program");
    }

    @Test
    void anInterruptEndsTheWaitForAServerThatDoesNotAppear() {
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> control("sleep 2").start())
                    .isInstanceOf(BackendException.class)
                    .hasMessageContaining("Interrupted while the server of node 'a' was starting");
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    void aRewindKeepsTheNodesOwnConfigurationAndItsPasswordOffTheCommandLine() throws Exception {
        Path seen = folder.resolve("seen");
        Path program = folder.resolve("pg_rewind");
        Files.writeString(program, """
                #!/bin/sh
                echo "$@" "$PGPASSWORD" > '%s'
                echo theirs > '%s'
                """.formatted(seen, data().resolve("postgresql.auto.conf")));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        LocalProcessControl control = control("true").rewindWith(List.of(program.toString()));
        control.write("postgresql.auto.conf", bytes("ours"));
        CopySource source = new CopySource(new Endpoint("10.0.0.2", 5433), "postgres", "o'hara", "s3cret");

        control.repair(Repair.REWIND, source, Deadline.after(Duration.ofSeconds(10)));

        assertThat(control.repairs()).containsExactly(Repair.REWIND);
        assertThat(control.read("postgresql.auto.conf")).isEqualTo(bytes("ours"));
        assertThat(Files.readString(seen))
                .isEqualTo("--target-pgdata=%s --source-server=host='10.0.0.2' port=5433 dbname='postgres'"
                                .formatted(data().toAbsolutePath())
                        + " user='o\\'hara' application_name=switchover4j s3cret\n");
        assertThat(source.toString()).doesNotContain("s3cret");
    }

    @Test
    void aRewindThatFailsOrDoesNotEndOrIsNotPossibleSaysSo() throws Exception {
        CopySource source = new CopySource(new Endpoint("10.0.0.2", 5433), "postgres", "u", "p");
        Deadline soon = Deadline.after(Duration.ofSeconds(10));
        data();

        assertThatThrownBy(() -> control("true").repair(Repair.REWIND, source, soon))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("The control of node 'a' cannot REWIND");
        assertThatThrownBy(() -> control("true").rewindWith(List.of("false")).repair(Repair.REWIND, source, soon))
                .isInstanceOf(BackendException.class)
                .hasMessageContaining("pg_rewind of node 'a' ended with exit code 1");
        assertThatThrownBy(() -> control("true")
                        .rewindWith(List.of("sh", "-c", "exec sleep 60"))
                        .repair(Repair.REWIND, source, Deadline.after(Duration.ofMillis(100))))
                .isInstanceOf(BackendException.class)
                .hasMessage("pg_rewind of node 'a' did not end in time");
        assertThatThrownBy(() -> control("true").rewindWith(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("The rewind command of node 'a' is empty");
    }

    private LocalProcessControl control(String script) {
        return new LocalProcessControl(
                "a", data(), List.of("sh", "-c", script), Map.of("LC_ALL", "C"), folder.resolve("log"));
    }

    private Path data() {
        try {
            return Files.createDirectories(folder.resolve("data"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void postmasterPid(long pid) throws IOException {
        Files.writeString(
                data().resolve("postmaster.pid"),
                "%d\n%s\n%d\n5432\n".formatted(pid, data(), Instant.now().getEpochSecond()));
    }

    private static long shells() {
        return ProcessHandle.current().children().filter(ProcessHandle::isAlive).count();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
