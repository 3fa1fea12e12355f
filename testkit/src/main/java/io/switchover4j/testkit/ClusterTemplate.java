package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data directory of a server that was shut down cleanly, with the kit's users and database in it: what both nodes of a
 * new pair begin as. Made once per server version and number, then copied. Immutable.
 *
 * <p>Copies share their system identifier, by which a server tells its own standby from a stranger's. So each of the pairs
 * that run at the same time takes a template of another number.
 */
final class ClusterTemplate {

    private static final Logger log = LoggerFactory.getLogger(ClusterTemplate.class);

    // To be raised when what a template holds is changed: templates outlive the kit that made them.
    private static final int GENERATION = 1;
    private static final long TIMEOUT_SECONDS = 60;
    private static final String DATA = "data";

    private final Path dataDirectory;

    private ClusterTemplate(Path dataDirectory) {
        this.dataDirectory = dataDirectory;
    }

    /** Finds the template of this number below {@code cache}, or makes it. */
    static ClusterTemplate in(Path cache, int number, Binaries binaries, RunAs runAs, Accounts accounts)
            throws IOException {
        String name = "%s-%d-%d".formatted(binaries.fingerprint(), GENERATION, number);
        return new ClusterTemplate(CachedFolder.filled(cache, name, folder -> make(folder, binaries, runAs, accounts))
                .resolve(DATA));
    }

    private static void make(Path folder, Binaries binaries, RunAs runAs, Accounts accounts) throws IOException {
        long began = System.nanoTime();
        Path passwordFile = Files.createTempFile(folder, "password", "");
        Files.writeString(passwordFile, accounts.superuser().password());
        runAs.own(folder);
        String data = folder.resolve(DATA).toString();
        run(
                folder,
                "",
                runAs,
                List.of(
                        binaries.initdb().toString(),
                        "-D",
                        data,
                        "--username=" + accounts.superuser().user(),
                        "--pwfile=" + passwordFile,
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale=C",
                        "--wal-segsize=1",
                        "--no-sync",
                        "--no-instructions"));
        Files.delete(passwordFile);
        // A standby refuses to run with less than what its data were last written with, and a pair may ask for little.
        run(
                folder,
                accounts.sql(),
                runAs,
                List.of(
                        binaries.postgres().toString(),
                        "--single",
                        "-F",
                        "-D",
                        data,
                        "-c",
                        "exit_on_error=on",
                        "-c",
                        "max_connections=1",
                        "-c",
                        "max_worker_processes=0",
                        "-c",
                        "max_wal_senders=0",
                        "-c",
                        "max_locks_per_transaction=10",
                        accounts.superuser().user()));
        log.info("Made a data directory for pairs in {} ms", (System.nanoTime() - began) / 1_000_000);
    }

    private static void run(Path folder, String input, RunAs runAs, List<String> program) throws IOException {
        String name = Path.of(program.get(0)).getFileName().toString();
        Path in = Files.writeString(folder.resolve(name + ".sql"), input);
        Path out = folder.resolve(name + ".log");
        ProcessBuilder builder = new ProcessBuilder(runAs.command(program))
                .directory(folder.toFile())
                .redirectInput(in.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile());
        ServerEnvironment.of(builder);
        Process process = builder.start();
        try {
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new PairException("%s did not end within %d s. It said:\n%s"
                        .formatted(name, TIMEOUT_SECONDS, Files.readString(out, StandardCharsets.UTF_8)));
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw PairException.interrupted("waiting for " + name);
        }
        if (process.exitValue() != 0) {
            throw new PairException("%s failed with exit code %d. It said:\n%s"
                    .formatted(name, process.exitValue(), Files.readString(out, StandardCharsets.UTF_8)));
        }
        Files.delete(in);
        Files.delete(out);
    }

    /** Makes {@code target} a copy; it must not exist. */
    void copyTo(Path target) throws IOException {
        Files.walkFileTree(dataDirectory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.createDirectory(target.resolve(dataDirectory.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, target.resolve(dataDirectory.relativize(file)));
                return FileVisitResult.CONTINUE;
            }
        });
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwx------"));
    }
}
