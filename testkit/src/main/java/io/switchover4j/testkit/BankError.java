package io.switchover4j.testkit;

import static java.util.Objects.requireNonNull;

/**
 * Errors of one kind that the workers of a {@link Bank} were given. Immutable.
 *
 * @param phase what the worker was doing
 * @param sqlState the exception's SQLState; {@code none} if it had none
 * @param count how often
 * @param example the message of the first one
 */
public record BankError(Phase phase, String sqlState, long count, String example) {

    public BankError {
        requireNonNull(phase, "phase");
        requireNonNull(sqlState, "sqlState");
        requireNonNull(example, "example");
    }

    /** What a worker does in one transfer, in this order. */
    public enum Phase {
        /** Asks for a connection and sets it to manual commit. */
        BORROW,
        /** Runs the statements of the transfer. */
        WORK,
        /** Commits. */
        COMMIT,
        /** Gives the connection back, after a commit that was acknowledged. */
        CLOSE
    }

    BankError oneMore() {
        return new BankError(phase, sqlState, count + 1, example);
    }
}
