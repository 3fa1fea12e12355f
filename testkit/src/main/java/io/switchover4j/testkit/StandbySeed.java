package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;

/** Copies a running primary's data directory, as pg_basebackup does: the delivered binaries do not include that program. */
final class StandbySeed {

    private static final Set<String> NOT_COPIED =
            Set.of("postmaster.pid", "postmaster.opts", "pg_internal.init", "standby.signal", "recovery.signal");
    private static final Set<String> COPIED_EMPTY = Set.of(
            "pg_wal",
            "pg_replslot",
            "pg_dynshmem",
            "pg_notify",
            "pg_serial",
            "pg_snapshots",
            "pg_stat_tmp",
            "pg_subtrans");
    private static final String CONTROL_FILE = "global/pg_control";

    private StandbySeed() {}

    static void copy(PostgresNode primary, Path target) throws SQLException, IOException {
        Path source = primary.dataDirectory();
        // Start and end of a backup must be asked on the same session.
        try (Connection connection = primary.connect();
                Statement statement = connection.createStatement()) {
            boolean newNames = connection.getMetaData().getDatabaseMajorVersion() >= 15;
            statement.execute(
                    newNames
                            ? "SELECT pg_backup_start('switchover4j', true)"
                            : "SELECT pg_start_backup('switchover4j', true, false)");
            copyFiles(source, target);
            // Last: recovery must not believe in a state that is newer than the files.
            Files.copy(source.resolve(CONTROL_FILE), target.resolve(CONTROL_FILE), StandardCopyOption.REPLACE_EXISTING);
            String end = newNames ? "pg_backup_stop(false)" : "pg_stop_backup(false, false)";
            try (ResultSet row = statement.executeQuery("SELECT labelfile FROM " + end)) {
                row.next();
                Files.writeString(target.resolve("backup_label"), row.getString(1));
            }
        }
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwx------"));
    }

    private static void copyFiles(Path source, Path target) throws IOException {
        Files.walkFileTree(source, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.createDirectories(target.resolve(source.relativize(directory)));
                return COPIED_EMPTY.contains(nameOf(directory))
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (!NOT_COPIED.contains(nameOf(file)) && !nameOf(file).startsWith("pgsql_tmp")) {
                    try {
                        Files.copy(file, target.resolve(source.relativize(file)));
                    } catch (NoSuchFileException e) {
                        return Folders.goneIsFine(e);
                    }
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                return Folders.goneIsFine(e);
            }
        });
    }

    private static String nameOf(Path path) {
        return path.getFileName().toString();
    }
}
