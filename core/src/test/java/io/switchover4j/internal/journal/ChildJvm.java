package io.switchover4j.internal.journal;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A JVM of its own that runs a main class of these tests and talks in lines. */
final class ChildJvm implements AutoCloseable {

    private final Process process;
    private final BufferedReader lines;

    private ChildJvm(Process process) {
        this.process = process;
        this.lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** @param shell what runs before it in the same shell, e.g. {@code ulimit}; may be empty */
    static ChildJvm start(String shell, Class<?> main, Path directory) throws IOException {
        String classes = Stream.concat(
                        Stream.of("jdk.module.path", "java.class.path")
                                .flatMap(property -> Arrays.stream(
                                        System.getProperty(property, "").split(File.pathSeparator, -1))),
                        Stream.of("classes", "test-classes")
                                .map(name ->
                                        Path.of("target", name).toAbsolutePath().toString()))
                .filter(entry -> !entry.isEmpty())
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of("bash", "-c", shell + " exec \"$@\"", "child"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:-UsePerfData", "-XX:TieredStopAtLevel=1", "-Xmx64m", "-cp", classes));
        command.addAll(List.of(main.getName(), directory.toString()));
        return new ChildJvm(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    long pid() {
        return process.pid();
    }

    /** The next line; null at the end. */
    @Nullable
    String line() throws IOException {
        return lines.readLine();
    }

    /** The next line that begins with this word, without it. */
    String awaitLine(String word) throws IOException {
        String line;
        while ((line = lines.readLine()) != null) {
            if (line.startsWith(word + " ")) {
                return line.substring(word.length() + 1);
            }
        }
        throw new AssertionError("The child ended without a line '" + word + "'");
    }

    /** As kill -9 does. Not by the process itself, which would throw away what it had said. */
    void kill() throws InterruptedException {
        process.toHandle().destroyForcibly();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            throw new AssertionError("The child did not end");
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
