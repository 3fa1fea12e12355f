package io.switchover4j;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/** Whether the product that runs an instance fails it over by itself when the primary is gone. */
public sealed interface FailoverMode {

    /** The product decides by itself. */
    static FailoverMode automatic() {
        return Automatic.INSTANCE;
    }

    /** The product waits for a person, until a moment at which it goes back to automatic by itself. */
    static FailoverMode suspendedUntil(Instant until) {
        return new Suspended(until);
    }

    /** Whether the product would not fail over by itself at a moment. */
    boolean isSuspended(Instant moment);

    /** See {@link FailoverMode#automatic()}. */
    enum Automatic implements FailoverMode {
        INSTANCE;

        @Override
        public boolean isSuspended(Instant moment) {
            return false;
        }

        @Override
        public String toString() {
            return "automatic";
        }
    }

    /**
     * See {@link FailoverMode#suspendedUntil}. Immutable.
     *
     * @param until when it goes back to automatic by itself
     */
    record Suspended(Instant until) implements FailoverMode {

        public Suspended {
            requireNonNull(until, "until");
        }

        @Override
        public boolean isSuspended(Instant moment) {
            return moment.isBefore(until);
        }

        @Override
        public String toString() {
            return "suspended until " + until;
        }
    }
}
