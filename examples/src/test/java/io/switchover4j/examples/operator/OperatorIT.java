package io.switchover4j.examples.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.switchover4j.testkit.PostgresPair;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line as an operator uses it: one process that runs, others that ask it, and a real pair. */
class OperatorIT {

    @TempDir
    Path folder;

    private String config = "";
    private String printed = "";

    private ExitCode run(String... words) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream both = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        List<String> all = new ArrayList<>(List.of(config));
        all.addAll(List.of(words));
        ExitCode code = OperatorMain.run(all, Output.to(both, both));
        printed = bytes.toString(StandardCharsets.UTF_8);
        return code;
    }

    @Test
    void anOperatorSeesSwitchesSchedulesCancelsAndFindsItInTheHistory() throws Exception {
        try (PostgresPair pair = PostgresPair.start()) {
            config = DemoPair.writeConfiguration(pair, folder).toString();
            assertThat(run("instances")).isEqualTo(ExitCode.NO_COORDINATOR);
            assertThat(printed).contains("No coordinator answers", "Start it with: run CONFIG");

            try (RunProcess first = RunProcess.start(config)) {
                assertThat(run("instances")).as(printed).isEqualTo(ExitCode.DONE);
                assertThat(printed).contains("RUNNING", "PRIMARY", "STANDBY", "STREAMING", "rack-a");
                assertThat(run("preflight", "orders")).as(printed).isEqualTo(ExitCode.DONE);
                assertThat(printed).contains("Predicted pause of writes");
                String target = pair.standby().id();
                assertThat(run("switch", "orders", "--now", "--by", "alice", "--reason", "kernel update"))
                        .as(printed)
                        .isEqualTo(ExitCode.DONE);
                assertThat(printed).containsSubsequence("FENCING", "PROMOTING", "COMPLETED: ");
                assertThat(pair.primary().id()).isEqualTo(target);
                assertThat(run("window", "orders", "sun 03:00 for 1h Asia/Kathmandu"))
                        .isEqualTo(ExitCode.DONE);
                assertThat(run("switch", "orders", "--at", "2999-01-01T00:00:00Z"))
                        .as(printed)
                        .isEqualTo(ExitCode.DONE);
                assertThat(run("switch", "orders", "--in-window")).isEqualTo(ExitCode.REFUSED);

                // A second one finds the journal in use, and says so.
                assertThat(OperatorMain.run(List.of("run", config), Output.to(System.out, System.err)))
                        .isEqualTo(ExitCode.FAILED);
                first.kill();
            }
            assertThat(run("history", "orders")).isEqualTo(ExitCode.NO_COORDINATOR);

            try (RunProcess second = RunProcess.start(config)) {
                run("instances");
                assertThat(printed).contains("waits until 2999-01-01T00:00:00Z", "sun 03:00 for 1h Asia/Kathmandu");
                assertThat(run("cancel", "orders")).as(printed).isEqualTo(ExitCode.DONE);
                assertThat(run("cancel", "orders")).isEqualTo(ExitCode.REFUSED);
                assertThat(run("history", "orders")).isEqualTo(ExitCode.DONE);
                assertThat(printed).containsSubsequence("alice", "kernel update", "COMPLETED", "CANCELLED");
                assertThat(run("switch", "orders", "--sometime")).isEqualTo(ExitCode.USAGE);
                second.endSafely();
            }
        }
    }

    /** {@code run} in a JVM of its own. */
    private static final class RunProcess implements AutoCloseable {

        private final Process process;

        private RunProcess(Process process) {
            this.process = process;
        }

        /** Returns once it takes commands. */
        static RunProcess start(String config) throws IOException {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx64m",
                            "-cp",
                            classPath(),
                            OperatorMain.class.getName(),
                            "run",
                            config)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            String line = lines.readLine();
            if (line == null || !line.startsWith("Ready.")) {
                process.destroyForcibly();
                throw new IOException("'run' said '%s' instead of 'Ready.'".formatted(line));
            }
            return new RunProcess(process);
        }

        private static String classPath() {
            Set<String> entries = new LinkedHashSet<>();
            for (String property : List.of("jdk.module.path", "surefire.test.class.path", "java.class.path")) {
                entries.addAll(List.of(System.getProperty(property, "").split(File.pathSeparator)));
            }
            entries.remove("");
            return String.join(File.pathSeparator, entries);
        }

        /** As kill -9 does. */
        void kill() throws InterruptedException {
            process.destroyForcibly();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }

        /** As Ctrl-C does. */
        void endSafely() throws InterruptedException {
            process.destroy();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
