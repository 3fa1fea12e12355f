package io.switchover4j.internal.journal;

import io.switchover4j.spi.JournalException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/** Makes the journal's directory, and says in words why that was not possible. */
final class Directories {

    private Directories() {}

    /** The real path of a directory that is there now, by a name that is on the medium. */
    static Path prepare(Path wanted, Disk disk) throws IOException {
        Deque<Path> missing = new ArrayDeque<>();
        Path existing = wanted;
        while (existing != null && !Files.exists(existing)) {
            missing.push(existing);
            existing = existing.getParent();
        }
        if (existing != null && !Files.isDirectory(existing)) {
            throw new JournalException(
                    "The journal directory '%s' cannot be used: '%s' is not a directory. Nothing was changed. Name a directory, or a path where one can be made"
                            .formatted(wanted, existing),
                    null);
        }
        for (Path next : missing) {
            Files.createDirectories(next);
            Path parent = next.getParent();
            if (parent != null) {
                disk.forceDirectory(parent);
            }
        }
        return wanted.toRealPath();
    }

    /**
     * Makes sure that a file which is there has no other name, under which another journal could use it or which may lead
     * nowhere.
     *
     * @throws JournalException if it has
     */
    static void requireOneName(Path file) throws IOException {
        if (Files.isSymbolicLink(file)) {
            throw new JournalException(
                    "The journal '%s' is a link to '%s'. Nothing was changed. A journal is a file of its directory: open the directory in which it stands, and make sure that the disk is mounted there"
                            .formatted(file, Files.readSymbolicLink(file)),
                    null);
        }
        if (namesOf(file) > 1) {
            throw new JournalException(
                    "The journal '%s' has %d names (hard links): another directory may use the same file. Nothing was changed. Remove the other names, or put a copy in the place of this one"
                            .formatted(file, namesOf(file)),
                    null);
        }
    }

    private static int namesOf(Path file) throws IOException {
        try {
            return Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS) instanceof Integer names
                    ? names
                    : 1;
        } catch (UnsupportedOperationException | IllegalArgumentException e) {
            return 1;
        }
    }

    /** What to do about a directory that cannot be used. */
    static String remedy(IOException e) {
        String words = words(e).toLowerCase(Locale.ROOT);
        // As Linux and macOS say it, and Windows.
        boolean full = words.contains("no space left") || words.contains("quota") || words.contains("not enough space");
        return full
                ? "Make room on its disk, then open it again; another directory would know nothing of what was interrupted"
                : "Name a directory on a local disk that user '%s' may write to"
                        .formatted(System.getProperty("user.name"));
    }

    /** Some exceptions of the file system have a path for a message. */
    static String words(Throwable e) {
        if (e instanceof AccessDeniedException denied) {
            return "access to '%s' is denied".formatted(denied.getFile());
        }
        if (e instanceof FileSystemException other && other.getReason() == null) {
            return e.toString();
        }
        String message = e.getMessage();
        return message == null || message.isBlank() ? e.toString() : message;
    }
}
