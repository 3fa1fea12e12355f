package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;

/** The processes of a server, found by what they are, never by number alone, and the signals sent to them. */
final class Processes {

    private static final Path PROC = Path.of("/proc");
    private static final boolean LINUX = Files.isDirectory(PROC.resolve("self"));
    private static final Duration POLL = Duration.ofMillis(1);
    private static final Duration CARRIER_FOLLOWS = Duration.ofSeconds(1);

    /** As long as init may take to collect a process whose parent has died. */
    private static final Duration COLLECTED = Duration.ofSeconds(5);

    private Processes() {}

    /** The main process of the server on this data directory; a recycled process id is not taken for it. */
    static OptionalLong postmaster(Path dataDirectory) {
        return PostmasterFile.read(dataDirectory)
                .filter(file -> isPostmasterOf(file.pid(), dataDirectory))
                .map(file -> OptionalLong.of(file.pid()))
                .orElse(OptionalLong.empty());
    }

    private static boolean isPostmasterOf(long pid, Path dataDirectory) {
        List<String> command = commandLine(pid);
        return !command.isEmpty()
                && Path.of(command.get(0)).endsWith("postgres")
                && command.contains(dataDirectory.toString());
    }

    /** Every server program that works below {@code folder}, wherever it stands in the tree of processes. */
    static List<Long> below(Path folder) {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::pid)
                .filter(pid -> pid != ProcessHandle.current().pid() && worksBelow(pid, folder))
                .toList();
    }

    private static boolean worksBelow(long pid, Path folder) {
        List<String> command = commandLine(pid);
        if (command.isEmpty() || !isServerProgram(pid, command)) {
            return false;
        }
        return workingDirectoryIsBelow(pid, folder)
                || command.stream()
                        .anyMatch(word -> word.startsWith("/") && Path.of(word).startsWith(folder));
    }

    /** A server's children overwrite their command line, so on Linux the program file decides. */
    private static boolean isServerProgram(long pid, List<String> command) {
        Path program = LINUX ? program(pid) : Path.of(command.get(0));
        return program.endsWith("postgres") || program.endsWith("initdb");
    }

    /** The program file, on Linux; empty if that cannot be told. */
    private static Path program(long pid) {
        try {
            return Files.readSymbolicLink(PROC.resolve(pid + "/exe"));
        } catch (IOException e) {
            return Path.of("");
        }
    }

    private static boolean workingDirectoryIsBelow(long pid, Path folder) {
        try {
            return LINUX && Files.readSymbolicLink(PROC.resolve(pid + "/cwd")).startsWith(folder);
        } catch (IOException e) {
            return false;
        }
    }

    private static List<String> commandLine(long pid) {
        if (!LINUX) {
            return ProcessHandle.of(pid)
                    .flatMap(process -> process.info().commandLine())
                    .map(line -> List.of(line.split(" ", -1)))
                    .orElse(List.of());
        }
        try {
            String line = Files.readString(PROC.resolve(pid + "/cmdline"), StandardCharsets.ISO_8859_1);
            return line.isEmpty() ? List.of() : List.of(line.split("\0", -1));
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Stops a process and all its descendants; none can be forked unseen, because a stopped process forks nothing. */
    static Set<Long> stop(long root) {
        Set<Long> stopped = new LinkedHashSet<>();
        List<Long> found = List.of(root);
        while (!found.isEmpty()) {
            signal("STOP", found);
            awaitAll("processes %s are stopped".formatted(found), found, pid -> !isAlive(pid) || isStopped(pid));
            stopped.addAll(found);
            found = descendants(root).stream()
                    .filter(pid -> !stopped.contains(pid))
                    .toList();
        }
        // Not earlier than it has followed can it be continued, and then for good.
        carrier(root)
                .ifPresent(pid -> Await.until(
                        "process " + pid + " is stopped",
                        CARRIER_FOLLOWS,
                        POLL,
                        () -> !isAlive(pid) || isStopped(pid)));
        return stopped;
    }

    /** Lets a stopped process and its descendants go on, the root last. */
    static void resume(long root) {
        List<Long> all = new ArrayList<>(descendants(root));
        all.add(root);
        carrier(root).ifPresent(all::add);
        signal("CONT", all);
    }

    /** Ends a process and all its descendants at once, as a power failure would, and waits until they are gone. */
    static void kill(long root) {
        OptionalLong carrier = carrier(root);
        killAll(stop(root));
        // Before that, it would let the server go on.
        carrier.ifPresent(pid -> {
            signal("CONT", List.of(pid));
            awaitGone(pid);
        });
    }

    /**
     * The {@code runuser} that started this process as another user and waits for it. It stops itself when the process is
     * stopped; were that one killed then, it would never notice.
     */
    static OptionalLong carrier(long pid) {
        return ProcessHandle.of(pid)
                .flatMap(ProcessHandle::parent)
                .map(ProcessHandle::pid)
                .filter(parent -> program(parent).endsWith("runuser"))
                .map(OptionalLong::of)
                .orElse(OptionalLong.empty());
    }

    /** A server refuses to start while the process that its file names is there, be it as a zombie. */
    static void awaitCollected(Path dataDirectory) {
        PostmasterFile.read(dataDirectory)
                .ifPresent(file -> Await.until(
                        "process %d is collected".formatted(file.pid()),
                        COLLECTED,
                        POLL,
                        () -> ProcessHandle.of(file.pid()).isEmpty()));
    }

    static void awaitGone(long pid) {
        awaitAll("process %d is gone".formatted(pid), List.of(pid), one -> !isAlive(one));
    }

    static void killAll(Collection<Long> pids) {
        signal("KILL", pids);
        awaitAll("processes %s are gone".formatted(pids), pids, pid -> !isAlive(pid));
    }

    static List<Long> descendants(long root) {
        return ProcessHandle.of(root)
                .map(process -> process.descendants().map(ProcessHandle::pid).toList())
                .orElse(List.of());
    }

    /** A process that has ended but was not yet waited for by its parent is gone for us. */
    static boolean isAlive(long pid) {
        if (!LINUX) {
            return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
        }
        char state = state(pid);
        return state != 'Z' && state != 'X';
    }

    /** Known on Linux only; elsewhere the signal's delivery is trusted. */
    static boolean isStopped(long pid) {
        return !LINUX || state(pid) == 'T';
    }

    static boolean isFrozen(long pid) {
        return LINUX ? isStopped(pid) : run(List.of("sh", "-c", "ps -o state= -p " + pid + " | grep -q T"));
    }

    private static char state(long pid) {
        try {
            String stat = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
            return stat.charAt(stat.lastIndexOf(')') + 2);
        } catch (IOException | IndexOutOfBoundsException e) {
            return 'X';
        }
    }

    static void signal(String name, Collection<Long> pids) {
        if (pids.isEmpty()) {
            return;
        }
        // Java sends TERM and KILL only. The shell's own kill is there where no program of that name is; a process
        // that has ended in the meantime is no error.
        StringBuilder script = new StringBuilder();
        pids.forEach(pid ->
                script.append("kill -").append(name).append(' ').append(pid).append("; "));
        run(List.of("sh", "-c", script.append("true").toString()));
    }

    /** Runs a small program of the system and tells whether it succeeded; what it prints is dropped. */
    static boolean run(List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new PairException("The command %s did not end within 10 s".formatted(command));
            }
            return process.exitValue() == 0;
        } catch (IOException e) {
            throw new PairException("Could not run %s: %s".formatted(command, e.getMessage()), e);
        } catch (InterruptedException e) {
            throw PairException.interrupted("running " + command);
        }
    }

    private static void awaitAll(String what, Collection<Long> pids, LongPredicate condition) {
        if (!Await.until(
                what, Duration.ofSeconds(10), POLL, () -> pids.stream().allMatch(pid -> condition.test(pid)))) {
            throw new PairException("Waited 10 s in vain until " + what);
        }
    }
}
