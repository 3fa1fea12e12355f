package io.switchover4j.jdbc.internal;

/**
 * Who is primary, as concluded from what all nodes said. Immutable.
 *
 * @param primary the index of the primary among the nodes; {@link #NONE} if there is none
 * @param reason why there is none; empty if there is one
 */
record PrimaryVerdict(int primary, String reason) {

    static final int NONE = -1;

    static PrimaryVerdict primary(int index) {
        return new PrimaryVerdict(index, "");
    }

    static PrimaryVerdict none(String reason) {
        return new PrimaryVerdict(NONE, reason);
    }

    boolean hasPrimary() {
        return primary != NONE;
    }
}
