package io.switchover4j.postgresql;

import static java.util.Objects.requireNonNull;

import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.CopySource;
import io.switchover4j.spi.Deadline;
import io.switchover4j.spi.NodeControl;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Controls a PostgreSQL server that runs on this machine, as the user of this process or of one it may signal. Needs a
 * POSIX system with {@code sh}. Thread-safe.
 *
 * <p>The server is found by {@code postmaster.pid} in its data directory; a process that only happens to have that number
 * is never signalled. A server started here is a child of this process, outlives it, and belongs to its process group: put
 * {@code setsid} in front of the command if an interrupt typed at this process's terminal must not reach the server. Where
 * a service supervisor runs the server, give its start command. One that restarts a server on its own gets a standby from the
 * fence on; a rewind or a re-seed needs one that leaves a stopped server alone.
 */
public final class LocalProcessControl implements NodeControl {

    /** As long as init may take to collect a process whose parent has died. */
    private static final Duration COLLECT_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration START_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration SIGNAL_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration POLL = Duration.ofMillis(2);
    private static final int LOG_TAIL = 2_048;

    private final String nodeId;
    private final Path dataDirectory;
    private final List<String> startCommand;
    private final Map<String, String> environment;
    private final Path logFile;
    private final List<String> rewindCommand;

    /**
     * @param nodeId the node, for messages
     * @param dataDirectory the server's data directory
     * @param startCommand starts the server: {@code postgres -D ...} itself, or a program that has it started, such as
     *     {@code pg_ctl}
     * @param environment what the command's environment holds beside ours
     * @param logFile where the output of the command goes; appended to
     */
    public LocalProcessControl(
            String nodeId,
            Path dataDirectory,
            List<String> startCommand,
            Map<String, String> environment,
            Path logFile) {
        this(nodeId, dataDirectory, startCommand, environment, logFile, List.of());
    }

    private LocalProcessControl(
            String nodeId,
            Path dataDirectory,
            List<String> startCommand,
            Map<String, String> environment,
            Path logFile,
            List<String> rewindCommand) {
        this.nodeId = requireNonNull(nodeId, "nodeId");
        this.dataDirectory = dataDirectory.toAbsolutePath();
        this.startCommand = List.copyOf(startCommand);
        this.environment = Map.copyOf(environment);
        this.logFile = requireNonNull(logFile, "logFile");
        this.rewindCommand = List.copyOf(rewindCommand);
        if (startCommand.isEmpty()) {
            throw new IllegalArgumentException("The start command of node '%s' is empty".formatted(nodeId));
        }
    }

    /**
     * The same control, able to rewind the node after a failover. What the node alone had is gone then.
     *
     * @param command {@code pg_rewind} of the server's own version, with what must stand before it, for example a program that
     *     changes the user; {@code --target-pgdata} and {@code --source-server} are appended. Every {@code *.conf} at the top of
     *     the data directory is kept
     * @throws IllegalArgumentException if the command is empty
     */
    public LocalProcessControl rewindWith(List<String> command) {
        if (command.isEmpty()) {
            throw new IllegalArgumentException("The rewind command of node '%s' is empty".formatted(nodeId));
        }
        return new LocalProcessControl(nodeId, dataDirectory, startCommand, environment, logFile, command);
    }

    @Override
    public Set<Repair> repairs() {
        return rewindCommand.isEmpty() ? Set.of() : Set.of(Repair.REWIND);
    }

    @Override
    public void repair(Repair how, CopySource from, Deadline deadline) {
        if (!repairs().contains(how)) {
            throw new UnsupportedOperationException("The control of node '%s' cannot %s".formatted(nodeId, how));
        }
        if (isRunning()) {
            throw new BackendException("The server of node '%s' runs; nothing was rewound".formatted(nodeId));
        }
        new Rewind(nodeId, dataDirectory, rewindCommand, environment, logFile).run(from, deadline);
    }

    @Override
    public String nodeId() {
        return nodeId;
    }

    @Override
    public void requestStop(StopMode mode) {
        try (PreparedStop stop = prepareStop(mode)) {
            stop.send();
        }
    }

    @Override
    public PreparedStop prepareStop(StopMode mode) {
        return Signal.prepare(this, mode == StopMode.FAST ? "INT" : "QUIT");
    }

    @Override
    public boolean isRunning() {
        return postmaster().isPresent();
    }

    /** The server's main process. */
    Optional<Postmaster> postmaster() {
        return Postmaster.of(dataDirectory);
    }

    @Override
    public void start() {
        if (isRunning()) {
            return;
        }
        awaitCollected();
        try {
            ProcessBuilder builder = new ProcessBuilder(startCommand)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()));
            builder.environment().putAll(environment);
            awaitStarted(builder.start());
        } catch (IOException e) {
            throw new BackendException(
                    "Could not start the server of node '%s': %s".formatted(nodeId, e.getMessage()), e);
        }
    }

    /**
     * Why {@link #start} could not even run its command: what the checks before a switchover look at, because a rollback may
     * depend on it. Empty if the program is there; says nothing of what it would do. Starts nothing.
     */
    public Optional<String> obstacleToStart() {
        String program = startCommand.get(0);
        if (!isProgram(program)) {
            return Optional.of(
                    "the program '%s' of its start command is not there, or may not be executed by this process"
                            .formatted(program));
        }
        Path folder = logFile.toAbsolutePath().getParent();
        return folder == null || Files.isDirectory(folder)
                ? Optional.empty()
                : Optional.of("the folder of the log file '%s' is not there".formatted(logFile));
    }

    private static boolean isProgram(String program) {
        if (program.contains("/")) {
            return isExecutable(Path.of(program));
        }
        String path = System.getenv("PATH");
        return path == null
                || path.isEmpty()
                || Stream.of(path.split(File.pathSeparator, -1))
                        .anyMatch(folder -> isExecutable(Path.of(folder).resolve(program)));
    }

    private static boolean isExecutable(Path program) {
        return Files.isRegularFile(program) && Files.isExecutable(program);
    }

    /** A server refuses to start while the process of the one that was killed is there, be it as a zombie. */
    private void awaitCollected() {
        long giveUpAt = System.nanoTime() + COLLECT_TIMEOUT.toNanos();
        while (Postmaster.isClaimed(dataDirectory) && !isRunning() && System.nanoTime() - giveUpAt < 0) {
            pause();
        }
    }

    private void awaitStarted(Process command) throws IOException {
        long giveUpAt = System.nanoTime() + START_TIMEOUT.toNanos();
        while (!isRunning()) {
            if (!command.isAlive() && command.exitValue() != 0) {
                throw new BackendException("The start command of node '%s' ended with exit code %d.%s"
                        .formatted(nodeId, command.exitValue(), logTail()));
            }
            if (System.nanoTime() - giveUpAt > 0) {
                throw new BackendException("The server of node '%s' did not appear within %d s of its start command.%s"
                        .formatted(nodeId, START_TIMEOUT.toSeconds(), logTail()));
            }
            pause();
        }
    }

    private void pause() {
        try {
            Thread.sleep(POLL.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackendException("Interrupted while the server of node '%s' was starting".formatted(nodeId), e);
        }
    }

    private String logTail() throws IOException {
        return logTail(logFile);
    }

    /** A sentence with the end of a log; empty if there is none. */
    static String logTail(Path logFile) throws IOException {
        if (!Files.exists(logFile)) {
            return "";
        }
        try (RandomAccessFile file = new RandomAccessFile(logFile.toFile(), "r")) {
            byte[] tail = new byte[(int) Math.min(LOG_TAIL, file.length())];
            file.seek(file.length() - tail.length);
            file.readFully(tail);
            return " The end of '%s': %s".formatted(logFile, new String(tail, StandardCharsets.UTF_8).strip());
        }
    }

    @Override
    public byte[] read(String name) throws IOException {
        return Files.readAllBytes(inside(name));
    }

    @Override
    public void write(String name, byte[] content) throws IOException {
        Path file = inside(name);
        Path temporary = file.resolveSibling(file.getFileName() + ".switchover4j");
        Files.deleteIfExists(temporary);
        Files.createFile(temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        giveToServer(temporary);
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            java.nio.ByteBuffer buffer = java.nio.ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        forceDirectory(file);
    }

    @Override
    public void delete(String name) throws IOException {
        Path file = inside(name);
        if (Files.deleteIfExists(file)) {
            forceDirectory(file);
        }
    }

    /** By its name alone: a folder of the server may be a link. */
    private Path inside(String name) {
        Path file = dataDirectory.resolve(name);
        Path base = dataDirectory.normalize();
        Path asked = file.normalize();
        if (asked.equals(base) || !asked.startsWith(base)) {
            throw new IllegalArgumentException(
                    "'%s' names no file in the data directory of node '%s'".formatted(name, nodeId));
        }
        return file;
    }

    /** The server may run as another user than we do, and must be able to read and replace the file. */
    private void giveToServer(Path file) throws IOException {
        PosixFileAttributes server =
                Files.readAttributes(dataDirectory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!Files.getOwner(file).equals(server.owner())) {
            Files.setAttribute(file, "posix:group", server.group());
            Files.setOwner(file, server.owner());
        }
    }

    private static void forceDirectory(Path file) throws IOException {
        try (FileChannel directory = FileChannel.open(file.resolveSibling("."), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    @Override
    public String toString() {
        return "node '%s' in '%s'".formatted(nodeId, dataDirectory);
    }

    /** A shell that waits for the go: starting one costs milliseconds, telling one does not. Java itself sends no SIGINT. */
    private static final class Signal implements PreparedStop {

        private final LocalProcessControl control;
        private final Process shell;

        private Signal(LocalProcessControl control, Process shell) {
            this.control = control;
            this.shell = shell;
        }

        static Signal prepare(LocalProcessControl control, String signal) {
            try {
                Process shell = new ProcessBuilder("sh", "-c", "read -r pid && kill -s " + signal + " \"$pid\"")
                        .redirectErrorStream(true)
                        .start();
                return new Signal(control, shell);
            } catch (IOException e) {
                throw new BackendException(
                        "Could not get ready to signal the server of node '%s': %s"
                                .formatted(control.nodeId, e.getMessage()),
                        e);
            }
        }

        @Override
        public void send() {
            // Looked up now: the server may have been restarted since.
            Optional<Postmaster> postmaster = control.postmaster();
            if (postmaster.isEmpty()) {
                return;
            }
            try {
                shell.getOutputStream().write((postmaster.get().pid() + "\n").getBytes(StandardCharsets.US_ASCII));
                shell.getOutputStream().close();
                if (!shell.waitFor(SIGNAL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new BackendException("The signal to the server of node '%s' was not sent within %d ms"
                            .formatted(control.nodeId, SIGNAL_TIMEOUT.toMillis()));
                }
                if (shell.exitValue() != 0 && control.postmaster().equals(postmaster)) {
                    String said = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                    throw new BackendException("The server of node '%s' (process %d) could not be signalled: %s"
                            .formatted(control.nodeId, postmaster.get().pid(), said.strip()));
                }
            } catch (IOException e) {
                throw new BackendException(
                        "Could not signal the server of node '%s': %s".formatted(control.nodeId, e.getMessage()), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BackendException(
                        "Interrupted while signalling the server of node '%s'; it may have been stopped"
                                .formatted(control.nodeId),
                        e);
            }
        }

        @Override
        public void close() {
            shell.destroy();
        }
    }
}
