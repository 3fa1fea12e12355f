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
        try {
            List<String> lines =
                    Files.readAllLines(dataDirectory.resolve("postmaster.pid"), StandardCharsets.ISO_8859_1);
            if (lines.size() < 3) {
                return Optional.empty();
            }
            Postmaster claimed = new Postmaster(
                    Long.parseLong(lines.get(0).strip()),
                    Instant.ofEpochSecond(Long.parseLong(lines.get(2).strip())));
            return claimed.lives(dataDirectory) ? Optional.of(claimed) : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /**
     * Whether the process that the file names is there in any form: one that was killed and that its parent has not collected
     * yet runs no more, but keeps another server from starting.
     */
    static boolean isClaimed(Path dataDirectory) {
        try {
            List<String> lines =
                    Files.readAllLines(dataDirectory.resolve("postmaster.pid"), StandardCharsets.ISO_8859_1);
            long claimed = lines.isEmpty() ? 0 : Long.parseLong(lines.get(0).strip());
            return claimed > 0 && ProcessHandle.of(claimed).isPresent();
        } catch (IOException | NumberFormatException e) {
            return false;
        }
    }

    private boolean lives(Path dataDirectory) throws IOException {
        // A negative number stands for a server in single-user mode.
        Optional<ProcessHandle> process =
                pid > 0 ? ProcessHandle.of(pid).filter(ProcessHandle::isAlive) : Optional.empty();
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
