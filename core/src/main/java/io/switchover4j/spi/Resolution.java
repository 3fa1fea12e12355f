package io.switchover4j.spi;

import static java.util.Objects.requireNonNull;

/**
 * What observation says about a promotion whose outcome was in doubt. Immutable.
 *
 * @param verdict the answer
 * @param evidence what was seen on each node, for people
 */
public record Resolution(Verdict verdict, String evidence) {

    public Resolution {
        requireNonNull(verdict, "verdict");
        requireNonNull(evidence, "evidence");
    }

    /** The answer. */
    public enum Verdict {
        /** The target takes writes on a newer history: go forward. */
        PROMOTED,
        /** The target is a standby, and no promotion is under way or can still arrive: going back is safe. */
        NOT_PROMOTED,
        /** Neither can be shown: touch nothing, ask a person. */
        UNKNOWN
    }
}
