package io.switchover4j.postgresql.internal;

import io.switchover4j.spi.NodeControl;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/** Where a timeline left the one before it, from the history file that every server of that timeline keeps. */
final class ForkPoint {

    private ForkPoint() {}

    /**
     * Where {@code timeline} left its parent.
     *
     * @param timeline the newer one
     * @return empty if the file cannot be read or understood
     */
    static Optional<Lsn> of(int timeline, NodeControl control) {
        try {
            return parse(new String(
                    control.read(String.format(Locale.ROOT, "pg_wal/%08X.history", timeline)),
                    StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** One line per ancestor, oldest first: number, position of the fork, reason. */
    static Optional<Lsn> parse(String history) {
        return history.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .reduce((first, second) -> second)
                .map(line -> line.split("\\s+"))
                .filter(words -> words.length >= 2)
                .flatMap(words -> {
                    try {
                        return Optional.of(Lsn.parse(words[1]));
                    } catch (IllegalArgumentException e) {
                        return Optional.empty();
                    }
                });
    }
}
