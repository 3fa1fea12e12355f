package io.switchover4j.testkit;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder of one pair, and the only trace of it outside our memory. A lock on a file in it says that its JVM lives; what
 * is found unlocked was left behind by a JVM that was killed and is cleared by whoever starts the next pair.
 */
final class PairFolder {

    private static final Logger log = LoggerFactory.getLogger(PairFolder.class);

    private static final String ALIVE = "alive";
    private static final String LOCK = "lock";
    private static final String PORTS = "ports";
    private static final String TEMPLATE = "template";
    // Below the range from which systems take the local ports of outgoing connections.
    private static final int FIRST_PORT = 15_000;
    private static final int LAST_PORT = 32_000;

    private final Path parent;
    private final Path path;
    private final FileChannel alive;

    private PairFolder(Path parent, Path path, FileChannel alive) {
        this.parent = parent;
        this.path = path;
        this.alive = alive;
    }

    Path path() {
        return path;
    }

    /** Clears what dead JVMs left in {@code pairs}, then makes a new folder there. */
    static PairFolder create(Path pairs) throws IOException {
        Path parent = Folders.createOwned(pairs);
        return ExclusiveFile.locked(parent.resolve(LOCK), () -> {
            clearStale(parent);
            int number = 1;
            while (Files.exists(parent.resolve(ownPrefix() + number))) {
                number++;
            }
            Path path = Files.createDirectory(parent.resolve(ownPrefix() + number));
            FileChannel alive =
                    FileChannel.open(path.resolve(ALIVE), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            alive.lock();
            return new PairFolder(parent, path, alive);
        });
    }

    /** A port of the loopback interface that no other pair in the same parent folder uses, running or not. */
    int reservePort() throws IOException {
        return ExclusiveFile.locked(parent.resolve(LOCK), () -> {
            Set<String> taken = new HashSet<>();
            for (Path folder : subfolders(parent)) {
                if (Files.exists(folder.resolve(PORTS))) {
                    taken.addAll(Files.readAllLines(folder.resolve(PORTS)));
                }
            }
            for (int attempt = 0; attempt < 1_000; attempt++) {
                int port = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT);
                if (!taken.contains(Integer.toString(port)) && isFree(port)) {
                    Files.writeString(
                            path.resolve(PORTS), port + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                    return port;
                }
            }
            throw new PairException("Found no free port between %d and %d".formatted(FIRST_PORT, LAST_PORT));
        });
    }

    /** The lowest number of a {@link ClusterTemplate} that no other pair in the same parent folder has. */
    int reserveTemplate() throws IOException {
        return ExclusiveFile.locked(parent.resolve(LOCK), () -> {
            Set<String> taken = new HashSet<>();
            for (Path folder : subfolders(parent)) {
                if (Files.exists(folder.resolve(TEMPLATE))) {
                    taken.add(Files.readString(folder.resolve(TEMPLATE)));
                }
            }
            int number = 1;
            while (taken.contains(Integer.toString(number))) {
                number++;
            }
            Files.writeString(path.resolve(TEMPLATE), Integer.toString(number));
            return number;
        });
    }

    private static boolean isFree(int port) {
        try {
            new ServerSocket(port, 1, Loopback.ADDRESS).close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Ends the servers in this folder and removes it. Without effect if that was done. */
    void remove() throws IOException {
        if (alive.isOpen()) {
            try {
                clear(path);
            } finally {
                alive.close();
            }
        }
    }

    private static void clearStale(Path parent) throws IOException {
        for (Path folder : subfolders(parent)) {
            // Opening and closing the lock file of a pair of our own would give up its lock.
            if (folder.getFileName().toString().startsWith(ownPrefix()) || isAlive(folder)) {
                continue;
            }
            clear(folder);
            log.info("Cleared the pair that a dead process had left in {}", folder);
        }
    }

    private static boolean isAlive(Path folder) throws IOException {
        Path file = folder.resolve(ALIVE);
        if (!Files.exists(file)) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock == null;
        }
    }

    private static void clear(Path folder) throws IOException {
        List<Path> dataDirectories = new ArrayList<>();
        for (Path node : subfolders(folder)) {
            dataDirectories.add(node.resolve(PostgresNode.DATA));
        }
        dataDirectories.forEach(PairFolder::endServer);
        Processes.killAll(Processes.below(folder));
        dataDirectories.forEach(SharedMemory::removeLeftBehindBy);
        Folders.delete(folder);
    }

    /** An immediate shutdown takes the server's shared memory along; a server that does not heed it is killed. */
    private static void endServer(Path dataDirectory) {
        OptionalLong postmaster = Processes.postmaster(dataDirectory);
        if (postmaster.isEmpty()) {
            return;
        }
        long pid = postmaster.getAsLong();
        OptionalLong carrier = Processes.carrier(pid);
        Processes.resume(pid);
        Processes.signal("QUIT", List.of(pid));
        if (!Await.until(
                "the server on '" + dataDirectory + "' has ended",
                Duration.ofSeconds(2),
                Duration.ofMillis(2),
                () -> !Processes.isAlive(pid))) {
            Processes.kill(pid);
        }
        carrier.ifPresent(Processes::awaitGone);
    }

    /** Tells this JVM from an earlier one with the same process id, as containers have them. */
    private static String ownPrefix() {
        ProcessHandle self = ProcessHandle.current();
        long startedMillis =
                self.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        return self.pid() + "-" + startedMillis + "-";
    }

    private static List<Path> subfolders(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isDirectory).toList();
        }
    }
}
