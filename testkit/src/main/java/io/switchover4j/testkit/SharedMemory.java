package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The System V segment that a killed server leaves behind in the kernel. */
final class SharedMemory {

    private static final Path SEGMENTS = Path.of("/proc/sysvipc/shm");

    private SharedMemory() {}

    /**
     * Removes the segment of the server that last ran on this data directory. Call it only when none runs there. A segment
     * that only has the same number, made by another process, is left alone.
     */
    static void removeLeftBehindBy(Path dataDirectory) {
        PostmasterFile.read(dataDirectory)
                .ifPresent(file -> file.sharedMemory()
                        .filter(segment -> isOf(file.pid(), segment))
                        .ifPresent(segment -> Processes.run(List.of("ipcrm", "-m", Integer.toString(segment.id())))));
    }

    static boolean exists(long pid, PostmasterFile.Segment segment) {
        return isOf(pid, segment);
    }

    private static boolean isOf(long pid, PostmasterFile.Segment segment) {
        if (!Files.exists(SEGMENTS)) {
            // Elsewhere the creator is not listed; ipcrm by key and id of a private folder's server is all there is.
            return true;
        }
        try (Stream<String> lines = Files.lines(SEGMENTS, StandardCharsets.US_ASCII)) {
            return lines.skip(1)
                    .map(line -> line.strip().split(" +", -1))
                    .anyMatch(column ->
                            // key shmid perms size cpid lpid nattch
                            (int) Long.parseLong(column[0]) == segment.key()
                                    && Integer.parseInt(column[1]) == segment.id()
                                    && Long.parseLong(column[4]) == pid
                                    && Long.parseLong(column[6]) == 0);
        } catch (IOException e) {
            return false;
        }
    }
}
