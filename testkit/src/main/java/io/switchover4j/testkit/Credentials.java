package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

/** A database user and its password. Immutable; the password is not part of {@link #toString()}. */
public record Credentials(String user, String password) {

    public Credentials {
        requireNonNull(user, "user");
        requireNonNull(password, "password");
    }

    /** The same user with a password of your choice, for example a wrong one. */
    public Credentials withPassword(String other) {
        return new Credentials(user, other);
    }

    @Override
    public String toString() {
        return "user '" + user + "'";
    }
}
