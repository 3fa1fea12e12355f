package io.switchover4j.postgresql;

import static java.util.Objects.requireNonNull;

import io.switchover4j.spi.Names;

/** A database user and its password. Immutable; the password is not part of {@link #toString()}. */
public record Credentials(String user, String password) {

    /**
     * @throws IllegalArgumentException if the user is blank or contains control characters
     */
    public Credentials {
        Names.require("user of the credentials", user);
        requireNonNull(password, "password");
    }

    @Override
    public String toString() {
        return "user '" + user + "'";
    }
}
