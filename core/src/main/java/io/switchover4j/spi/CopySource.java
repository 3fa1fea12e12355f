package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

import io.switchover4j.Endpoint;

/**
 * The server whose data a node's are made a copy of. Immutable.
 *
 * @param endpoint where the node reaches it
 * @param database a database to connect to
 * @param user as whom
 * @param password a secret: hand it on by environment or file, never on a command line
 */
public record CopySource(Endpoint endpoint, String database, String user, String password) {

    public CopySource {
        requireNonNull(endpoint, "endpoint");
        requireNonNull(database, "database");
        requireNonNull(user, "user");
        requireNonNull(password, "password");
    }

    @Override
    public String toString() {
        return "%s, database '%s', user '%s'".formatted(endpoint, database, user);
    }
}
