package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** Folder trees as a whole. Symbolic links are never followed. */
final class Folders {

    private Folders() {}

    /** Removes a folder with all it holds. Without effect if there is none. */
    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                return goneIsFine(e);
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** A server that still runs removes files of its own while we look. */
    static FileVisitResult goneIsFine(IOException e) throws IOException {
        if (e instanceof NoSuchFileException) {
            return FileVisitResult.CONTINUE;
        }
        throw e;
    }

    /** Creates a folder that only its owner may change, or checks that an existing one is such a folder. */
    static Path createOwned(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path probe = Files.createTempFile(folder, "owner", ".probe");
        try {
            if (!Files.getOwner(folder).equals(Files.getOwner(probe))) {
                throw new IOException("The folder '%s' belongs to '%s', not to us; choose another java.io.tmpdir"
                        .formatted(folder, Files.getOwner(folder).getName()));
            }
        } finally {
            Files.delete(probe);
        }
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        return folder.toRealPath();
    }
}
