package io.switchover4j.postgresql;

import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.CopySource;
import io.switchover4j.spi.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One run of {@code pg_rewind} on this machine. It copies the source's configuration too, so the node's own is put back. */
final class Rewind {

    private final String nodeId;
    private final Path dataDirectory;
    private final List<String> command;
    private final Map<String, String> environment;
    private final Path logFile;

    Rewind(String nodeId, Path dataDirectory, List<String> command, Map<String, String> environment, Path logFile) {
        this.nodeId = nodeId;
        this.dataDirectory = dataDirectory;
        this.command = List.copyOf(command);
        this.environment = Map.copyOf(environment);
        this.logFile = logFile;
    }

    /** A file's content is written in place, so that its owner and rights stay. */
    void run(CopySource from, Deadline deadline) {
        try {
            Map<Path, byte[]> own = ownConfiguration();
            try {
                rewind(from, deadline);
            } finally {
                for (Map.Entry<Path, byte[]> file : own.entrySet()) {
                    Files.write(file.getKey(), file.getValue());
                }
            }
        } catch (IOException e) {
            throw new BackendException(
                    "pg_rewind of node '%s' could not be run: %s".formatted(nodeId, e.getMessage()), e);
        }
    }

    private Map<Path, byte[]> ownConfiguration() throws IOException {
        Map<Path, byte[]> files = new LinkedHashMap<>();
        try (var top = Files.newDirectoryStream(dataDirectory, "*.conf")) {
            for (Path file : top) {
                files.put(file, Files.readAllBytes(file));
            }
        }
        return files;
    }

    private void rewind(CopySource from, Deadline deadline) throws IOException {
        List<String> whole = new ArrayList<>(command);
        whole.add("--target-pgdata=" + dataDirectory);
        whole.add("--source-server=host=%s port=%d dbname=%s user=%s application_name=switchover4j"
                .formatted(
                        quoted(from.endpoint().host()),
                        from.endpoint().port(),
                        quoted(from.database()),
                        quoted(from.user())));
        ProcessBuilder builder = new ProcessBuilder(whole)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()));
        builder.environment().putAll(environment);
        builder.environment().put("PGPASSWORD", from.password());
        Process process = builder.start();
        try {
            if (!process.waitFor(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
                throw new BackendException("pg_rewind of node '%s' did not end in time".formatted(nodeId));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackendException("Interrupted during pg_rewind of node '%s'".formatted(nodeId), e);
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new BackendException("pg_rewind of node '%s' ended with exit code %d.%s"
                    .formatted(nodeId, process.exitValue(), LocalProcessControl.logTail(logFile)));
        }
    }

    private static String quoted(String value) {
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
