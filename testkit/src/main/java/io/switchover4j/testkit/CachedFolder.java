package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/** Folders that are filled once and that all JVMs of this user share from then on. */
final class CachedFolder {

    private static final String MARKER = ".files";

    private CachedFolder() {}

    /** Fills a new folder. */
    interface Filling {
        void fill(Path folder) throws IOException;
    }

    /**
     * The folder {@code name} in {@code cache}, filled by whoever needs it first. One that is not complete is filled anew:
     * cleaners of temporary folders remove single old files.
     */
    static Path filled(Path cache, String name, Filling filling) throws IOException {
        Path owned = Folders.createOwned(cache);
        Path folder = owned.resolve(name);
        return ExclusiveFile.locked(owned.resolve("lock"), () -> {
            if (!isComplete(folder)) {
                Folders.delete(folder);
                Path unfinished = folder.resolveSibling(name + ".unfinished");
                Folders.delete(unfinished);
                filling.fill(Files.createDirectory(unfinished));
                Files.writeString(
                        unfinished.resolve(MARKER), Long.toString(count(unfinished)), StandardCharsets.US_ASCII);
                Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
            }
            return folder;
        });
    }

    private static boolean isComplete(Path folder) throws IOException {
        Path marker = folder.resolve(MARKER);
        return Files.exists(marker)
                && Files.readString(marker, StandardCharsets.US_ASCII).equals(Long.toString(count(folder)));
    }

    private static long count(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> !file.endsWith(MARKER)).count();
        }
    }
}
