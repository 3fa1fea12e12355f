package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a server says about itself in its {@code postmaster.pid}. A crashed server leaves the file behind. Immutable.
 *
 * @param pid its process
 * @param sharedMemory the System V segment that it made, none while it starts
 * @param status empty while it starts, {@code ready} once it accepts connections
 */
record PostmasterFile(long pid, Optional<Segment> sharedMemory, String status) {

    /** A System V shared-memory segment: its key as the kernel prints it, and its id. */
    record Segment(int key, int id) {}

    /** Empty if there is no file, or if the server has only begun to write it. */
    static Optional<PostmasterFile> read(Path dataDirectory) {
        try {
            List<String> lines =
                    Files.readAllLines(dataDirectory.resolve("postmaster.pid"), StandardCharsets.ISO_8859_1);
            if (lines.size() < 6) {
                return Optional.empty();
            }
            return Optional.of(new PostmasterFile(
                    Math.abs(Long.parseLong(lines.get(0).strip())),
                    lines.size() > 6 ? segment(lines.get(6)) : Optional.empty(),
                    lines.size() > 7 ? lines.get(7).strip() : ""));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Optional<Segment> segment(String line) {
        String[] keyAndId = line.strip().split(" +", -1);
        return keyAndId.length == 2
                ? Optional.of(new Segment((int) Long.parseLong(keyAndId[0]), Integer.parseInt(keyAndId[1])))
                : Optional.empty();
    }
}
