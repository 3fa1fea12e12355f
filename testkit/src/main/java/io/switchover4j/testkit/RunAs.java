package io.switchover4j.testkit;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The user as whom the server programs run: PostgreSQL refuses to run as root. Root gets a user namespace of its own, or,
 * where the kernel or a container forbids that, the server runs as {@code nobody} and owns its folder.
 */
enum RunAs {
    CALLER(),
    USER_NAMESPACE("unshare", "-U"),
    NOBODY_BY_SETPRIV("setpriv", "--reuid=nobody", "--clear-groups", "--"),
    NOBODY_BY_RUNUSER("runuser", "-u", "nobody", "--");

    @SuppressWarnings("ImmutableEnumChecker") // List.of cannot be changed.
    private final List<String> prefix;

    RunAs(String... prefix) {
        this.prefix = List.of(prefix);
    }

    List<String> command(List<String> program) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(program);
        return List.copyOf(command);
    }

    /** Gives a folder with all it holds to the user as whom the server runs. */
    void own(Path folder) throws IOException {
        if (this != NOBODY_BY_SETPRIV && this != NOBODY_BY_RUNUSER) {
            return;
        }
        UserPrincipal nobody =
                folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                setOwner(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                setOwner(visited);
                return FileVisitResult.CONTINUE;
            }

            private void setOwner(Path path) throws IOException {
                Files.setAttribute(path, "posix:owner", nobody, LinkOption.NOFOLLOW_LINKS);
            }
        });
    }

    /** What works for the caller here. */
    static RunAs detect(Path writable) throws IOException {
        Path probe = Files.createTempFile(writable, "user", ".probe");
        try {
            if (!Integer.valueOf(0).equals(Files.getAttribute(probe, "unix:uid"))) {
                return CALLER;
            }
        } finally {
            Files.delete(probe);
        }
        for (RunAs candidate : List.of(USER_NAMESPACE, NOBODY_BY_SETPRIV, NOBODY_BY_RUNUSER)) {
            if (candidate.works()) {
                return candidate;
            }
        }
        throw new PairException("PostgreSQL refuses to run as root, and none of 'unshare -U', 'setpriv' and 'runuser'"
                + " works here. Run as another user, or install util-linux");
    }

    private boolean works() {
        try {
            Process process = new ProcessBuilder(command(List.of("true")))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return false;
            }
            return process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw PairException.interrupted("looking for a way to run PostgreSQL as another user than root");
        }
    }
}
