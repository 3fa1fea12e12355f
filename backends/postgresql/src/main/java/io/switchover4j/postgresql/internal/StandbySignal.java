package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.BackendException;
import io.switchover4j.spi.NodeControl;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.Optional;

/**
 * The file {@code standby.signal} of the old primary: as long as it is there, whoever starts that server, a supervisor on its
 * own too, starts a standby. The server heeds that the file is there and not what it holds: the switchover that wrote it, so that
 * a rollback removes its own and no other. Thread-safe.
 */
final class StandbySignal {

    static final String FILE = "standby.signal";

    private final NodeConfig node;
    private final String content;

    StandbySignal(NodeConfig node, String operationId) {
        this.node = node;
        this.content = "switchover4j " + operationId + "\n";
    }

    /**
     * @throws BackendException if it may not be there
     */
    void write() {
        try {
            writeBy(node.control());
        } catch (IOException e) {
            throw new BackendException(
                    "Could not write '%s' of %s: %s. Do not start it without that file: it could be a second primary"
                            .formatted(FILE, node, e),
                    e);
        }
    }

    /** Without effect if it is there, whoever wrote it. */
    void writeBy(NodeControl control) throws IOException {
        if (read(control).isEmpty()) {
            control.write(FILE, content.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Whether it is there, and written by this switchover, be it in a process before this one. */
    boolean isOurs() {
        return read().equals(Optional.of(content));
    }

    /**
     * Whoever starts the node gets a primary again. Without effect if it is not there, or not ours.
     *
     * @throws BackendException if it may still be there
     */
    void removeOurs() {
        if (!isOurs()) {
            return;
        }
        try {
            node.control().delete(FILE);
        } catch (IOException e) {
            throw new BackendException(
                    "Could not remove '%s' of %s: %s. Its next start would make it a standby".formatted(FILE, node, e),
                    e);
        }
    }

    /**
     * @throws BackendException if somebody else wrote it
     */
    void requireNone() {
        if (read().isPresent()) {
            throw new BackendException("%s has a '%s': somebody is making it a standby".formatted(node, FILE));
        }
    }

    private Optional<String> read() {
        try {
            return read(node.control());
        } catch (IOException e) {
            throw new BackendException("Could not look for '%s' of %s: %s".formatted(FILE, node, e), e);
        }
    }

    private static Optional<String> read(NodeControl control) throws IOException {
        try {
            return Optional.of(new String(control.read(FILE), StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** What a person must do where we could not. */
    String howToRemove() {
        return "remove '%s' from its data directory, else its next start makes it a standby".formatted(FILE);
    }
}
