package io.switchover4j.postgresql;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The main process of a server, as its {@code postmaster.pid} names it and the system confirms it. Immutable.
 *
 * @param pid its process id
 * @param startedAt when it says that it started
 */
record Postmaster(long pid, Instant startedAt) {

    /** The system counts from its boot, the server by the clock of that moment. */
    private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(10);

    /** The living server of this data directory; a recycled process id is not taken for it. */
    static Optional<Postmaster> of(Path dataDirectory) {
        Optional<Postmaster> claimed = claimed(dataDirectory);
        try {
            return claimed.isPresent() && claimed.get().lives(dataDirectory) ? claimed : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * Whether the process that the file names is there in any form: one that was killed and that its parent has not collected
     * yet runs no more, but keeps another server from starting.
     */
    static boolean isClaimed(Path dataDirectory) {
        return claimed(dataDirectory).flatMap(Postmaster::process).isPresent();
    }

    private static Optional<Postmaster> claimed(Path dataDirectory) {
        try {
            List<String> lines =
                    Files.readAllLines(dataDirectory.resolve("postmaster.pid"), StandardCharsets.ISO_8859_1);
            return lines.size() < 3
                    ? Optional.empty()
                    : Optional.of(new Postmaster(
                            Long.parseLong(lines.get(0).strip()),
                            Instant.ofEpochSecond(Long.parseLong(lines.get(2).strip()))));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** A negative number stands for a server in single-user mode. */
    private Optional<ProcessHandle> process() {
        return pid > 0 ? ProcessHandle.of(pid) : Optional.empty();
    }

    private boolean lives(Path dataDirectory) throws IOException {
        Optional<ProcessHandle> process = process().filter(ProcessHandle::isAlive);
        if (process.isEmpty()) {
            return false;
        }
        Path workingDirectory = Path.of("/proc/" + pid + "/cwd");
        if (Files.isReadable(workingDirectory.getParent())) {
            try {
                return workingDirectory.toRealPath().equals(dataDirectory.toRealPath());
            } catch (java.nio.file.NoSuchFileException e) {
                return false;
            } catch (IOException e) {
                // Another user's process: its start has to do.
                return startMatches(process.get());
            }
        }
        return startMatches(process.get());
    }

    private boolean startMatches(ProcessHandle process) {
        return process.info()
                .startInstant()
                .map(at -> Duration.between(at, startedAt).abs().compareTo(CLOCK_TOLERANCE) <= 0)
                .orElse(true);
    }
}
