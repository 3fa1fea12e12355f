package io.switchover4j.postgresql;

import static java.util.Objects.requireNonNull;

/** A database user and its password. Immutable; the password is not part of {@link #toString()}. */
public record Credentials(String user, String password) {

    /**
     * @throws IllegalArgumentException if the user is blank
     */
    public Credentials {
        requireNonNull(user, "user");
        requireNonNull(password, "password");
        if (user.isBlank()) {
            throw new IllegalArgumentException("The user of the credentials must not be blank");
        }
    }

    @Override
    public String toString() {
        return "user '" + user + "'";
    }
}
