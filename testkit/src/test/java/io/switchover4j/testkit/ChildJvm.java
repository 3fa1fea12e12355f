package io.switchover4j.testkit;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A JVM of its own that talks to the test in lines and ends with it. */
final class ChildJvm implements AutoCloseable {

    private final Process process;
    private final BufferedReader lines;

    private ChildJvm(Process process) {
        this.process = process;
        this.lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    static ChildJvm start(Class<?> main, String... arguments) throws IOException {
        return start(Stream.concat(
                        Stream.of("-cp", path(everything()) + File.pathSeparator + testClasses(), main.getName()),
                        Arrays.stream(arguments))
                .toList());
    }

    static ChildJvm start(List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        return new ChildJvm(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** Where this JVM found its modules and classes; what it knows as modules may be used as either. */
    static List<String> everything() {
        return Stream.of("jdk.module.path", "java.class.path")
                .flatMap(property ->
                        Arrays.stream(System.getProperty(property, "").split(File.pathSeparator, -1)))
                .filter(entry -> !entry.isEmpty())
                .distinct()
                .toList();
    }

    static String path(List<String> entries) {
        return String.join(File.pathSeparator, entries);
    }

    static Path testClasses() {
        return Path.of("target", "test-classes").toAbsolutePath();
    }

    /** The next line that begins with this word, without it. */
    String awaitLine(String word) {
        try {
            String line;
            while ((line = lines.readLine()) != null) {
                if (line.startsWith(word + " ")) {
                    return line.substring(word.length() + 1);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new AssertionError("The child JVM ended without a line '" + word + "'");
    }

    /** As kill -9 does. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            throw new AssertionError("The child JVM did not end");
        }
    }

    void send(String text) throws IOException {
        process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    void endInput() throws IOException {
        process.getOutputStream().close();
    }

    int awaitExit() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("The child JVM did not end");
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
