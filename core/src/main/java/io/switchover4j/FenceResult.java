package io.switchover4j;

import static java.util.Objects.requireNonNull;

/**
 * Whether the old primary of a failover was kept from taking writes. Immutable.
 *
 * @param outcome the answer
 * @param detail what was tried and seen, in words without a full stop
 */
public record FenceResult(Outcome outcome, String detail) {

    public FenceResult {
        requireNonNull(outcome, "outcome");
        requireNonNull(detail, "detail");
    }

    @Override
    public String toString() {
        return "%s (%s)".formatted(outcome.text, detail);
    }

    /** The answer. */
    public enum Outcome {
        /** It was seen to be stopped: it takes no writes until somebody starts it. */
        FENCED("fenced"),
        /** It was asked to stop and was not seen to have stopped: it may still take writes. */
        NOT_CONFIRMED("fence not confirmed"),
        /** Nobody there could be asked to stop it: it may still take writes. */
        NOT_REACHABLE("not fenced, not reachable");

        private final String text;

        Outcome(String text) {
            this.text = text;
        }
    }
}
