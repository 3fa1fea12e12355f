package io.switchover4j;

import static java.util.Objects.requireNonNull;

/**
 * A database product and its version. Immutable.
 *
 * @param name the product, for example {@code PostgreSQL}
 * @param version the version as the server reports it
 */
public record Engine(String name, String version) {

    public Engine {
        requireNonNull(name, "name");
        requireNonNull(version, "version");
    }

    @Override
    public String toString() {
        return name + ' ' + version;
    }
}
